// The bad days: what happened to the keyring, what to do, and another try.

import { button, h, testid, title } from "../parts/dom.js";
import { knownTokens } from "../parts/known-tokens.js";
import * as ipc from "../ipc.js";
import { strings } from "../strings.js";

/** What the program calls it, and the screen that explains it. */
const SCREENS = {
  "keyring-locked": "keyring-locked",
  "keyring-absent": "keyring-absent",
  "keyring-failed": "keyring-absent",
  "prompt-dismissed": "prompt-dismissed",
  "entry-damaged": "entry-damaged",
  "entry-newer": "entry-damaged",
  "entry-ambiguous": "entry-damaged",
};

/** The screen for a problem of the keyring, if it is one. */
export const keyringScreen = (problem) => SCREENS[problem?.kind];

/** One screen for each of the four problems. */
export function keyringProblem(app) {
  const heading = title("", testid("problem-title"));
  const text = h("p", testid("problem-text", { class: "lead", role: "alert" }));
  const known = h("div");
  const steps = h("ol", { class: "steps" });
  const detail = h("p", { class: "quiet small-text selectable" });
  return {
    content: h(
      "div",
      { class: "column problem" },
      heading,
      text,
      known,
      steps,
      detail,
      again(app),
    ),
    async show(problem) {
      const words = strings.screens[problem.kind];
      heading.textContent = words.title;
      text.textContent = words.text;
      steps.replaceChildren(...words.steps.map((step) => h("li", {}, step)));
      const { entry, reason } = problem;
      detail.textContent = entry ? strings.entryDetail(entry) : reason ? strings.reasonDetail(reason) : "";
      heading.focus();
      known.replaceChildren();
      const tokens = await ipc.knownTokens();
      if (tokens.length > 0) known.replaceChildren(knownTokens(tokens));
    },
  };
}

export const keyringEmptied = (app) =>
  gone(app, strings.emptied, strings.emptiedText, strings.emptiedSteps, again(app));

export const erased = (app) =>
  gone(app, strings.erased, strings.erasedText, strings.erasedSteps, null);

function gone(app, titleText, bodyText, stepTexts, tryAgain) {
  const heading = title(titleText, testid("problem-title"));
  const known = h("div");
  async function setUpNew() {
    await ipc.setUpAnew();
    await app.refresh();
  }
  return {
    content: h(
      "div",
      { class: "column problem" },
      heading,
      h("p", testid("problem-text", { class: "lead" }), bodyText),
      known,
      h("ol", { class: "steps" }, ...stepTexts.map((step) => h("li", {}, step))),
      tryAgain,
      button(strings.setUpNew, setUpNew, testid("set-up-new", { class: tryAgain ? "second" : "main" })),
    ),
    show(status) {
      known.replaceChildren(
        status.known.length > 0
          ? knownTokens(status.known)
          : h("p", { class: "quiet" }, strings.emptiedUnknown),
      );
      heading.focus();
    },
  };
}

const again = (app) =>
  button(strings.tryAgain, () => app.tryAgain(), testid("try-again", { class: "main" }));
