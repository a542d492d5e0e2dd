// The first screen of a new device, and the one that adds a further token: takes a link.

import { alert, button, h, testid, title } from "../parts/dom.js";
import { backArrow, mark } from "../parts/icons.js";
import * as ipc from "../ipc.js";
import { problemText, strings } from "../strings.js";

export function welcome(app) {
  const heading = title("");
  const error = alert("error");
  const field = h("textarea", testid("paste-link", {
    id: "paste-link",
    rows: "5",
    placeholder: strings.linkPlaceholder,
    autocomplete: "off",
    autocapitalize: "off",
    spellcheck: "false",
    "aria-describedby": "paste-link-error",
    oninput: error.clear,
  }));
  error.element.id = "paste-link-error";
  const submit = button(strings.useLink, use, testid("use-link", { class: "main" }));
  const back = h(
    "button",
    testid("back", { type: "button", class: "plain", onclick: leave }),
    backArrow(),
    h("span", {}, strings.back),
  );
  const emblem = h("div", { class: "mark" }, mark());

  async function use() {
    if (field.value.trim() === "") {
      error.say(strings.linkEmpty);
      field.focus();
      return;
    }
    submit.disabled = true;
    try {
      await ipc.acceptLink(field.value);
      field.value = "";
      await app.refresh();
    } catch (problem) {
      error.say(problemText(problem));
      field.focus();
    } finally {
      submit.disabled = false;
    }
  }

  async function leave() {
    await ipc.setAsideLink();
    field.value = "";
    await app.refresh();
  }

  return {
    content: h(
      "div",
      { class: "column" },
      back,
      emblem,
      heading,
      h("p", { class: "lead" }, strings.welcomeText),
      h("label", { for: "paste-link", class: "label" }, strings.linkLabel),
      field,
      error.element,
      submit,
    ),

    /** `further`: there are tokens to go back to; `refused`: a link that the system handed over. */
    show({ further = false, refused = null } = {}) {
      heading.textContent = further ? strings.addToken : strings.welcome;
      back.hidden = !further;
      emblem.hidden = further;
      error.clear();
      if (refused) {
        if (refused.text) field.value = refused.text;
        error.say(problemText(refused.problem));
      }
      heading.focus();
    },
  };
}
