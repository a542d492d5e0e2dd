// A PIN pad for touch, mouse and keyboard. It hands a PIN over when the last digit is in, and
// forgets it at once.

import { alert, h, reducedMotion, testid } from "./dom.js";
import { erase } from "./icons.js";
import { strings } from "../strings.js";

/** After a refusal the pad takes no digit for so long, in milliseconds: a key that lies on the keyboard
    must not use up the tries before anybody looks. */
const PAUSE_AFTER_REFUSAL = 600;

const KEYS = ["1", "2", "3", "4", "5", "6", "7", "8", "9", null, "0"];

/** `entered(pin)` may be slow; the pad takes no digit until it is done. `note` stands below. */
export function createPinPad(entered, note = h("p")) {
  let length = 4;
  let digits = [];
  let busy = false;
  let refused = false;
  let resting = false;

  const dots = h("div", { class: "pin-dots", "aria-hidden": "true" });
  const progress = h("p", { class: "unseen", role: "status" });
  const error = alert("pin-error");
  const keys = h("div", { class: "pin-keys", onkeydown: holdBack }, ...KEYS.map(key), eraseKey());
  note.classList.add("pin-note");
  const element = h("div", { class: "pin-pad" }, dots, progress, error.element, keys, note);

  function key(digit) {
    if (digit === null) return h("span");
    return h(
      "button",
      testid(`pin-key-${digit}`, {
        type: "button",
        class: "pin-key",
        "aria-label": strings.pinKey(digit),
        onclick: () => press(digit),
      }),
      digit,
    );
  }

  function eraseKey() {
    return h(
      "button",
      testid("pin-erase", {
        type: "button",
        class: "pin-key quiet-key",
        "aria-label": strings.pinErase,
        onclick: rubOut,
      }),
      erase(),
    );
  }

  async function press(digit) {
    if (busy || resting) return;
    error.clear();
    digits.push(digit);
    draw();
    if (digits.length < length) return;
    busy = true;
    element.classList.add("busy");
    const pin = digits.join("");
    digits = [];
    refused = false;
    try {
      await entered(pin);
    } finally {
      busy = false;
      element.classList.remove("busy");
      draw();
    }
    if (refused) await rest();
  }

  async function rest() {
    resting = true;
    element.classList.add("resting");
    await new Promise((done) => setTimeout(done, PAUSE_AFTER_REFUSAL));
    resting = false;
    element.classList.remove("resting");
  }

  function rubOut() {
    if (busy) return;
    digits.pop();
    draw();
  }

  function draw() {
    const filled = busy ? length : digits.length;
    dots.replaceChildren(
      ...Array.from({ length }, (_, place) =>
        h("span", { class: place < filled ? "dot filled" : "dot" }),
      ),
    );
    progress.textContent = busy
      ? strings.checkingPin
      : digits.length > 0
        ? strings.pinProgress(digits.length, length)
        : "";
  }

  /** A key that is held down is one press, also on a button of the pad. */
  function holdBack(event) {
    if (event.repeat) event.preventDefault();
  }

  function typed(event) {
    if (event.repeat || event.ctrlKey || event.altKey || event.metaKey) return;
    if (/^[0-9]$/.test(event.key)) press(event.key);
    else if (event.key === "Backspace") rubOut();
    else return;
    event.preventDefault();
  }

  return {
    element,

    /** Starts listening, empty, for PINs of `newLength` digits. */
    start(newLength) {
      length = newLength;
      digits = [];
      draw();
      document.addEventListener("keydown", typed);
    },

    stop() {
      digits = [];
      draw();
      error.clear();
      document.removeEventListener("keydown", typed);
    },

    /** Says what was wrong, and shakes once. */
    refuse(text) {
      refused = true;
      error.say(text);
      if (reducedMotion()) return;
      const to = (x) => ({ transform: `translateX(${x}px)` });
      dots.animate([to(0), to(-10), to(8), to(-5), to(3), to(0)], { duration: 350 });
    },
  };
}
