// Which screen is shown. The program decides what may be shown; this asks it and obeys.

import * as ipc from "./ipc.js";
import { buildScreens } from "./screens.js";
import { keyringScreen } from "./screens/keyring.js";
import { speak, strings } from "./strings.js";

/** The program is told of the person's activity at most this often, in milliseconds. */
const TOUCH_EVERY = 2_000;

/** How long another try is seen to be one, in milliseconds. */
const TRYING = 400;

const app = {
  /** What the program said last. */
  status: {},
  /** How many digits the PIN has, as far as the program has told. */
  pinLength: 4,
  /** What the person has chosen. */
  settings: {},
  /** Resolves when the program has answered the last choice. */
  choosing: Promise.resolve(),
  screens: {},
  /** The token that was just made: it is sent to its server as soon as its card is shown. */
  justMade: undefined,
  /** Since the last unlock the tokens' screen has not been shown. */
  justUnlocked: false,
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
    this.pinLength = this.status.pin_length ?? this.pinLength;
    this.route(extra);
  },

  /** Asks again, visibly: also where the answer is the same as before. */
  async tryAgain() {
    this.show("loading");
    await new Promise((done) => setTimeout(done, TRYING));
    await this.refresh();
  },

  route({ refused }) {
    const { vault, invitation, refused_link, other } = this.status;
    const open = vault === "none" || vault === "unlocked";
    const further = vault === "unlocked";
    if (vault === "locked") this.show("unlock", this.status);
    else if (vault === "erased") this.show("erased", this.status);
    else if (vault === "emptied") this.show("keyring-emptied", this.status);
    else if (open && refused_link) this.show("welcome", { further, refused: refused_link });
    else if (open && refused) this.show("welcome", { further, refused: { problem: refused } });
    else if (open && invitation) this.show("name-token", { invitation, further });
    else if (open && other) this.show("other-found", { other, further });
    else if (further) this.show("tokens", this.status);
    else this.show("welcome");
  },

  /** Goes on with a token being made to what the program says has to be asked next. */
  goOn(next) {
    this.show(next === "enrol" ? "enrolling" : "choose-pin");
  },

  /** Deals with what is not the shown screen's own affair; whether it was that. */
  failed(problem) {
    const screen = keyringScreen(problem);
    if (screen) this.show(screen, problem);
    else if (["locked", "erased", "keyring-emptied", "no-link"].includes(problem?.kind)) this.refresh();
    else return false;
    return true;
  },

  async lockNow() {
    await ipc.lockNow();
    await this.refresh();
  },

  /** Tells the program a choice, behind those that it has not answered yet; fails as it does. */
  async choose(change) {
    const answered = this.choosing.then(() => ipc.setSettings(change));
    const settled = answered.then((settings) => this.use(settings), () => {});
    this.choosing = settled;
    sectionOf("settings").setAttribute("aria-busy", "true");
    await settled;
    if (this.choosing === settled) sectionOf("settings").removeAttribute("aria-busy");
    await answered;
  },

  /** Looks and speaks as the person has chosen; another language builds every screen anew. */
  use(settings) {
    const before = this.settings.language;
    this.settings = settings;
    const { dataset } = document.documentElement;
    if (settings.theme === "system") delete dataset.theme;
    else dataset.theme = settings.theme;
    dataset.textSize = settings.text_size;
    if (settings.language === before) return;
    speak(settings.language);
    const { shown } = this;
    this.screens = buildScreens(this);
    if (shown) this.show(shown);
    ipc.trayWords(strings.tray);
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

let touched = -TOUCH_EVERY;
function touch() {
  if (performance.now() - touched < TOUCH_EVERY) return;
  touched = performance.now();
  ipc.touch();
}
for (const sign of ["pointerdown", "keydown", "wheel"])
  document.addEventListener(sign, touch, { passive: true, capture: true });

document.addEventListener("keydown", (event) => {
  const command = event.ctrlKey || event.metaKey;
  if (command && event.key.toLowerCase() === "l") {
    event.preventDefault();
    if (app.status.vault === "unlocked") app.lockNow();
  } else if (event.key === "Escape") {
    app.screens[app.shown].back?.();
  }
});

/** News about the tokens matter to their list; another screen stays where it is. */
function heard(news) {
  if (news !== "changed" || app.shown === "tokens") app.refresh();
}

app.use(await ipc.settings());
ipc.watch(heard);
app.show("loading");
await app.refresh();
