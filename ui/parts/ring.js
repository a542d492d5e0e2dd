// What is left of a time step: a ring that empties, and the number of seconds in it.

import { h, svg, testid } from "./dom.js";
import { strings } from "../strings.js";

const RADIUS = 25;
const LENGTH = 2 * Math.PI * RADIUS;
/** From here on the ring warns, and the next code is shown. */
export const LAST_SECONDS = 5;
/** Up to here the numbers lie ready, one upon another, and only which of them is seen changes: a text that
 *  changes is laid out anew and keeps WebKit's clock going, which takes half of what idling takes. */
const READY = 60;

export function createRing() {
  const arc = svg("circle", {
    class: "ring-arc",
    cx: 28,
    cy: 28,
    r: RADIUS,
    "stroke-dasharray": LENGTH,
  });
  const picture = svg(
    "svg",
    { viewBox: "0 0 56 56", "aria-hidden": "true" },
    svg("circle", { class: "ring-track", cx: 28, cy: 28, r: RADIUS }),
    arc,
  );
  const more = h("span");
  const text = h("span", testid("seconds", { class: "numbers" }), more);
  const ready = [];
  const element = h(
    "div",
    testid("ring", { class: "ring" }),
    picture,
    text,
    h("span", { class: "unseen" }, ` ${strings.secondsLeft}`),
  );
  let number;
  let seen;

  /** Shows a number of seconds, of so many at most. */
  function count(seconds, most) {
    if (seconds > READY) more.textContent = String(seconds);
    while (ready.length <= Math.min(most, READY)) {
      ready.push(text.appendChild(h("span", {}, String(ready.length))));
    }
    if (seen) seen.style.visibility = "";
    seen = ready[seconds] ?? more;
    seen.style.visibility = "visible";
  }

  return {
    element,

    /** `left` milliseconds of `period` seconds remain. */
    draw(left, period) {
      const seconds = Math.max(0, Math.ceil(left / 1000));
      if (seconds === number) return;
      number = seconds;
      arc.style.strokeDashoffset = LENGTH * (1 - seconds / period);
      count(seconds, period);
      element.classList.toggle("last", seconds <= LAST_SECONDS);
    },
  };
}
