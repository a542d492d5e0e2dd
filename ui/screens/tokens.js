// The tokens and their codes. The program tells the time; this screen asks again at each step.

import { button, h, testid, title } from "../parts/dom.js";
import { lock, plus } from "../parts/icons.js";
import { createTokenCard } from "../parts/token-card.js";
import * as ipc from "../ipc.js";
import { problemText, strings } from "../strings.js";

/** The rings move so often, in milliseconds: a glide to the eye, and next to no work. */
const TICK = 250;
/** Codes that could not be had are asked for again so much later, in milliseconds. */
const AGAIN = 1000;
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
      if (!running) return;
      // No code at all is better than one that may be old.
      for (const card of cards) card.forget();
      codes = [];
      said(problem);
      if (running) timer = setTimeout(step, AGAIN);
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

  /** Until the next tick; one falls on the end of the step. */
  function wait() {
    clearTimeout(timer);
    if (codes.length === 0) return;
    const passed = performance.now() - at.steady;
    const soonest = Math.min(...codes.map(({ left }) => left)) - passed;
    timer = setTimeout(tick, soonest % TICK || TICK);
  }

  /** Where a step has ended, or a clock has jumped, the codes are due; else the rings move on. */
  function tick() {
    const passed = performance.now() - at.steady;
    const jumped = Math.abs(Date.now() - at.wall - passed) > JUMP;
    if (jumped || codes.some(({ left }) => left - passed < 1)) {
      step();
      return;
    }
    for (const card of cards) {
      const code = codes.find(({ id }) => id === card.id);
      if (code) card.showLeft(code.left - passed, code.period);
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

    show({ tokens, unreadable, note_unwritten }) {
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
      const made = cards.find(({ id }) => id === app.justMade);
      app.justMade = undefined;
      made?.send();
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
