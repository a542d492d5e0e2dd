// One security code: large, in two groups, read digit by digit; hidden where the person wants it.

import { h, iconButton, reducedMotion, testid } from "./dom.js";
import { eye, next as nextIcon } from "./icons.js";
import { LAST_SECONDS, createRing } from "./ring.js";
import { strings } from "../strings.js";

/** How long a code that was tapped stays in sight, in milliseconds. */
const REVEALED_FOR = 30_000;

/** In three steps of a colour: each is a painting, and WebKit fades by opacity sixty times a second. */
const FADE = [[{ color: "transparent", offset: 0 }], { duration: 180, easing: "steps(3, jump-start)" }];

/** `482913` as `482 913`. */
export function grouped(digits) {
  const half = Math.ceil(digits.length / 2);
  return `${digits.slice(0, half)} ${digits.slice(half)}`;
}

/** `tapped()` copies; `asked()`, for codes by counter, makes the next one; `shown()`: a hidden one is wanted. */
export function createCodeView(token, { hidden, tapped, asked, shown }) {
  const ring = createRing();
  const code = h("p", testid("code", { class: "code", role: "img", "aria-label": strings.noCode }));
  const note = h("p", testid("next-code", { class: "next-code" }));
  const reveal = iconButton(eye(), strings.reveal, show, testid("reveal", {
    class: "second wide",
    "aria-label": strings.revealOf(token.name),
  }));
  const nextButton = iconButton(nextIcon(), strings.makeNextCode, asked, testid("make-next-code", {
    class: "second wide",
    "aria-label": strings.makeNextCodeOf(token.name),
  }));
  const byCounter = token.kind === "hotp";
  const row = h("div", { class: "code-row", onclick: tap }, code, byCounter ? null : ring.element);
  const element = h(
    "div",
    { class: "code-frame" },
    h("span", { class: "unseen" }, strings.securityCode),
    reveal,
    row,
    note,
    byCounter ? nextButton : null,
  );

  let drawn = "";
  let latest;
  let seen = !hidden;
  let timer;

  function tap() {
    // Somebody who marks the digits is not asking for a copy.
    if (drawn !== "" && getSelection().isCollapsed) tapped();
  }

  function show() {
    shown();
    seen = true;
    arrange();
    if (latest) draw();
    code.tabIndex = -1;
    code.focus({ preventScroll: true });
    clearTimeout(timer);
    timer = setTimeout(hide, REVEALED_FOR);
  }

  function hide() {
    if (document.activeElement === code) reveal.focus({ preventScroll: true });
    seen = false;
    wipe();
    arrange();
  }

  function arrange() {
    reveal.hidden = seen || byCounter;
    row.hidden = !seen || (byCounter && !latest);
    note.hidden = row.hidden;
  }

  function draw() {
    const { digits, next } = latest;
    note.textContent = byCounter
      ? strings.codeNumber(latest.counter)
      : next
        ? `${strings.nextCode} ${grouped(next)}`
        : "";
    if (digits === drawn) return;
    const changed = drawn !== "";
    drawn = digits;
    code.textContent = grouped(digits);
    code.setAttribute("aria-label", strings.digitByDigit(digits));
    if (changed && !reducedMotion()) code.animate(...FADE);
  }

  function wipe() {
    drawn = "";
    code.textContent = "";
    code.setAttribute("aria-label", seen ? strings.noCode : strings.hiddenCode);
    note.textContent = "";
  }

  function drawLeft(left, period) {
    ring.draw(left, period);
    element.classList.toggle("last", left <= LAST_SECONDS * 1000);
  }

  if (byCounter) seen = true;
  arrange();
  if (!seen) wipe();

  return {
    element,

    /** Shows a code: `{ digits, next, period, left }`, or `{ digits, counter }`. */
    showCode(told) {
      latest = told;
      if (!byCounter) drawLeft(told.left, told.period);
      arrange();
      if (seen) draw();
    },

    /** Shows what is left of the code, in milliseconds. */
    showLeft: drawLeft,

    forget() {
      clearTimeout(timer);
      latest = undefined;
      // Without its timer a revealed code would stay in sight when it comes back.
      if (hidden && !byCounter) hide();
      else wipe();
    },
  };
}
