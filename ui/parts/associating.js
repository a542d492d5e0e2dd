// An own token that was made without a link: how it comes to an account.

import { button, h, testid } from "./dom.js";
import { pasteField } from "./field.js";
import { linkRow, rows } from "./rows.js";
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

/** The tokens that a link which waits could be for: no server has them, nor will by a link of their own. */
export function createOffer(refused, app) {
  const list = rows();
  const element = h(
    "section",
    { class: "stack" },
    h("h2", { class: "label" }, strings.linkForMade),
    list,
    h("h2", { class: "label apart" }, strings.linkForNew),
  );

  async function associate({ id }) {
    const buttons = list.querySelectorAll("button");
    for (const one of buttons) one.disabled = true;
    try {
      await ipc.associateByLink(id, null);
      app.justMade = id;
      await app.refresh();
    } catch (problem) {
      refused(problem);
    } finally {
      for (const one of buttons) one.disabled = false;
    }
  }

  const offered = (token) =>
    linkRow(strings.associateNamed(token.name), () => associate(token), "associate-made", token.shown, {
      "data-credential-id": token.id,
    });

  return {
    element,
    /** Offers these; whether there are any. */
    show(tokens) {
      const free = tokens.filter(
        ({ kind, enrolment: { status, expired } }) => kind === "own" && (status === "none" || (status === "pending" && expired)),
      );
      list.replaceChildren(...free.map(offered));
      element.hidden = free.length === 0;
      return free.length > 0;
    },
  };
}
