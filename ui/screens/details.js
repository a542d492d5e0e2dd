// One token: what it is, how it stands, what happened to it, and what can be done with it.

import { alert, button, h, iconButton, testid, title } from "../parts/dom.js";
import { createAssociating } from "../parts/associating.js";
import { createBoundCode } from "../parts/bound-code.js";
import { createClockBanner } from "../parts/clock-banner.js";
import { createDeletion } from "../parts/deletion.js";
import { createRenaming } from "../parts/renaming.js";
import { createTokenLog } from "../parts/token-log.js";
import { createToast } from "../parts/toast.js";
import { copy } from "../parts/icons.js";
import { backButton, linkRow, rows } from "../parts/rows.js";
import { howText } from "../parts/how-text.js";
import { stateLine } from "../parts/states.js";
import * as ipc from "../ipc.js";
import { problemText, strings, timeText } from "../strings.js";

export function details(app) {
  const heading = title("", testid("details-name"));
  const error = alert("error");
  const stateError = alert("error");
  const clock = createClockBanner();
  const toast = createToast();
  const idPlace = h("div");
  const facts = h("dl", { class: "facts" });
  const state = h("div", testid("details-state", { class: "stack" }));
  const refreshButton = button(strings.refreshState, refreshState, testid("refresh-state", { class: "second" }));
  const ownRows = rows(
    linkRow(strings.openExport, () => app.show("export", { token, from: "details" }), "open-export"),
    linkRow(strings.reportLost, () => app.show("lost", { token, from: "details" }), "report-lost"),
  );
  const stateCard = h(
    "section",
    { class: "card stack" },
    h("h2", { class: "label" }, strings.state),
    state,
    stateError.element,
    refreshButton,
  );
  const doing = { said, done: load };
  const renaming = createRenaming(doing);
  const associating = createAssociating(doing, app);
  const bound = createBoundCode({ said });
  const log = createTokenLog({ said, copied: () => toast.say(strings.copied) });
  const deletion = createDeletion({ said, done: () => app.refresh() });
  const known = h("section", { class: "card" }, idPlace, facts);
  const content = h(
    "div",
    { class: "column" },
    backButton(leave),
    h("div", { class: "head" }, heading, renaming.opener),
    renaming.element,
    error.element,
    clock.element,
    known,
    stateCard,
    associating.element,
    bound.element,
    ownRows,
    log.element,
    deletion.element,
    toast.element,
  );

  /** Until a token is known, nothing of it is shown, and nothing of the one before can be pressed. */
  function clear() {
    idPlace.replaceChildren();
    for (const part of [renaming.opener, known, stateCard, associating.element, bound.element, ownRows, log.element, deletion.element])
      part.hidden = true;
  }

  /** The token as the list knows it, then as `ipc.details` does. */
  let token;

  function said(problem) {
    if (!app.failed(problem)) error.say(problemText(problem));
  }

  async function load() {
    const { id } = token;
    try {
      const told = await ipc.details(id);
      if (token?.id === id) draw(told);
    } catch (problem) {
      said(problem);
    }
  }

  function draw(told) {
    token = told;
    const own = told.kind === "own";
    heading.textContent = told.name;
    for (const part of [known, log.element, deletion.element]) part.hidden = false;
    drawFacts(own);
    idPlace.replaceChildren(...(own ? [idWithCopy()] : []));
    stateCard.hidden = !own || told.enrolment.status === "none";
    drawState();
    ownRows.hidden = !own;
    bound.element.hidden = !own;
    for (const part of [renaming, associating, bound, log, deletion]) part.show(told);
  }

  function drawFacts(own) {
    facts.replaceChildren(
      ...fact(strings.issuer, token.issuer ?? (own ? null : strings.otherIssuers)),
      ...fact(strings.server, token.enrolment?.host),
      ...fact(strings.howCodes, howText(token)),
      ...fact(strings.made, timeText(token.created)),
    );
  }

  const fact = (name, value) => (value ? [h("dt", {}, name), h("dd", {}, value)] : []);

  function idWithCopy() {
    return h(
      "div",
      { class: "id-copy" },
      h(
        "p",
        { class: "id-row" },
        h("span", { class: "label" }, strings.credentialId),
        h("span", testid("credential-id", { class: "id selectable" }), token.shown),
      ),
      iconButton(copy(), strings.copyId, copyId, testid("copy-credential-id", {
        class: "small",
        "aria-label": strings.copyIdOf(token.name),
      })),
    );
  }

  async function copyId() {
    try {
      await ipc.copyCredentialId(token.id);
      toast.say(strings.copied);
    } catch (problem) {
      said(problem);
    }
  }

  function drawState() {
    const { state: told } = token;
    state.replaceChildren(
      ...(told
        ? [stateLine(told, "state-line"), h("p", { class: "quiet small-text" }, strings.stateAt(timeText(told.at)))]
        : [h("p", { class: "quiet" }, strings.stateUnknown)]),
      ...(told?.state === "active" ? [h("p", testid("new-phone", { class: "quiet small-text" }), strings.newPhone)] : []),
    );
  }

  /** Whenever app and server have talked, the clocks have been compared, too. */
  async function ask() {
    const { id } = token;
    await ipc.refreshState(id);
    const [told, status] = await Promise.all([ipc.details(id), ipc.status()]);
    if (token?.id !== id) return;
    token = told;
    app.status = status;
    // What the person is just doing here stays as it is.
    drawState();
    log.show(told);
    clock.show(status.clock_skew);
  }

  /** Where that fails, the last answer stands, with its time: no reason for an alarm. */
  async function askUnasked() {
    await ask().catch(() => {});
  }

  async function refreshState() {
    stateError.clear();
    refreshButton.disabled = true;
    refreshButton.textContent = strings.refreshingState;
    try {
      await ask();
    } catch (problem) {
      if (!app.failed(problem)) stateError.say(problemText(problem));
    } finally {
      refreshButton.disabled = false;
      refreshButton.textContent = strings.refreshState;
    }
  }

  function leave() {
    app.refresh();
  }

  clear();
  return {
    content,
    async show(data) {
      error.clear();
      stateError.clear();
      token = data.token;
      heading.textContent = token.name;
      clock.show(app.status.clock_skew);
      await load();
      heading.focus();
      if (token?.enrolment?.status === "sent") await askUnasked();
    },
    hide() {
      token = undefined;
      toast.clear();
      for (const part of [renaming, associating, bound, log, deletion]) part.hide();
      clear();
    },
    back: leave,
  };
}
