// Elements, made without markup in strings.

/** `h("p", { class: "quiet", "data-testid": "error" }, "text", child)` */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  set(element, attributes);
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

const SVG = "http://www.w3.org/2000/svg";

export function svg(tag, attributes = {}, ...children) {
  const element = document.createElementNS(SVG, tag);
  set(element, attributes);
  element.append(...children);
  return element;
}

function set(element, attributes) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined)
      element.setAttribute(name, value);
  }
}

export const testid = (id, attributes = {}) => ({ "data-testid": id, ...attributes });

/** A button that says what it does. */
export function button(text, onclick, attributes = {}) {
  return h("button", { type: "button", onclick, ...attributes }, text);
}

/** A button with an icon before or after its words. */
export function iconButton(icon, text, onclick, attributes = {}) {
  return h("button", { type: "button", onclick, ...attributes }, icon, h("span", {}, text));
}

/** The screen's title; takes the focus when the screen is shown, so that it is read first. */
export const title = (text, attributes = {}) => h("h1", { tabindex: "-1", ...attributes }, text);

/** A place for a sentence that is announced when it appears. */
export function alert(id) {
  const element = h("p", testid(id, { class: "error", role: "alert" }));
  return {
    element,
    say: (text) => (element.textContent = text),
    clear: () => (element.textContent = ""),
  };
}

export const reducedMotion = () => matchMedia("(prefers-reduced-motion: reduce)").matches;
