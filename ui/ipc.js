// The one way from the pages to the program. Each function is one command; a refusal is thrown as
// the object that the program sent: `{ kind, message, ... }`. Times are Unix seconds.

const { invoke, Channel } = window.__TAURI__.core;

/**
 * `{ vault, invitation, refused_link, clock_skew, ... }`; unlocked, with `tokens`, each
 * `{ id, shown, name, issuer, kind, enrolment, state }`; locked, with `pin_length`, and
 * `tries_left` once a PIN was wrong (null before). `kind` is "own",
 * "totp" or "hotp" (the last two are other issuers'). `clock_skew`: seconds that this device's clock
 * is slow against the server (negative: fast), or null where they have not talked. `state`: see
 * `details`. `used_last`: the ID of the token that goes on top, or null. `other`: another issuer's token that waits to be taken.
 * `handheld`: whether this device is a phone or a tablet.
 */
export const status = () => invoke("status");
export const touch = () => invoke("touch");
export const setUpAnew = () => invoke("set_up_anew");
export const knownTokens = () => invoke("known_tokens");

// The lock.
export const unlock = (pin) => withPins([pin], "unlock");
export const lockNow = () => invoke("lock_now");
/** The new PIN goes twice, so that the program compares. */
export const changePin = (old, chosen, repeated) =>
  withPins([old, chosen, repeated], "change_pin");

/** PINs cross digit by digit, so that no message holds one; the command then takes and forgets them. */
async function withPins(pins, command) {
  await invoke("forget_pin");
  for (const [entry, pin] of pins.entries())
    for (const digit of pin) await invoke("pin_digit", { entry, digit: Number(digit) });
  return invoke(command);
}

// Codes.
/** `[{ id, digits, next, period, left }]`; `next` only in the last seconds; none for "hotp". */
export const codes = () => invoke("codes");
/** The code of the next counter: `{ digits, counter }`. */
/** The code for one prescription, by the number of eight digits that the signing page shows. */
export const boundCode = (id, number) => invoke("bound_code", { id, number });
export const nextCounterCode = (id) => invoke("next_counter_code", { id });
/** A hidden code was shown: the token goes on top next time, as one whose code was copied does. */
export const codeShown = (id) => invoke("code_shown", { id });
export const copyCode = (id) => invoke("copy_code", { id });
export const copyCredentialId = (id) => invoke("copy_credential_id", { id });

// New tokens. What starts one answers with what has to be asked next: "choose-pin" or "enrol".
export const acceptLink = (text) => invoke("use_link", { text });
export const setAsideLink = () => invoke("set_aside_link");
export const nameToken = (name) => invoke("name_token", { name });
export const addWithoutLink = (name) => invoke("add_without_link", { name });
export const addOtherLink = (text) => invoke("add_other_link", { text });
/** `{ issuer, account, secret, algorithm, digits, kind, period, counter }` as typed. */
export const addOtherByHand = (form) => invoke("add_other_by_hand", { form });
export const choosePin = (pin) => withPins([pin], "choose_pin");
export const repeatPin = (pin) => withPins([pin], "repeat_pin");
export const enrol = () => invoke("enrol");
/** By how many seconds the clock is then known to be behind, or null. */
export const sendEnrolment = (id) => invoke("send_enrolment", { id });
/** Gives a token that was made without a link to the server of one; `text` null: of the one that waits. */
export const associateByLink = (id, text) => invoke("associate_by_link", { id, text });
/** Forgets the token being made without a link, and the other issuer's one that waits. */
export const setAsideOther = () => invoke("set_aside_other");
/**
 * `{ found: "enrolment-link" | "issuer-card", text }`, to be used like a pasted one; or
 * `{ found: "other", other }`: it waits in the program, `addOtherLink(null)` takes it.
 */
export const readQrBytes = (base64) => invoke("read_qr_bytes", { base64 });
export const readQrClipboard = () => invoke("read_qr_clipboard");

// One token.
/**
 * `{ id, shown, name, issuer, kind, algorithm, digits, period, counter, created, enrolment, state,
 * log }`. `state`: null or `{ state, at, sync_minute, locked_until }`; `log`: `[{ at, what }]`.
 */
export const details = (id) => invoke("details", { id });
/** Asks the server for its state. */
export const refreshState = (id) => invoke("refresh_state", { id });
export const rename = (id, name) => invoke("rename", { id, name });
/** `typed`: the credential ID, for a token that a server knows. */
export const deleteToken = (id, typed) => invoke("delete", { id, typed });
export const reorder = (ids) => invoke("reorder", { ids });
export const logText = (id) => invoke("log_text", { id });
export const copyLog = (id) => invoke("copy_log", { id });
/** The account's other tokens: `[{ serial, name, state }]`. */
export const lostCandidates = (id) => invoke("lost_candidates", { id });
export const reportLost = (id, serial) => invoke("report_lost", { id, serial });

// Provisioning data.
export const makeExport = (id, card) => invoke("make_export", { id, card });
export const saveExport = () => invoke("save_export");
export const exportPskc = (id, passphrase) => invoke("export_pskc", { id, passphrase });
/** Where the file is. */
export const savePskc = () => invoke("save_pskc");

// The app itself.
/**
 * `{ auto_lock, theme, text_size, hide_codes, clear_clipboard, language, autostart }`: "background"
 * or seconds; "system", "light", "dark"; per cent; yes or no, twice; "system", "en", "es"; yes or no.
 */
export const settings = () => invoke("settings");
export const setSettings = (settings) => invoke("set_settings", { settings });
/** `{ version, licences: [{ name, version, licence }] }` */
export const about = () => invoke("about");

/** The tray's menu, in the page's language: `{ show, copy, lock, quit }`. */
export const trayWords = (words) => invoke("tray_words", { words });

/** Calls `heard` with "locked" or "link" whenever the program has news. */
export function watch(heard) {
  const page = new Channel();
  page.onmessage = heard;
  return invoke("watch", { page });
}
