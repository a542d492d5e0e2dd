// Deleting a token: says what is lost, offers the way back, and asks for the credential ID where an
// account still counts on it.

import { alert, button, h, testid } from "./dom.js";
import { textField } from "./field.js";
import * as ipc from "../ipc.js";
import { problemText, strings } from "../strings.js";

export function createDeletion({ said, done }) {
  const opener = button(strings.deleteToken, open, testid("delete", { class: "danger-line" }));
  const loses = h("p");
  const warning = h("p");
  const field = textField("typed-id", "", { oninput: () => error.clear() });
  const label = field.element.querySelector("label");
  const error = alert("delete-error");
  const submit = h("button", testid("confirm-delete", { type: "submit", class: "danger" }));
  const form = h(
    "form",
    { class: "card stack danger-card", novalidate: true, onsubmit: confirm },
    h("h2", { tabindex: "-1" }, strings.deleteToken),
    loses,
    warning,
    field.element,
    error.element,
    submit,
    button(strings.keepToken, close, testid("keep-token", { class: "plain middle" })),
  );
  const element = h("div", { class: "stack" }, opener, form);
  let token;

  function open() {
    opener.hidden = true;
    form.hidden = false;
    form.querySelector("h2").focus();
    form.scrollIntoView({ block: "nearest" });
  }

  function close() {
    reset();
    opener.focus();
  }

  async function confirm(event) {
    event.preventDefault();
    submit.disabled = true;
    try {
      await ipc.deleteToken(token.id, token.typed_confirmation ? field.input.value : null);
      await done();
    } catch (problem) {
      if (problem.kind === "typed-differs") {
        error.say(strings.deleteTypeMismatch(token.shown));
        field.input.focus();
      } else {
        said(problem);
        error.say(problemText(problem));
      }
    } finally {
      submit.disabled = false;
    }
  }

  function reset() {
    form.hidden = true;
    opener.hidden = false;
    field.input.value = "";
    error.clear();
  }

  return {
    element,
    show(shown) {
      token = shown;
      const own = token.kind === "own";
      loses.textContent = strings.deleteLoses(token.name, own ? token.shown : null);
      warning.textContent = !own
        ? strings.deleteOther
        : token.typed_confirmation
          ? strings.deleteAssociated(token.issuer ?? token.enrolment.host)
          : "";
      warning.hidden = warning.textContent === "";
      field.element.hidden = !token.typed_confirmation;
      label.textContent = strings.deleteType(token.shown);
      submit.textContent = strings.deleteForGood(token.name);
      reset();
    },
    hide: reset,
  };
}
