// What is left of a time step: a ring that empties, and the number of seconds in it.

import { h, reducedMotion, svg, testid } from "./dom.js";
import { strings } from "../strings.js";

const RADIUS = 25;
const LENGTH = 2 * Math.PI * RADIUS;
/** So few steps a second that an idle screen costs next to nothing, and still it glides. */
const STEPS_PER_SECOND = 8;
/** From here on the ring warns. */
const LAST_SECONDS = 5;

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
  const seconds = h("span", testid("seconds"));
  const element = h(
    "div",
    testid("ring", { class: "ring" }),
    picture,
    seconds,
    h("span", { class: "unseen" }, ` ${strings.secondsLeft}`),
  );
  let gliding;

  const offset = (left, period) => LENGTH * (1 - left / (period * 1000));

  return {
    element,

    /** `left` milliseconds of `period` seconds remain from now on. */
    run(left, period) {
      gliding?.cancel();
      gliding = undefined;
      arc.style.strokeDashoffset = offset(left, period);
      if (!reducedMotion()) {
        gliding = arc.animate(
          [{ strokeDashoffset: offset(left, period) }, { strokeDashoffset: LENGTH }],
          { duration: left, easing: `steps(${Math.max(1, Math.ceil((left / 1000) * STEPS_PER_SECOND))})`, fill: "forwards" },
        );
      }
      this.second(left, period);
    },

    /** Says the number; under reduced motion the ring moves only here. */
    second(left, period) {
      const number = Math.max(0, Math.ceil(left / 1000));
      seconds.textContent = String(number);
      element.classList.toggle("last", number <= LAST_SECONDS);
      if (!gliding) arc.style.strokeDashoffset = offset(Math.max(0, left), period);
    },

    stop() {
      gliding?.cancel();
      gliding = undefined;
    },
  };
}
