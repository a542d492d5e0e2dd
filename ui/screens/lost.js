// A lost token is suspended at once, by another one of the same account.

import { alert, button, h, testid, title } from "../parts/dom.js";
import { backButton } from "../parts/rows.js";
import { stateText } from "../parts/states.js";
import * as ipc from "../ipc.js";
import { problemText, strings } from "../strings.js";

/** In these states there is nothing left to suspend. */
const OVER = ["suspended", "deactivated"];

export function lost(app) {
  const heading = title(strings.lost);
  const text = h("p", { class: "lead" });
  const asking = h("p", { class: "quiet", role: "status" });
  const error = alert("error");
  const which = h("h2", { id: "lost-which", class: "label" });
  const choices = h("div", { class: "card stack", role: "radiogroup", "aria-labelledby": "lost-which" });
  const then = h("p", {}, strings.lostThen);
  const submit = button("", report, testid("confirm-lost", { class: "danger" }));
  const done = h("p", testid("lost-done", { class: "hint strong", role: "status" }));
  let token;
  let from;
  let others = [];

  async function ask() {
    const { id } = token;
    asking.textContent = strings.lostAsking;
    try {
      const told = await ipc.lostCandidates(id);
      if (token?.id === id) draw(told);
    } catch (problem) {
      refuse(problem);
    } finally {
      asking.textContent = "";
    }
  }

  function draw(told) {
    others = told;
    which.textContent = others.length > 0 ? strings.lostWhich : strings.lostNone;
    choices.replaceChildren(which, ...others.map(option));
    choices.hidden = false;
    const some = others.some(({ state }) => !OVER.includes(state));
    submit.hidden = !some;
    then.hidden = !some && done.textContent === "";
    drawSubmit();
  }

  function option(other) {
    return h(
      "label",
      testid("lost-candidate", { class: "radio", "data-serial": other.serial, "data-state": other.state }),
      h("input", { type: "radio", name: "lost", value: other.serial, disabled: OVER.includes(other.state), onchange: drawSubmit }),
      h(
        "span",
        { class: "row-text" },
        h("span", { class: "strong" }, other.name),
        h("span", { class: "quiet small-text" }, `${other.serial} · ${stateText(other)}`),
      ),
    );
  }

  const chosen = () => others.find(({ serial }) => serial === choices.querySelector("input:checked")?.value);

  function drawSubmit() {
    error.clear();
    const other = chosen();
    submit.textContent = other ? strings.lostConfirm(other.name) : strings.lostChoose;
    submit.disabled = !other;
  }

  async function report() {
    const other = chosen();
    submit.disabled = true;
    done.textContent = "";
    try {
      const told = await ipc.reportLost(token.id, other.serial);
      done.textContent = strings.lostDone(other.name);
      draw(told.others);
    } catch (problem) {
      refuse(problem);
      submit.disabled = false;
    }
  }

  function refuse(problem) {
    if (!app.failed(problem)) error.say(`${problemText(problem)} ${strings.lostNotReached}`);
  }

  function leave() {
    if (from === "details") app.show("details", { token });
    else if (from) app.show(from);
    else app.refresh();
  }

  return {
    content: h(
      "div",
      { class: "column" },
      backButton(leave),
      heading,
      text,
      done,
      asking,
      choices,
      error.element,
      then,
      submit,
    ),

    /** `token`: the one that speaks for the account; none where no token here can. */
    show(data) {
      ({ token, from } = data);
      error.clear();
      done.textContent = "";
      others = [];
      for (const part of [choices, then, submit]) part.hidden = true;
      heading.focus();
      const speaks = token && token.enrolment.status === "sent";
      text.textContent = speaks ? strings.lostText(token.name) : strings.lostNoSpeaker;
      if (speaks) ask();
    },

    hide() {
      others = [];
      choices.replaceChildren();
    },

    back: leave,
  };
}
