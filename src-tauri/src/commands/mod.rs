//! What the pages may ask for: thin, one file an area. Each is named in `build.rs` and granted in
//! `capabilities/main.json`; each that needs a seed is refused by the session while it is locked.
//!
//! A refusal is thrown as `{ kind, message, ... }` (`problem.rs`). `id` is a token's credential ID
//! as `status` gave it. "V" marks what a locked vault refuses with the kind `locked`.
//!
//! | command | arguments | answer | V |
//! | --- | --- | --- | --- |
//! | **lock** | | | |
//! | `status` | | [`Status`](crate::session::views::Status) | |
//! | `watch` | `page`: channel of `"locked"`, `"link"` | | |
//! | `touch` | | | |
//! | `known_tokens` | | `[{ shown, name, issuer }]` | |
//! | `set_up_anew` | | | |
//! | `pin_digit` | `entry`: 0, 1 or 2, `digit`: 0 to 9 | | |
//! | `forget_pin` | | | |
//! | `unlock` | (entry 0) | | |
//! | `lock_now` | | | |
//! | `change_pin` | (entry 0: old, 1: new, 2: new again) | | V |
//! | **making a token** | | | |
//! | `use_link` | `text` | `{ issuer, host, pin_length }` | |
//! | `set_aside_link` | | | |
//! | `name_token` | `name` | `"choose-pin"` or `"enrol"` | V, where there is a vault |
//! | `add_without_link` | `name`, `pinLength`: 4 to 8 or null | `"choose-pin"` or `"enrol"` | V, where there is a vault |
//! | `add_other_link` | `text`, null for the one that waits (`status.other`) | `"choose-pin"` or `"enrol"` | V, where there is a vault |
//! | `add_other_by_hand` | `form`: `{ issuer, account, secret, kind, algorithm, digits, period, counter }` | `"choose-pin"` or `"enrol"` | V, where there is a vault |
//! | `set_aside_other` | | | |
//! | `choose_pin`, `repeat_pin` | (entry 0) | | |
//! | `enrol` | | the new token's `id` | V, where there is a vault |
//! | `send_enrolment` | `id` | | V |
//! | `associate_by_link` | `id`, `text` | | V |
//! | `read_qr_bytes` | `base64`: a PNG or JPEG file | [`QrFinding`](crate::session::QrFinding) | |
//! | `read_qr_clipboard` | | the same | |
//! | **codes** | | | |
//! | `codes` | | `[{ id, digits, next, period, left }]` | V |
//! | `next_counter_code` | `id` | `{ digits, counter }` | V |
//! | `bound_code` | `id`, `number`: what the signing page shows | `{ digits, period, left }` | V |
//! | `copy_code`, `copy_credential_id` | `id` | | V |
//! | **tokens** | | | |
//! | `details` | `id` | [`DetailsView`](crate::session::views::DetailsView) | V |
//! | `rename` | `id`, `name` | | V |
//! | `reorder` | `ids`: all of them | | V |
//! | `delete` | `id`, `typed`: string or null | | V |
//! | `log_text` | `id` | a text to share | V |
//! | `copy_log` | `id` | | V |
//! | **provisioning data** | | | |
//! | `make_export` | `id`, `card`: string or null | `{ issuer, text, qr }` | V |
//! | `save_export` | | the file's path | V |
//! | `export_pskc` | `id`, `passphrase` | `{ text }` | V |
//! | `save_pskc` | | the file's path | V |
//! | **server** | | | |
//! | `refresh_state` | `id` | [`Told`](crate::session::Told) | V |
//! | `lost_candidates` | `id`: the token that asks | `[{ serial, name, state }]` | V |
//! | `report_lost` | `id`: the token that reports, `serial` | [`Told`](crate::session::Told) | V |
//! | **settings** | | | |
//! | `settings` | | [`SettingsView`](crate::settings::SettingsView) | |
//! | `set_settings` | `settings`: any of them | the same | |
//! | `tray_words` | `words`: `{ show, copy, lock, quit }` | | |
//! | `about` | | `{ version, licence, licences: [{ name, version, licence }] }` | |
//!
//! In more detail:
//! - A PIN crosses digit by digit, so that no message holds it: `pin_digit` for each digit in turn
//!   (await each), then the command that takes it, which forgets the entries whatever comes of it.
//! - `status` adds to what it told before: `other`: `{ issuer, account, kind, algorithm, digits,
//!   period, counter }` or null, a third-party token that waits (from a link or a QR code);
//!   `making`: `{ what: "own" | "other", name, pin_length }` or null, a token being made without a
//!   link, between its name and `enrol`; `clock_skew`: by how many seconds this device's clock is
//!   slow against the server's (fast: negative), null where they have not talked. A token has
//!   besides `kind` (`"own"`, `"totp"` or `"hotp"`) and `state` (as in `details`).
//! - `codes` leaves event-based tokens out. `next` is null but in the last 5 s of a step. `left` is
//!   in milliseconds, `period` in seconds. `copy_code` of an event-based token copies the code that
//!   `next_counter_code` gave last.
//! - `add_without_link`, `add_other_link` and `add_other_by_hand` go on as after `name_token`:
//!   on `"choose-pin"` with `choose_pin` and `repeat_pin`, then `enrol`. `set_aside_link` forgets
//!   the link, `set_aside_other` the token being made and the third-party one that waits.
//! - `form.kind` is `"totp"` or `"hotp"`, `algorithm` `"SHA1"`, `"SHA256"` or `"SHA512"`; `digits`
//!   6 to 8; `period` in seconds (totp), `counter` (hotp); `issuer` may be null.
//! - `associate_by_link` gives an enrolment link to a token that was made without one; then
//!   `send_enrolment` as ever.
//! - `read_qr_...` answers `{ found: "enrolment-link" | "issuer-card", text, other: null }` (use
//!   the text like a pasted one), or `{ found: "other", text: null, other }`: the third-party token
//!   waits here, its secret key does not cross; show it, then `add_other_link` with null.
//! - `details`: `{ id, shown, name, issuer, kind, algorithm, digits, period, counter, created,
//!   enrolment, state, log: [{ at, what, ... }], typed_confirmation }`. `state`: null or
//!   `{ state, at, sync_minute, locked_until }`, what the server last told; times are in seconds
//!   since 1970.
//! - `delete` wants the credential ID as `typed` where `typed_confirmation` is true.
//! - `Told`: `{ state, others: [{ serial, name, state }] }`; the skew is in `status`.
//! - The settings are `{ auto_lock: "background" | 30 | 60 | 300 | 900, theme: "system" | "light" |
//!   "dark", text_size: 100 | 125 | 150 | 200, hide_codes, clear_clipboard, language: "system" |
//!   "en" | "es", autostart }`; `set_settings` takes any of them; the answer adds
//!   `autostart_possible`, `camera` (a phone's), and `replaced`: true where the file could not be read and these are the
//!   defaults.
//! - Going to the background is seen by the program itself; `watch` then says `"locked"`.

