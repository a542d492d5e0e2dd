// One token: its name, its code with what is left of it, its credential ID, how it stands.

import { button, h, iconButton, testid } from "./dom.js";
import { check, chevron, copy, down, up, wait } from "./icons.js";
import { createCodeView } from "./code-view.js";
import { stateLine } from "./states.js";
import * as ipc from "../ipc.js";
import { problemText, strings } from "../strings.js";

/**
 * `said(problem)` deals with a refusal; `copied(isCode)` confirms; `opened(screen, token)` leaves for a
 * screen of the token; `moved(token, by)` puts it elsewhere in the list; `sent(skew)` when its server has it.
 */
export function createTokenCard(token, { hidden, said, copied, opened, moved, sent }) {
  const code = createCodeView(token, { hidden, tapped: copyCode, asked: makeNextCode, shown: noteShown });
  const own = token.kind === "own";
  const enrolment = h("div", testid("enrolment-status", { class: "enrolment" }));
  const moveUp = mover(up(), strings.moveUp(token.name), "move-up", -1, "Alt+ArrowUp");
  const moveDown = mover(down(), strings.moveDown(token.name), "move-down", 1, "Alt+ArrowDown");

  const element = h(
    "li",
    testid("token-card", { class: "card token-card", "data-credential-id": token.id, onkeydown: moveByKey }),
    h(
      "header",
      { class: "card-head" },
      h("div", {}, h("h2", testid("token-name"), token.name), h("p", { class: "quiet" }, token.issuer ?? "")),
      h("div", { class: "moves" }, moveUp, moveDown),
    ),
    h(
      "div",
      { class: "card-body" },
      code.element,
      own ? idRow() : null,
      h(
        "div",
        { class: "pair" },
        copying(strings.copyCode, strings.copyCodeOf(token.name), "copy-code", copyCode),
        own ? copying(strings.copyId, strings.copyIdOf(token.name), "copy-credential-id", copyId) : null,
      ),
      enrolment,
    ),
    h(
      "footer",
      { class: "card-foot" },
      foot(strings.openDetails, "open-details", "details", { "aria-label": strings.openDetailsOf(token.name) }),
      own ? foot(strings.openExport, "open-export", "export") : null,
    ),
  );

  function idRow() {
    return h(
      "p",
      { class: "id-row" },
      h("span", { class: "label" }, strings.credentialId),
      h("span", testid("credential-id", { class: "id selectable" }), token.shown),
    );
  }

  function mover(icon, label, id, by, keys) {
    const attributes = { type: "button", class: "tool", "aria-label": label, title: label, "aria-keyshortcuts": keys };
    return h("button", testid(id, { ...attributes, onclick: () => moved(token, by) }), icon);
  }

  function moveByKey(event) {
    const by = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (!event.altKey || !by) return;
    event.preventDefault();
    moved(token, by);
  }

  function foot(text, id, screen, attributes) {
    const go = () => opened(screen, token);
    return h("button", testid(id, { type: "button", class: "row-link", onclick: go, ...attributes }), h("span", {}, text), chevron());
  }

  function copying(text, label, id, job) {
    return iconButton(copy(), text, job, testid(id, { class: "small", "aria-label": label }));
  }

  async function copyCode() {
    try {
      await ipc.copyCode(token.id);
      copied(true);
    } catch (problem) {
      said(problem);
    }
  }

  async function copyId() {
    try {
      await ipc.copyCredentialId(token.id);
      copied(false);
    } catch (problem) {
      said(problem);
    }
  }

  function noteShown() {
    // Where it cannot be noted, the order stays as it is: nothing to tell.
    ipc.codeShown(token.id).catch(() => {});
  }

  async function makeNextCode() {
    try {
      code.showCode(await ipc.nextCounterCode(token.id));
    } catch (problem) {
      said(problem);
    }
  }

  /** `just`: it was sent under the person's eyes. From the next time on the details tell where it is. */
  function drawEnrolment(state, { failure, just } = {}) {
    const { status, host } = state;
    const drawn = {
      sent: () => (just ? [line("quiet", check(), strings.sent(host))] : []),
      sending: () => [line("quiet", wait(), strings.sending(host))],
      none: () => [line("quiet", wait(), strings.notEnrolled)],
      pending: () => [
        line("warn", wait(), strings.pending(host)),
        h("p", { class: "failure", role: "alert" }, failure ? `${problemText(failure)} ${strings.tokenKept}` : ""),
        h("p", { class: "quiet" }, pendingHint(state)),
        button(strings.retrySending, send, testid("retry-sending", { class: "second" })),
      ],
    };
    const told = token.state && token.state.state !== "active" ? stateLine(token.state, "token-state") : null;
    enrolment.dataset.status = status === "sending" ? "pending" : status;
    enrolment.replaceChildren(...drawn[status](), ...(told ? [told] : []));
  }

  function pendingHint({ expired, refused }) {
    if (expired) return strings.pendingExpired;
    return refused ? strings.pendingRefused : strings.exportInstead;
  }

  function line(tone, icon, text) {
    return h("p", { class: `state ${tone}` }, icon, h("span", {}, text));
  }

  async function send() {
    const { host } = token.enrolment;
    drawEnrolment({ status: "sending", host });
    try {
      sent(await ipc.sendEnrolment(token.id));
      token.enrolment = { status: "sent", host };
      drawEnrolment(token.enrolment, { just: true });
    } catch (problem) {
      drawEnrolment(token.enrolment, { failure: problem });
      if (problem.kind === "locked" || problem.kind?.startsWith("keyring")) said(problem);
    }
  }

  if (own) drawEnrolment(token.enrolment);

  return {
    element,
    id: token.id,
    token,
    send,
    showCode: code.showCode,
    showLeft: code.showLeft,
    forget: code.forget,

    /** Whether `text` is in what people would look for. */
    matches(text) {
      const searched = [token.name, token.issuer, own ? token.shown : null].filter(Boolean).join(" ");
      return [searched, searched.replaceAll(" ", "")].some((where) => where.toLocaleLowerCase().includes(text));
    },

    /** Which of the two ways it can move. */
    setPlace(first, last) {
      moveUp.disabled = first;
      moveDown.disabled = last;
    },

    /** The focus stays on the button that moved the card, or goes to its neighbour at an end. */
    focusMover(by) {
      const [wanted, other] = by < 0 ? [moveUp, moveDown] : [moveDown, moveUp];
      (wanted.disabled ? other : wanted).focus();
    },
  };
}
