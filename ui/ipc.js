// The one way from the pages to the program. Each function is one command; a refusal is thrown as
// the object that the program sent: `{ kind, message, ... }`.

const { invoke, Channel } = window.__TAURI__.core;

export const status = () => invoke("status");
export const touch = () => invoke("touch");
export const setUpAnew = () => invoke("set_up_anew");
export const knownTokens = () => invoke("known_tokens");
export const unlock = (pin) => invoke("unlock", { pin });
export const lockNow = () => invoke("lock_now");
export const codes = () => invoke("codes");
export const copyCode = (id) => invoke("copy_code", { id });
export const copyCredentialId = (id) => invoke("copy_credential_id", { id });
export const acceptLink = (text) => invoke("use_link", { text });
export const setAsideLink = () => invoke("set_aside_link");
export const nameToken = (name) => invoke("name_token", { name });
export const choosePin = (pin) => invoke("choose_pin", { pin });
export const repeatPin = (pin) => invoke("repeat_pin", { pin });
export const enrol = () => invoke("enrol");
export const sendEnrolment = (id) => invoke("send_enrolment", { id });
export const makeExport = (id, card) => invoke("make_export", { id, card });
export const saveExport = () => invoke("save_export");

/** Calls `heard` with "locked" or "link" whenever the program has news. */
export function watch(heard) {
  const page = new Channel();
  page.onmessage = heard;
  return invoke("watch", { page });
}
