// Another issuer's token that a link or a QR code brought: what it is, before it is taken.

import { alert, button, h, testid, title } from "../parts/dom.js";
import { howText } from "../parts/how-text.js";
import * as ipc from "../ipc.js";
import { problemText, strings } from "../strings.js";

export function otherFound(app) {
  const heading = title(strings.other);
  const error = alert("error");
  const facts = h("dl", { class: "facts" });
  const submit = button("", take, testid("take-other", { class: "main" }));

  async function take() {
    submit.disabled = true;
    try {
      app.goOn(await ipc.addOtherLink(null));
    } catch (problem) {
      if (!app.failed(problem)) error.say(problemText(problem));
    } finally {
      submit.disabled = false;
    }
  }

  async function setAside() {
    await ipc.setAsideOther();
    await app.refresh();
  }

  return {
    content: h(
      "div",
      { class: "column" },
      heading,
      h("section", { class: "card" }, facts),
      error.element,
      submit,
      button(strings.setAside, setAside, testid("set-aside", { class: "plain middle" })),
    ),

    show({ other, further }) {
      const told = [
        [strings.issuer, other.issuer],
        [strings.otherAccount, other.account],
        [strings.howCodes, howText(other)],
      ];
      facts.replaceChildren(
        ...told.filter(([, value]) => value).flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]),
      );
      submit.textContent = further ? strings.otherAdd : strings.chooseMyPin;
      error.clear();
      heading.focus();
    },

    back: setAside,
  };
}
