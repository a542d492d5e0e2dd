// This device's clock against the server's, where it matters, and what to do.

import { h, testid } from "./dom.js";
import { warning } from "./icons.js";
import { strings } from "../strings.js";

/** A difference up to this many seconds is nobody's worry. */
const WORTH_TELLING = 10;

export function createClockBanner() {
  const element = h("div", testid("clock-banner", { class: "banner", role: "status" }));
  return {
    element,

    /** `skew`: seconds that the device is slow (negative: fast); null where nobody knows. */
    show(skew) {
      if (skew == null || Math.abs(skew) <= WORTH_TELLING) {
        element.replaceChildren();
        return;
      }
      const sentence = skew > 0 ? strings.clockSlow(skew) : strings.clockFast(-skew);
      element.replaceChildren(
        warning(),
        h("div", {}, h("p", { class: "strong" }, sentence), h("p", {}, strings.clockFix)),
      );
    },
  };
}
