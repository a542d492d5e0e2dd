// Every screen by its name, in the language in use.

import { about } from "./screens/about.js";
import { changePin } from "./screens/change-pin.js";
import { details } from "./screens/details.js";
import { enrolling } from "./screens/enrolling.js";
import { exportToken } from "./screens/export.js";
import { erased, keyringEmptied, keyringProblem } from "./screens/keyring.js";
import { loading } from "./screens/loading.js";
import { lost } from "./screens/lost.js";
import { nameToken } from "./screens/name-token.js";
import { other } from "./screens/other.js";
import { otherFound } from "./screens/other-found.js";
import { choosePin, repeatPin, unlock } from "./screens/pin-screens.js";
import { settings } from "./screens/settings.js";
import { tokens } from "./screens/tokens.js";
import { welcome } from "./screens/welcome.js";

export const buildScreens = (app) => ({
  "loading": loading(app),
  "welcome": welcome(app),
  "name-token": nameToken(app),
  "other": other(app),
  "other-found": otherFound(app),
  "choose-pin": choosePin(app),
  "repeat-pin": repeatPin(app),
  "enrolling": enrolling(app),
  "unlock": unlock(app),
  "erased": erased(app),
  "tokens": tokens(app),
  "details": details(app),
  "export": exportToken(app),
  "lost": lost(app),
  "settings": settings(app),
  "change-pin": changePin(app),
  "about": about(app),
  "keyring-locked": keyringProblem(app),
  "keyring-absent": keyringProblem(app),
  "prompt-dismissed": keyringProblem(app),
  "entry-damaged": keyringProblem(app),
  "keyring-emptied": keyringEmptied(app),
});
