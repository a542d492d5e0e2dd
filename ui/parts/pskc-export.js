// A token as a PSKC file under a passphrase, for servers that know no issuer card.

import { alert, button, h, testid } from "./dom.js";
import { textField, toggle } from "./field.js";
import * as ipc from "../ipc.js";
import { problemText, strings } from "../strings.js";

/** `handled(problem)`: whether somebody else deals with it. */
export function createPskcExport(handled) {
  const error = alert("pskc-error");
  const passphrase = textField("pskc-passphrase", strings.pskcPassphrase, {
    type: "password",
    hint: strings.pskcPassphraseHint,
    autocomplete: "new-password",
    oninput: error.clear,
  });
  const show = toggle("pskc-show", strings.pskcShow, { onchange: reveal });
  const submit = h("button", testid("export-pskc", { type: "submit", class: "second" }), strings.pskcMake);
  const saved = h("p", testid("pskc-saved", { class: "label" }));
  const file = h("p", testid("pskc-file", { class: "file selectable", role: "status" }));
  const element = h(
    "form",
    { class: "card stack", novalidate: true, onsubmit: save },
    h("h2", {}, strings.pskc),
    h("p", { class: "quiet" }, strings.pskcText),
    passphrase.element,
    show.element,
    error.element,
    submit,
    saved,
    file,
  );
  let token;

  function reveal() {
    passphrase.input.type = show.input.checked ? "text" : "password";
  }

  async function save(event) {
    event.preventDefault();
    if (passphrase.input.value === "") {
      error.say(strings.pskcEmpty);
      passphrase.input.focus();
      return;
    }
    submit.disabled = true;
    error.clear();
    file.textContent = saved.textContent = "";
    try {
      await ipc.exportPskc(token.id, passphrase.input.value);
      file.textContent = await ipc.savePskc();
      saved.textContent = strings.savedTo;
      passphrase.input.value = "";
    } catch (problem) {
      if (!handled(problem)) {
        error.say(problemText(problem));
        passphrase.input.focus();
      }
    } finally {
      submit.disabled = false;
    }
  }

  function hide() {
    passphrase.input.value = "";
    show.input.checked = false;
    reveal();
    error.clear();
    file.textContent = saved.textContent = "";
  }

  return {
    element,
    show(shown) {
      token = shown;
      hide();
    },
    hide,
  };
}
