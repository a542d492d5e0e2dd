// The tokens and their codes. The program tells the time; this screen asks again at each step.

import { button, h, testid, title } from "../parts/dom.js";
import { lock, plus } from "../parts/icons.js";
import { createTokenCard } from "../parts/token-card.js";
import * as ipc from "../ipc.js";
import { problemText, strings } from "../strings.js";

/** A wall clock that jumps by more than this, in milliseconds, makes codes stale. */
const JUMP = 1500;

export function tokens(app) {
  const heading = title(strings.tokens);
  const notice = h("div", testid("notice", { class: "notice", role: "status" }));
  const list = h("ul", { class: "cards" });
  const empty = h("p", { class: "quiet" }, strings.noTokens);
  const tools = h(
    "div",
    { class: "tools" },
    labelled(plus(), strings.addShort, "add-token", () => app.show("welcome", { further: true })),
    labelled(lock(), strings.lockNow, "lock-now", lockNow),
  );

  let cards = [];
  let codes = [];
  /** When `codes` came, by the page's own clocks. */
  let at = { steady: 0, wall: 0 };
  let timer;

  function labelled(icon, text, id, onclick) {
    const element = button(icon, onclick, testid(id, { class: "tool" }));
    element.append(h("span", {}, text));
    return element;
  }

  async function lockNow() {
    await ipc.lockNow();
    await app.refresh();
  }

  function said(problem) {
    if (!app.failed(problem)) say([problemText(problem)]);
  }

  function say(sentences) {
    notice.replaceChildren(...sentences.map((sentence) => h("p", {}, sentence)));
  }

  /** Asks for the codes of this step, then waits for the next one. */
  async function step() {
    clearTimeout(timer);
    try {
      codes = await ipc.codes();
    } catch (problem) {
      said(problem);
      return;
    }
    if (!running) return;
    at = { steady: performance.now(), wall: Date.now() };
    for (const card of cards) {
      const code = codes.find(({ id }) => id === card.id);
      if (code) card.showCode(code);
    }
    wait();
  }

  /** Until the next whole second; where a step ends, or a clock has jumped, the codes are due. */
  function wait() {
    if (codes.length === 0) return;
    const passed = performance.now() - at.steady;
    const soonest = Math.min(...codes.map(({ left }) => left)) - passed;
    const next = soonest % 1000 || 1000;
    timer = setTimeout(second, next);
  }

  function second() {
    const passed = performance.now() - at.steady;
    const jumped = Math.abs(Date.now() - at.wall - passed) > JUMP;
    if (jumped || codes.some(({ left }) => left - passed < 1)) {
      step();
      return;
    }
    for (const card of cards) {
      const code = codes.find(({ id }) => id === card.id);
      if (code) card.second(code.left - passed, code.period);
    }
    wait();
  }

  let running = false;
  document.addEventListener("visibilitychange", () => {
    if (running && !document.hidden) step();
  });

  return {
    content: h(
      "div",
      { class: "column wide" },
      h("header", { class: "head" }, heading, tools),
      notice,
      list,
      empty,
    ),

    /** `send`: the token that was just made, to be sent to its server. */
    show({ tokens, unreadable, note_unwritten, send }) {
      cards = tokens.map((token) =>
        createTokenCard(token, { said, opened: (token) => app.show("export", { token }) }),
      );
      list.replaceChildren(...cards.map(({ element }) => element));
      empty.hidden = tokens.length > 0;
      const notices = [];
      if (unreadable.length > 0) notices.push(strings.unreadable(unreadable));
      if (note_unwritten) notices.push(strings.noteUnwritten);
      say(notices);
      running = true;
      step();
      heading.focus();
      if (send) cards.find(({ id }) => id === send)?.send();
    },

    hide() {
      running = false;
      clearTimeout(timer);
      for (const card of cards) card.forget();
      cards = [];
      codes = [];
      list.replaceChildren();
    },
  };
}
