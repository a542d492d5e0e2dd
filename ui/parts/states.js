// A token's state as its server last told it: a line with an icon, never a colour alone.

import { h, testid } from "./dom.js";
import { check, lock, stop, wait } from "./icons.js";
import { strings, timeText } from "../strings.js";

const LOOKS = {
  "active": ["good", check],
  "locked": ["warn", lock],
  "suspended": ["bad", stop],
  "deactivated": ["bad", stop],
};

/** The network is not told any more. */
const SYNC_OVER = 60;

/** What a state is called. */
export function stateText({ state, sync_minute, locked_until }) {
  if (state === "pending-sync" && sync_minute >= SYNC_OVER) return strings.syncOver;
  if (state === "pending-sync" && sync_minute != null) return strings.syncMinute(sync_minute);
  if (state === "locked" && locked_until != null) return strings.lockedUntil(timeText(locked_until));
  return strings.states[state] ?? state;
}

/** The line; its state is in `data-state`. */
export function stateLine(told, id) {
  const [tone, icon] = LOOKS[told.state] ?? ["quiet", wait];
  return h(
    "p",
    testid(id, { class: `state ${tone}`, "data-state": told.state }),
    icon(),
    h("span", {}, stateText(told)),
  );
}
