// The screens with a PIN pad: choose, repeat, unlock.

import { h, testid, title } from "../parts/dom.js";
import { mark } from "../parts/icons.js";
import { createPinPad } from "../parts/pin-pad.js";
import { backButton } from "../parts/rows.js";
import * as ipc from "../ipc.js";
import { problemText, strings } from "../strings.js";

/** Where no issuer asks for another. */
const USUAL_LENGTH = 4;

export function choosePin(app) {
  const heading = title(strings.choosePin);
  const text = h("p", { class: "quiet" });
  const pad = createPinPad(async (pin) => {
    try {
      await ipc.choosePin(pin);
      app.show("repeat-pin");
    } catch (problem) {
      if (!app.failed(problem)) pad.refuse(problemText(problem));
    }
  });
  return {
    content: pinScreen(backButton(() => leave(app)), [heading, text], pad),
    show({ mismatch } = {}) {
      const length = lengthFor(app);
      text.textContent = strings.choosePinText(length);
      pad.start(length);
      heading.focus();
      if (mismatch) pad.refuse(problemText(mismatch));
    },
    hide: pad.stop,
    back: () => leave(app),
  };
}

export function repeatPin(app) {
  const heading = title(strings.repeatPin);
  const pad = createPinPad(async (pin) => {
    try {
      await ipc.repeatPin(pin);
      app.show("enrolling");
    } catch (problem) {
      if (!app.failed(problem)) app.show("choose-pin", { mismatch: problem });
    }
  });
  const text = h("p", { class: "quiet" }, strings.repeatPinText);
  return {
    content: pinScreen(backButton(() => leave(app)), [heading, text], pad),
    show() {
      pad.start(lengthFor(app));
      heading.focus();
    },
    hide: pad.stop,
    back: () => leave(app),
  };
}

export function unlock(app) {
  const heading = title(strings.unlock);
  const hint = h("p", testid("link-hint", { class: "hint", role: "status" }));
  const tries = h("p", testid("tries-left", { class: "quiet" }));
  const pad = createPinPad(async (pin) => {
    try {
      await ipc.unlock(pin);
      app.justUnlocked = true;
      await app.refresh();
    } catch (problem) {
      if (app.failed(problem)) return;
      pad.refuse(problemText(problem));
      if (problem.kind === "wrong-pin") drawTries(problem.tries_left);
    }
  }, tries);

  /** Nothing before the first wrong PIN. */
  function drawTries(left) {
    tries.textContent = left == null ? "" : strings.triesLeft(left);
    tries.classList.toggle("few", left != null && left <= 3);
  }

  return {
    content: pinScreen(null, [h("div", { class: "mark" }, mark()), heading, hint], pad),
    show({ tries_left, pin_length, invitation, refused_link }) {
      hint.textContent = refused_link
        ? problemText(refused_link.problem)
        : invitation
          ? strings.unlockFor(invitation)
          : "";
      drawTries(tries_left);
      pad.start(pin_length);
      heading.focus();
    },
    hide: pad.stop,
  };
}

export const pinScreen = (first, above, pad) =>
  h("div", { class: "pin-screen" }, first, h("div", { class: "above" }, ...above), pad.element);

/** The new vault's PIN will have as many; the next change of it asks for as many. */
function lengthFor(app) {
  app.pinLength = app.status.invitation?.pin_length ?? USUAL_LENGTH;
  return app.pinLength;
}

/** A token that has no link is given up; a link waits. */
async function leave(app) {
  if (!app.status.invitation) await ipc.setAsideOther();
  await app.refresh();
}
