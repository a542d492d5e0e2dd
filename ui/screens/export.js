// A token's provisioning data for another server: a picture and a file that only it can open.

import { alert, button, h, testid, title } from "../parts/dom.js";
import { createPskcExport } from "../parts/pskc-export.js";
import { backButton } from "../parts/rows.js";
import * as ipc from "../ipc.js";
import { problemText, strings } from "../strings.js";

export function exportToken(app) {
  const heading = title(strings.export);
  const text = h("p", { class: "quiet" });
  const error = alert("error");
  error.element.id = "issuer-card-error";
  const field = h("textarea", testid("issuer-card", {
    id: "issuer-card",
    rows: "4",
    placeholder: strings.cardPlaceholder,
    autocomplete: "off",
    autocapitalize: "off",
    spellcheck: "false",
    "aria-describedby": "issuer-card-error",
    oninput: error.clear,
  }));
  const submit = button(strings.makeExport, make, testid("make-export", { class: "main" }));
  const made = h("section", { class: "card export-made", "aria-live": "polite" });
  const ownText = h("p");
  const ownButton = button("", () => seal(null), testid("export-to-issuer", { class: "second" }));
  const own = h("section", { class: "card own" }, ownText, ownButton);
  const pskc = createPskcExport((problem) => app.failed(problem));
  let token;
  let from;

  function leave() {
    if (from) app.show(from, { token });
    else app.refresh();
  }

  function make() {
    if (field.value.trim() === "") {
      error.say(strings.cardEmpty);
      field.focus();
      return;
    }
    seal(field.value);
  }

  /** Seals to a card; without one, to the server that the token could not be sent to. */
  async function seal(card) {
    submit.disabled = true;
    made.hidden = true;
    error.clear();
    try {
      drawMade(await ipc.makeExport(token.id, card));
    } catch (problem) {
      if (!app.failed(problem)) {
        error.say(problemText(problem));
        field.focus();
      }
    } finally {
      submit.disabled = false;
    }
  }

  function drawMade({ issuer, qr }) {
    const file = h("p", testid("export-file", { class: "file selectable", role: "status" }));
    const saved = h("p", { class: "label" }, "");
    const save = button(
      strings.saveExport,
      async () => {
        save.disabled = true;
        try {
          file.textContent = await ipc.saveExport();
          saved.textContent = strings.savedTo;
        } catch (problem) {
          if (!app.failed(problem)) error.say(problemText(problem));
        } finally {
          save.disabled = false;
        }
      },
      testid("save-export", { class: "second" }),
    );
    made.replaceChildren(
      h("h2", {}, strings.sealedFor(issuer)),
      h("p", testid("export-next"), qr ? strings.exportNext(issuer) : strings.exportNextFile(issuer)),
      qr
        ? h("img", testid("export-qr", { class: "qr", src: qr, alt: strings.qrAlt(issuer) }))
        : null,
      save,
      saved,
      file,
    );
    made.hidden = false;
    made.scrollIntoView({ block: "start" });
  }

  return {
    content: h(
      "div",
      { class: "column" },
      backButton(leave),
      heading,
      own,
      text,
      h("label", { for: "issuer-card", class: "label" }, strings.cardLabel),
      field,
      error.element,
      submit,
      made,
      pskc.element,
    ),

    show(data) {
      if (token?.id !== data.token.id) field.value = "";
      ({ token, from } = data);
      pskc.show(token);
      text.textContent = strings.exportText(token.name);
      own.hidden = token.enrolment.status !== "pending";
      ownText.textContent = strings.exportToOwnText(token.enrolment.host);
      ownButton.textContent = strings.exportToOwn(token.issuer);
      error.clear();
      made.hidden = true;
      made.replaceChildren();
      heading.focus();
    },

    hide() {
      made.replaceChildren();
      pskc.hide();
    },

    back: leave,
  };
}
