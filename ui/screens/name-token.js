// What the token is to be called, and where its link leads, if there is one; a link can also be for a
// token that was made without one.

import { alert, button, h, testid, title } from "../parts/dom.js";
import { createOffer } from "../parts/associating.js";
import { textField } from "../parts/field.js";
import * as ipc from "../ipc.js";
import { problemText, strings } from "../strings.js";

export function nameToken(app) {
  const heading = title(strings.nameToken);
  const error = alert("error");
  error.element.id = "token-name-error";
  const issuer = h("dd", testid("issuer-name"));
  const host = h("dd", testid("server-host", { class: "host" }));
  const leads = h(
    "section",
    { class: "card" },
    h("h2", { class: "label" }, strings.leadsTo),
    h("dl", { class: "facts" }, h("dt", {}, strings.issuer), issuer, h("dt", {}, strings.server), host),
  );
  const first = h("p", { class: "lead" }, strings.nameFirstText);
  const steps = h("p", testid("name-steps", { class: "quiet" }), strings.nameSteps);
  const offer = createOffer(refuse, app);
  const { element: field, input } = textField("token-name", strings.tokenName, {
    hint: strings.tokenNameHint,
    "aria-describedby": "token-name-hint token-name-error",
    oninput: error.clear,
  });
  const submit = h("button", testid("continue", { type: "submit", class: "main" }));
  let invited = false;

  async function name(event) {
    event.preventDefault();
    submit.disabled = true;
    try {
      app.goOn(await (invited ? ipc.nameToken(input.value) : ipc.addWithoutLink(input.value)));
    } catch (problem) {
      refuse(problem);
    } finally {
      submit.disabled = false;
    }
  }

  function refuse(problem) {
    if (app.failed(problem)) return;
    error.say(problemText(problem));
    input.focus();
  }

  async function setAside() {
    if (invited) await ipc.setAsideLink();
    else await ipc.setAsideOther();
    await app.refresh();
  }

  return {
    content: h(
      "form",
      { class: "column", novalidate: true, onsubmit: name },
      heading,
      steps,
      leads,
      first,
      offer.element,
      field,
      error.element,
      submit,
      button(strings.setAside, setAside, testid("set-aside", { class: "plain middle" })),
    ),

    /** Without an `invitation` the token is made first and associated later. */
    show({ invitation, further }) {
      invited = Boolean(invitation);
      leads.hidden = !invited;
      first.hidden = invited;
      // Further tokens are behind the PIN that there is.
      steps.hidden = further;
      const offered = offer.show(invited ? (app.status.tokens ?? []) : []);
      heading.textContent = offered ? strings.linkWhich : strings.nameToken;
      issuer.textContent = invitation?.issuer ?? "";
      host.textContent = invitation?.host ?? "";
      submit.textContent = further ? strings.makeToken : strings.chooseMyPin;
      if (input.value === "") input.value = app.status.handheld ? strings.myPhone : strings.myComputer;
      error.clear();
      heading.focus();
    },

    back: setAside,

    /** The token has its name; the next one starts afresh. */
    done: () => (input.value = ""),
  };
}
