// An own token that was made without a link: how it comes to an account.

import { button, h, testid } from "./dom.js";
import { pasteField } from "./field.js";
import * as ipc from "../ipc.js";
import { strings } from "../strings.js";

export function createAssociating({ said }, app) {
  const field = pasteField("associate-link", strings.linkLabel, { placeholder: strings.linkPlaceholder, rows: "3" });
  const submit = button(strings.associateLink, associate, testid("associate", { class: "second" }));
  const element = h(
    "section",
    { class: "card stack" },
    h("h2", {}, strings.associate),
    h("p", {}, strings.associateText),
    field.element,
    submit,
  );
  let token;

  /** The token's card then sends it, and shows how that goes. */
  async function associate() {
    submit.disabled = true;
    try {
      await ipc.associateByLink(token.id, field.input.value);
      app.justMade = token.id;
      await app.refresh();
    } catch (problem) {
      said(problem);
      field.input.focus();
    } finally {
      submit.disabled = false;
    }
  }

  return {
    element,
    show(shown) {
      token = shown;
      element.hidden = token.kind !== "own" || token.enrolment.status !== "none";
    },
    hide: () => (field.input.value = ""),
  };
}
