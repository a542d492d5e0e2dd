// Which screen is shown. The program decides what may be shown; this asks it and obeys.

import * as ipc from "./ipc.js";
import { enrolling } from "./screens/enrolling.js";
import { exportToken } from "./screens/export.js";
import { erased, keyringEmptied, keyringProblem, keyringScreen } from "./screens/keyring.js";
import { loading } from "./screens/loading.js";
import { nameToken } from "./screens/name-token.js";
import { choosePin, repeatPin, unlock } from "./screens/pin-screens.js";
import { tokens } from "./screens/tokens.js";
import { welcome } from "./screens/welcome.js";

/** The program is told of the person's activity at most this often, in milliseconds. */
const TOUCH_EVERY = 10_000;

/** How long another try is seen to be one, in milliseconds. */
const TRYING = 400;

const app = {
  /** What the program said last. */
  status: {},
  screens: {},
  /** The token that was just made: it is sent to its server as soon as its card is shown. */
  justMade: undefined,
  shown: undefined,

  /** Shows a screen; the one before leaves the document, with whatever it showed. */
  show(name, data) {
    const before = this.shown;
    if (before) {
      this.screens[before].hide?.();
      const section = sectionOf(before);
      section.hidden = true;
      section.replaceChildren();
    }
    const section = sectionOf(name);
    section.replaceChildren(this.screens[name].content);
    section.hidden = false;
    this.shown = name;
    scrollTo(0, 0);
    this.screens[name].show?.(data);
  },

  /** Asks the program where things stand, and shows that. */
  async refresh(extra = {}) {
    if (this.shown !== "unlock" && this.shown !== "enrolling") this.showLoadingSoon();
    try {
      this.status = await ipc.status();
    } catch (problem) {
      this.stopLoading();
      const known = keyringScreen(problem) !== undefined;
      const told = known ? problem : { kind: "keyring-absent", reason: problem?.message };
      this.show(keyringScreen(told), told);
      return;
    }
    this.stopLoading();
    this.route(extra);
  },

  /** Asks again, visibly: also where the answer is the same as before. */
  async tryAgain() {
    this.show("loading");
    await new Promise((done) => setTimeout(done, TRYING));
    await this.refresh();
  },

  route({ refused }) {
    const { vault, invitation, refused_link } = this.status;
    const open = vault === "none" || vault === "unlocked";
    const further = vault === "unlocked";
    if (vault === "locked") this.show("unlock", this.status);
    else if (vault === "erased") this.show("erased", this.status);
    else if (vault === "emptied") this.show("keyring-emptied", this.status);
    else if (open && refused_link) this.show("welcome", { further, refused: refused_link });
    else if (open && refused) this.show("welcome", { further, refused: { problem: refused } });
    else if (open && invitation) this.show("name-token", { invitation, further });
    else if (further) this.show("tokens", this.status);
    else this.show("welcome");
  },

  /** Deals with what is not the shown screen's own affair; whether it was that. */
  failed(problem) {
    const screen = keyringScreen(problem);
    if (screen) this.show(screen, problem);
    else if (["locked", "erased", "keyring-emptied", "no-link"].includes(problem?.kind)) this.refresh();
    else return false;
    return true;
  },

  /** The keyring may ask for a password: then it takes a while. */
  showLoadingSoon() {
    this.stopLoading();
    this.loadingTimer = setTimeout(() => this.show("loading"), 400);
  },

  stopLoading() {
    clearTimeout(this.loadingTimer);
  },
};

const sectionOf = (name) => document.querySelector(`[data-screen="${name}"]`);

Object.assign(app.screens, {
  "loading": loading(app),
  "welcome": welcome(app),
  "name-token": nameToken(app),
  "choose-pin": choosePin(app),
  "repeat-pin": repeatPin(app),
  "enrolling": enrolling(app),
  "unlock": unlock(app),
  "erased": erased(app),
  "tokens": tokens(app),
  "export": exportToken(app),
  "keyring-locked": keyringProblem(app),
  "keyring-absent": keyringProblem(app),
  "prompt-dismissed": keyringProblem(app),
  "entry-damaged": keyringProblem(app),
  "keyring-emptied": keyringEmptied(app),
});

let touched = -TOUCH_EVERY;
function touch() {
  if (performance.now() - touched < TOUCH_EVERY) return;
  touched = performance.now();
  ipc.touch();
}
for (const sign of ["pointerdown", "keydown", "wheel"])
  document.addEventListener(sign, touch, { passive: true, capture: true });

ipc.watch(() => app.refresh());
app.show("loading");
await app.refresh();
