// Rows that lead somewhere, and the way back.

import { h, iconButton, testid } from "./dom.js";
import { backArrow, chevron } from "./icons.js";
import { strings } from "../strings.js";

/** A row that opens something; `hint` stands below its text. */
export function linkRow(text, onclick, id, hint, attributes = {}) {
  return h(
    "button",
    testid(id, { type: "button", class: "row-link", onclick, ...attributes }),
    h("span", { class: "row-text" }, h("span", {}, text), hint && h("span", { class: "quiet small-text" }, hint)),
    chevron(),
  );
}

/** Several rows on one card. */
export const rows = (...children) => h("div", { class: "card rows" }, ...children);

export const backButton = (leave) =>
  iconButton(backArrow(), strings.back, leave, testid("back", { class: "plain at-start" }));
