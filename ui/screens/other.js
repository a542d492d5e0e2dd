// Another issuer's token, by its otpauth link or typed in.

import { alert, button, h, testid, title } from "../parts/dom.js";
import { choice, pasteField, textField } from "../parts/field.js";
import { backButton } from "../parts/rows.js";
import * as ipc from "../ipc.js";
import { problemText, strings } from "../strings.js";

const ALGORITHMS = [["SHA1", "SHA-1"], ["SHA256", "SHA-256"], ["SHA512", "SHA-512"]];
const DIGITS = [6, 7, 8].map((digits) => [digits, String(digits)]);
const KINDS = ["totp", "hotp"];

export function other(app) {
  const heading = title(strings.other);
  const linkError = alert("link-error");
  const link = pasteField("otpauth-link", strings.otherLink, {
    placeholder: strings.otherLinkPlaceholder,
    rows: "3",
    oninput: linkError.clear,
  });
  const useLink = button(strings.useOtherLink, () => submitLink(), testid("use-otpauth-link", { class: "main" }));

  const error = alert("error");
  const issuer = textField("other-issuer", strings.otherIssuer);
  const account = textField("other-account", strings.otherAccount, { hint: strings.otherAccountHint });
  const key = textField("other-key", strings.otherKey, { hint: strings.otherKeyHint, class: "key" });
  const kind = choice("other-kind", strings.otherKind, [[KINDS[0], strings.otherTotp], [KINDS[1], strings.otherHotp]], {
    onchange: arrange,
  });
  const algorithm = choice("other-algorithm", strings.otherAlgorithm, ALGORITHMS);
  const digits = choice("other-digits", strings.otherDigits, DIGITS);
  const period = textField("other-period", strings.otherPeriod, { inputmode: "numeric", value: "30" });
  const counter = textField("other-counter", strings.otherCounter, { inputmode: "numeric", value: "0" });
  const submit = h("button", testid("add-by-hand", { type: "submit", class: "main" }), strings.otherAdd);
  const fields = [issuer, account, key, period, counter];

  function arrange() {
    const byCounter = kind.select.value === "hotp";
    period.element.hidden = byCounter;
    counter.element.hidden = !byCounter;
  }

  async function submitLink() {
    if (link.input.value.trim() === "") {
      linkError.say(strings.otherLinkEmpty);
      link.input.focus();
      return;
    }
    await attempt(useLink, linkError, link.input, () => ipc.addOtherLink(link.input.value.trim()));
  }

  async function submitForm(event) {
    event.preventDefault();
    if (account.input.value.trim() === "" || key.input.value.trim() === "") {
      error.say(strings.otherMissing);
      (account.input.value.trim() === "" ? account : key).input.focus();
      return;
    }
    await attempt(submit, error, key.input, () => ipc.addOtherByHand(typed()));
  }

  function typed() {
    const byCounter = kind.select.value === "hotp";
    return {
      issuer: issuer.input.value.trim() || null,
      account: account.input.value.trim(),
      secret: key.input.value,
      kind: kind.select.value,
      algorithm: algorithm.select.value,
      digits: Number(digits.select.value),
      // 0 s is no time step.
      period: byCounter ? null : (wholeNumber(period.input) ?? 0),
      counter: byCounter ? wholeNumber(counter.input) : null,
    };
  }

  const wholeNumber = (input) => (/^\s*\d{1,15}\s*$/.test(input.value) ? Number(input.value) : null);

  async function attempt(pressed, place, input, job) {
    pressed.disabled = true;
    place.clear();
    try {
      app.goOn(await job());
    } catch (problem) {
      if (!app.failed(problem)) {
        place.say(problemText(problem));
        input.focus();
      }
    } finally {
      pressed.disabled = false;
    }
  }

  const leave = () => app.show("welcome", { further: app.status.vault === "unlocked" });

  return {
    content: h(
      "form",
      { class: "column", novalidate: true, onsubmit: submitForm },
      backButton(leave),
      heading,
      link.element,
      linkError.element,
      useLink,
      h("h2", { class: "apart" }, strings.otherByHand),
      issuer.element,
      account.element,
      key.element,
      h(
        "details",
        { class: "card more" },
        h("summary", testid("other-more"), strings.otherMore),
        h("div", { class: "column" }, kind.element, algorithm.element, digits.element, period.element, counter.element),
      ),
      error.element,
      submit,
    ),

    show() {
      linkError.clear();
      error.clear();
      arrange();
      heading.focus();
    },

    /** The key stays nowhere. */
    hide() {
      link.input.value = "";
      for (const { input } of fields) input.value = input.defaultValue;
    },

    back: leave,
  };
}
