// Labelled fields.

import { h, testid } from "./dom.js";

const PLAIN = { autocomplete: "off", autocapitalize: "off", spellcheck: "false" };

/** A text field with its label, and a hint below. Its name is its `data-testid` too. */
export function textField(name, label, { hint, ...attributes } = {}) {
  const hintId = hint ? `${name}-hint` : null;
  const input = h(
    "input",
    testid(name, { id: `${name}-field`, type: "text", "aria-describedby": hintId, ...PLAIN, ...attributes }),
  );
  const element = h(
    "div",
    { class: "field" },
    h("label", { for: input.id, class: "label" }, label),
    input,
    hint && h("p", { id: hintId, class: "quiet small-text" }, hint),
  );
  return { element, input };
}

/** A field for a text that is pasted. */
export function pasteField(name, label, attributes = {}) {
  const input = h("textarea", testid(name, { id: name, rows: "4", ...PLAIN, ...attributes }));
  const element = h("div", { class: "field" }, h("label", { for: name, class: "label" }, label), input);
  return { element, input };
}

/** A list to choose from; `options` are pairs of value and text. */
export function choice(name, label, options, attributes = {}) {
  const select = h(
    "select",
    testid(name, { id: `${name}-field`, ...attributes }),
    ...options.map(([value, text]) => h("option", { value }, text)),
  );
  const element = h(
    "div",
    { class: "setting" },
    h("label", { for: select.id }, label),
    select,
  );
  return { element, select };
}

/** Yes or no. */
export function toggle(name, label, attributes = {}) {
  const input = h("input", testid(name, { id: `${name}-field`, type: "checkbox", role: "switch", ...attributes }));
  const element = h("label", { class: "setting", for: input.id }, h("span", {}, label), input);
  return { element, input };
}