pub(crate) mod codes;
pub(crate) mod enrolment;
pub(crate) mod export;
pub(crate) mod lock;
pub(crate) mod making;
pub(crate) mod server;
pub(crate) mod settings;
pub(crate) mod tokens;

use crate::{problem::Refusal, shell::Shell};

type Answer<T> = Result<T, Refusal>;
type Managed<'a> = tauri::State<'a, Shell>;

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    /// What stands between `begin` and `end`, line by line, without quotes, commas and paths.
    fn listed<'a>(text: &'a str, begin: &str, end: &str) -> BTreeSet<&'a str> {
        let (_, rest) = text.split_once(begin).unwrap();
        let (list, _) = rest.split_once(end).unwrap();
        list.split(',')
            .map(|line| line.trim().trim_matches('"'))
            .map(|line| line.rsplit("::").next().unwrap())
            .filter(|line| !line.is_empty())
            .collect()
    }

    #[test]
    fn every_command_is_named_and_granted_and_nothing_else_is() {
        let handled = listed(include_str!("../lib.rs"), "generate_handler![", "]");
        let named = listed(include_str!("../../build.rs"), "COMMANDS: &[&str] = &[", "]");
        let granted: BTreeSet<_> =
            listed(include_str!("../../capabilities/main.json"), "\"permissions\": [", "]")
                .iter()
                .map(|permission| permission.strip_prefix("allow-").unwrap().replace('-', "_"))
                .collect();
        assert_eq!(handled, named);
        assert_eq!(named, granted.iter().map(String::as_str).collect());
    }
}
