// While the keyring opens. What takes longer than a moment says so.

import { mark } from "../parts/icons.js";
import { h } from "../parts/dom.js";
import { strings } from "../strings.js";

/** After so many milliseconds the system is probably asking for a password. */
const SLOW = 1500;

export function loading() {
  const hint = h("p", { class: "quiet", role: "status" });
  let timer;
  return {
    content: h(
      "div",
      { class: "centred" },
      h("div", { class: "mark" }, mark()),
      h("h1", {}, strings.loading),
      hint,
    ),
    show() {
      hint.textContent = "";
      timer = setTimeout(() => (hint.textContent = strings.loadingHint), SLOW);
    },
    hide: () => clearTimeout(timer),
  };
}
