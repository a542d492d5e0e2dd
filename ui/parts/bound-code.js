// A code that is good for one prescription only, by the number that the signing page shows.

import { grouped } from "./code-view.js";
import { h, testid } from "./dom.js";
import { textField } from "./field.js";
import { createRing } from "./ring.js";
import * as ipc from "../ipc.js";
import { strings } from "../strings.js";

const SECOND = 1000;

export function createBoundCode({ said }) {
  const field = textField("challenge", strings.challenge, { inputmode: "numeric", hint: strings.challengeHint });
  const result = h("div", testid("bound-result", { role: "status" }));
  const element = h(
    "form",
    { class: "card stack", novalidate: true, onsubmit: make },
    h("h2", { class: "label" }, strings.boundCode),
    field.element,
    h("button", testid("make-bound", { type: "submit", class: "second" }), strings.makeBound),
    result,
  );
  let token;
  let timer;

  async function make(event) {
    event.preventDefault();
    clear();
    const { id } = token;
    try {
      const made = await ipc.boundCode(id, field.input.value);
      if (token?.id === id) show(made);
    } catch (problem) {
      said(problem);
      field.input.focus();
    }
  }

  /** Until its time step ends; the same number then gives another one. */
  function show({ digits, period, left }) {
    const ring = createRing();
    const end = performance.now() + left;
    const code = h(
      "p",
      testid("bound-code", { class: "code", role: "img", "aria-label": strings.digitByDigit(digits) }),
      grouped(digits),
    );
    result.replaceChildren(h("div", { class: "code-frame" }, h("div", { class: "code-row" }, code, ring.element)));
    tick();

    function tick() {
      const remains = end - performance.now();
      if (remains < 1) {
        result.replaceChildren(h("p", { class: "quiet" }, strings.boundOver));
        return;
      }
      ring.draw(remains, period);
      timer = setTimeout(tick, Math.ceil(remains % SECOND) + 1);
    }
  }

  function clear() {
    clearTimeout(timer);
    result.replaceChildren();
  }

  return {
    element,
    show(shown) {
      token = shown;
    },
    hide() {
      token = undefined;
      field.input.value = "";
      clear();
    },
  };
}
