// Another PIN: the old one, then the new one twice. The program judges all three at the end.

import { h, title } from "../parts/dom.js";
import { createPinPad } from "../parts/pin-pad.js";
import { backButton } from "../parts/rows.js";
import { pinScreen } from "./pin-screens.js";
import * as ipc from "../ipc.js";
import { problemText, strings } from "../strings.js";

export function changePin(app) {
  const heading = title("");
  const text = h("p", { class: "quiet" });
  const pad = createPinPad(async (pin) => {
    entered.push(pin);
    if (entered.length === 3) await change();
    else ask();
  });
  const leave = () => app.show("settings");
  let entered = [];

  async function change() {
    const [old, chosen, repeated] = entered;
    entered = [];
    try {
      await ipc.changePin(old, chosen, repeated);
      app.show("settings", { said: strings.pinChanged });
    } catch (problem) {
      if (app.failed(problem)) return;
      if (problem.kind === "pin-length") app.pinLength = problem.expected;
      // What was right need not be entered again.
      if (problem.kind !== "wrong-pin") entered = [old];
      ask();
      const tries = problem.kind === "wrong-pin" ? ` ${strings.triesLeft(problem.tries_left)}` : "";
      pad.refuse(problemText(problem) + tries);
    }
  }

  function ask() {
    const length = app.pinLength;
    const [words, hint] = [
      [strings.oldPin, strings.oldPinText],
      [strings.newPin, strings.choosePinText(length)],
      [strings.repeatPin, strings.repeatPinText],
    ][entered.length];
    heading.textContent = words;
    text.textContent = hint;
    pad.stop();
    pad.start(length);
    heading.focus();
  }

  return {
    content: pinScreen(backButton(leave), [heading, text], pad),
    show() {
      entered = [];
      ask();
    },
    hide() {
      entered = [];
      pad.stop();
    },
    back: leave,
  };
}
