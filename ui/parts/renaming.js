// A token's new name, entered in place.

import { button, h, testid } from "./dom.js";
import { textField } from "./field.js";
import * as ipc from "../ipc.js";
import { strings } from "../strings.js";

export function createRenaming({ said, done }) {
  const field = textField("new-name", strings.newName);
  const opener = button(strings.rename, open, testid("rename", { class: "plain" }));
  const element = h(
    "form",
    { class: "card stack", novalidate: true, onsubmit: save },
    field.element,
    h(
      "div",
      { class: "pair" },
      button(strings.cancel, close, testid("cancel-rename", { class: "small" })),
      h("button", testid("save-name", { type: "submit", class: "second" }), strings.save),
    ),
  );
  let token;

  function open() {
    field.input.value = token.name;
    element.hidden = false;
    opener.hidden = true;
    field.input.focus();
    field.input.select();
  }

  function close() {
    element.hidden = true;
    opener.hidden = false;
    opener.focus();
  }

  async function save(event) {
    event.preventDefault();
    try {
      await ipc.rename(token.id, field.input.value);
      close();
      await done();
    } catch (problem) {
      said(problem);
      field.input.focus();
    }
  }

  function reset() {
    element.hidden = true;
    opener.hidden = false;
  }

  return {
    opener,
    element,
    show(shown) {
      token = shown;
      reset();
    },
    hide: reset,
  };
}
