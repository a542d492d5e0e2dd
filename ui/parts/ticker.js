// Codes in time. The program tells the time; this asks again at each step, and before its end for
// the next code.

import { LAST_SECONDS } from "./ring.js";
import * as ipc from "../ipc.js";

/** The rings move so often, in milliseconds: with their numbers, so that the window is painted once a
 *  second. Each painting costs, however little has changed: docs/performance.md. */
const TICK = 1000;
/** A code that has ended is on the screen no longer than this, in milliseconds, also while the program
 *  is busy: the keyring may be asking its owner something. */
const STALE = 1000;
/** Codes that could not be had are asked for again so much later, in milliseconds. */
const AGAIN = 1000;
/** A wall clock that jumps by more than this, in milliseconds, makes codes stale. */
const JUMP = 1500;
const LAST = LAST_SECONDS * 1000;

/** `cards()` are to be kept up to date; `failed(problem)` when there are no codes. */
export function createTicker(cards, failed) {
  let codes = [];
  /** When `codes` came, by the page's own clocks. */
  let at = { steady: 0, wall: 0 };
  let timer;
  let running = false;

  /** Asks for the codes of this step, then waits for the next one. */
  async function step() {
    clearTimeout(timer);
    const stale = setTimeout(forgetCodes, leftOfCodes() + STALE);
    try {
      codes = await ipc.codes();
    } catch (problem) {
      if (!running) return;
      // No code at all is better than one that may be old.
      forgetCodes();
      failed(problem);
      if (running) timer = setTimeout(step, AGAIN);
      return;
    } finally {
      clearTimeout(stale);
    }
    if (!running) return;
    at = { steady: performance.now(), wall: Date.now() };
    each((card, code) => card.showCode(code));
    wait();
  }

  /** Until just after the next whole second of a step, its end too: just before, the ring would be painted
   *  twice for one second. */
  function wait() {
    clearTimeout(timer);
    if (codes.length === 0) return;
    const passed = performance.now() - at.steady;
    const soonest = Math.min(...codes.map(({ left }) => left)) - passed;
    timer = setTimeout(tick, Math.ceil(soonest % TICK) + 1);
  }

  /** Where a step has ended, or nearly, or a clock has jumped, codes are due; else the rings move on. */
  function tick() {
    const passed = performance.now() - at.steady;
    const jumped = Math.abs(Date.now() - at.wall - passed) > JUMP;
    if (jumped || codes.some((code) => isDue(code, passed))) {
      step();
      return;
    }
    each((card, code) => card.showLeft(code.left - passed, code.period));
    wait();
  }

  /** How long the codes on the screen still hold, in milliseconds. */
  function leftOfCodes() {
    const passed = performance.now() - at.steady;
    return codes.length === 0 ? 0 : Math.max(0, Math.min(...codes.map(({ left }) => left - passed)));
  }

  const isDue = ({ left }, passed) => left - passed < 1 || (left > LAST && left - passed <= LAST);

  function each(job) {
    for (const card of cards()) {
      const code = codes.find(({ id }) => id === card.id);
      if (code) job(card, code);
    }
  }

  /** Those that end by themselves: a code by counter holds until it is used. */
  function forgetCodes() {
    each((card) => card.forget());
    codes = [];
  }

  function forgetAll() {
    for (const card of cards()) card.forget();
    codes = [];
  }

  document.addEventListener("visibilitychange", () => {
    if (running && !document.hidden) step();
  });

  return {
    start() {
      running = true;
      step();
    },
    stop() {
      running = false;
      clearTimeout(timer);
      forgetAll();
    },
  };
}
