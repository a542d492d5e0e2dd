// A short confirmation at the foot of the screen, announced, gone by itself.

import { h, testid } from "./dom.js";

/** How long it stays, in milliseconds. */
const STAYS = 3500;

export function createToast() {
  const element = h("p", testid("toast", { class: "toast", role: "status" }));
  let timer;
  return {
    element,
    say(text) {
      clearTimeout(timer);
      element.textContent = text;
      timer = setTimeout(() => (element.textContent = ""), STAYS);
    },
    clear() {
      clearTimeout(timer);
      element.textContent = "";
    },
  };
}
