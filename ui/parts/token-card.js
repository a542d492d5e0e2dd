// One token: its name, its code with what is left of it, its credential ID, its enrolment.

import { button, h, reducedMotion, testid } from "./dom.js";
import { check, chevron, copy, wait } from "./icons.js";
import { createRing } from "./ring.js";
import * as ipc from "../ipc.js";
import { problemText, strings } from "../strings.js";

/** How long a button says that it has copied, in milliseconds. */
const COPIED_FOR = 1500;

/** `said(text)` shows a sentence above the cards; `opened(token)` opens its provisioning data. */
export function createTokenCard(token, { said, opened }) {
  const ring = createRing();
  const code = h("p", testid("code", { class: "code", role: "img" }));
  const enrolment = h("div", { class: "enrolment" });
  let shown = "";

  const element = h(
    "li",
    testid("token-card", { class: "card token-card", "data-credential-id": token.id }),
    h(
      "header",
      { class: "card-head" },
      h("h2", testid("token-name"), token.name),
      h("p", { class: "quiet" }, token.issuer ?? ""),
    ),
    h(
      "div",
      { class: "code-frame" },
      h("div", { class: "code-row" }, h("span", { class: "unseen" }, strings.securityCode), code, ring.element),
    ),
    h(
      "p",
      { class: "id-row" },
      h("span", { class: "label" }, strings.credentialId),
      h("span", testid("credential-id", { class: "id selectable" }), token.shown),
    ),
    h(
      "div",
      { class: "pair" },
      copying(strings.copyCode, strings.copyCodeOf(token.name), "copy-code", () =>
        ipc.copyCode(token.id),
      ),
      copying(strings.copyId, strings.copyIdOf(token.name), "copy-credential-id", () =>
        ipc.copyCredentialId(token.id),
      ),
    ),
    enrolment,
    h(
      "button",
      testid("open-export", { type: "button", class: "row-link", onclick: () => opened(token) }),
      h("span", {}, strings.openExport),
      chevron(),
    ),
  );

  function copying(text, label, id, job) {
    const words = h("span", {}, text);
    const attributes = testid(id, { class: "small", "aria-label": label });
    const element = button(copy(), copied, attributes);
    element.append(words);

    async function copied() {
      try {
        await job();
      } catch (problem) {
        said(problem);
        return;
      }
      words.textContent = strings.copied;
      element.setAttribute("aria-label", strings.copied);
      setTimeout(() => {
        words.textContent = text;
        element.setAttribute("aria-label", label);
      }, COPIED_FOR);
    }
    return element;
  }

  function drawEnrolment(state, failure) {
    const { status, host } = state;
    const drawn = {
      sent: () => [line("quiet", check(), strings.sent(host), status)],
      sending: () => [line("quiet", wait(), strings.sending(host), "pending")],
      none: () => [line("quiet", wait(), strings.notEnrolled, status)],
      pending: () => [
        line("warn", wait(), strings.pending(host), status),
        h("p", { class: "failure", role: "alert" }, failure ? problemText(failure) : ""),
        h("p", { class: "quiet" }, state.expired ? strings.pendingExpired : strings.exportInstead),
        button(strings.retrySending, send, testid("retry-sending", { class: "second" })),
      ],
    };
    enrolment.replaceChildren(...drawn[status]());
  }

  function line(tone, icon, text, status) {
    return h("p", testid("enrolment-status", { class: `state ${tone}`, "data-status": status }), icon, h("span", {}, text));
  }

  async function send() {
    const { host } = token.enrolment;
    drawEnrolment({ status: "sending", host });
    try {
      await ipc.sendEnrolment(token.id);
      token.enrolment = { status: "sent", host };
      drawEnrolment(token.enrolment);
    } catch (problem) {
      drawEnrolment(token.enrolment, problem);
      if (problem.kind === "locked" || problem.kind?.startsWith("keyring")) said(problem);
    }
  }

  drawEnrolment(token.enrolment);

  return {
    element,
    id: token.id,
    send,

    /** Shows a code; `left` milliseconds of it remain. */
    showCode({ digits, period, left }) {
      ring.draw(left, period);
      if (digits === shown) return;
      const changed = shown !== "";
      shown = digits;
      const half = Math.ceil(digits.length / 2);
      code.textContent = `${digits.slice(0, half)} ${digits.slice(half)}`;
      code.setAttribute("aria-label", strings.digitByDigit(digits));
      if (changed && !reducedMotion()) code.animate([{ opacity: 0 }, { opacity: 1 }], { duration: 180 });
    },

    /** Shows what is left of the code, in milliseconds. */
    showLeft: (left, period) => ring.draw(left, period),

    forget() {
      shown = "";
      code.textContent = "";
      code.removeAttribute("aria-label");
    },
  };
}
