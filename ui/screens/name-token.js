// Where the link leads, and what the token is to be called.

import { alert, button, h, testid, title } from "../parts/dom.js";
import * as ipc from "../ipc.js";
import { problemText, strings } from "../strings.js";

export function nameToken(app) {
  const heading = title(strings.nameToken);
  const error = alert("error");
  error.element.id = "token-name-error";
  const issuer = h("dd", testid("issuer-name"));
  const host = h("dd", testid("server-host", { class: "host" }));
  const field = h("input", testid("token-name", {
    id: "token-name-field",
    type: "text",
    autocomplete: "off",
    "aria-describedby": "token-name-hint token-name-error",
    oninput: error.clear,
  }));
  const submit = h("button", testid("continue", { type: "submit", class: "main" }));

  async function name(event) {
    event.preventDefault();
    submit.disabled = true;
    try {
      const next = await ipc.nameToken(field.value);
      app.show(next === "enrol" ? "enrolling" : "choose-pin");
    } catch (problem) {
      if (!app.failed(problem)) {
        error.say(problemText(problem));
        field.focus();
      }
    } finally {
      submit.disabled = false;
    }
  }

  async function setAside() {
    await ipc.setAsideLink();
    await app.refresh();
  }

  return {
    content: h(
      "form",
      { class: "column", novalidate: true, onsubmit: name },
      heading,
      h("section", { class: "card" },
        h("h2", { class: "label" }, strings.leadsTo),
        h("dl", { class: "facts" }, h("dt", {}, strings.issuer), issuer, h("dt", {}, strings.server), host),
      ),
      h("label", { for: "token-name-field", class: "label" }, strings.tokenName),
      field,
      h("p", { id: "token-name-hint", class: "quiet small-text" }, strings.tokenNameHint),
      error.element,
      submit,
      button(strings.setAside, setAside, testid("set-aside", { class: "plain middle" })),
    ),

    show({ invitation, further }) {
      issuer.textContent = invitation.issuer;
      host.textContent = invitation.host;
      submit.textContent = further ? strings.makeToken : strings.chooseMyPin;
      if (field.value === "") field.value = strings.tokenNameDefault;
      error.clear();
      heading.focus();
    },

    /** The token has its name; the next one starts afresh. */
    done: () => (field.value = ""),
  };
}
