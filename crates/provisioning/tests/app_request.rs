//! App requests and answers: the vectors of `docs/formats.md`, and what is refused.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers too")]

mod common;

use common::{DOCUMENT, SEED, block, body_of, counting_up, frame};
use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use hmac::{Hmac, KeyInit, Mac};
use oath::{Seed, UnixTime};
use provisioning::{AppAnswer, AppAsk, AppRequest, AppTokenState, Error, ReportId};
use serde::Deserialize;
use sha2::Sha256;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Key {
    seed: String,
    key: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Request {
    credential_id: String,
    at: u64,
    report_id: Option<String>,
    serial: Option<String>,
    authenticated: String,
    mac: String,
    text: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Answer {
    json: String,
}

#[test]
fn the_requests_of_the_document() {
    for name in ["app-request-status", "app-request-report-lost"] {
        let vector: Request = block(name);
        let request = vector.request();
        assert_eq!(request.to_text(), vector.text, "{name}");
        let body = [hex(&vector.authenticated), hex(&vector.mac)].concat();
        assert_eq!(body_of(&vector.text), body, "{name}");
        assert_eq!(frame("app", "1", &body), vector.text, "{name}");

        let read = AppRequest::parse(&vector.text).unwrap();
        assert_eq!(read, request, "{name}");
        assert_eq!(read.credential_id().as_str(), vector.credential_id);
        let seed = seed();
        let asked = read.check(&seed).unwrap();
        assert_eq!((asked.ask, asked.at.0), (&vector.ask(), vector.at), "{name}");
    }
}

#[test]
fn the_key_of_the_document_makes_their_macs() {
    let key: Key = block("app-key");
    assert_eq!(BASE64URL_NOPAD.decode(key.seed.as_bytes()).unwrap(), SEED);
    for name in ["app-request-status", "app-request-report-lost"] {
        let vector: Request = block(name);
        let mac = mac(&hex(&key.key), &hex(&vector.authenticated));
        assert_eq!(HEXLOWER.encode(&mac), vector.mac, "{name}");
    }
}

#[test]
fn the_answer_of_the_document() {
    let vector: Answer = block("app-answer");
    let answer = AppAnswer::parse(vector.json.as_bytes()).unwrap();
    assert_eq!(answer.to_json(), vector.json);
    assert_eq!(answer.token.state, AppTokenState::Locked);
    assert_eq!(answer.token.locked_until, Some(UnixTime(1_790_000_900)));
    assert_eq!(answer.others[0].serial.as_str(), "AVT812345678");
}

#[test]
fn every_state_has_the_word_of_the_document() {
    use AppTokenState as S;
    let words = ["provisioned", "pending-sync", "active", "locked", "suspended", "deactivated"];
    let states =
        [S::Provisioned, S::PendingSync, S::Active, S::Locked, S::Suspended, S::Deactivated];
    for (state, word) in states.into_iter().zip(words) {
        assert_eq!(serde_json::to_value(state).unwrap(), word);
        assert!(DOCUMENT.contains(&format!("`{word}`")), "{word}");
    }
}

#[test]
fn another_seed_is_refused() {
    let other = Seed::from_bytes(b"12345678901234567891".to_vec().into()).unwrap();
    for name in ["app-request-status", "app-request-report-lost"] {
        let vector: Request = block(name);
        let read = AppRequest::parse(&vector.text).unwrap();
        assert_eq!(read.check(&other), Err(Error::NotItsToken), "{name}");
    }
}

/// Framed anew, so that the checksum fits: only the MAC can tell.
#[test]
fn a_change_of_any_bit_is_refused() {
    let seed = seed();
    let mut read_at_all = 0;
    for name in ["app-request-status", "app-request-report-lost"] {
        let vector: Request = block(name);
        let body = body_of(&vector.text);
        for place in 0..body.len() {
            for bit in 0..8 {
                let mut changed = body.clone();
                changed[place] ^= 1 << bit;
                if let Ok(read) = AppRequest::parse(&frame("app", "1", &changed)) {
                    assert_eq!(read.check(&seed), Err(Error::NotItsToken), "{name} {place} {bit}");
                    read_at_all += 1;
                }
            }
        }
    }
    assert!(read_at_all > 8 * (8 + 32) * 2, "{read_at_all}");
}

/// Each with the MAC that fits it, so that only its form can be what is refused.
#[test]
fn a_request_has_one_form_only() {
    let status = hex(&block::<Request>("app-request-status").authenticated);
    let report = hex(&block::<Request>("app-request-report-lost").authenticated);
    let with = |from: &[u8], place: usize, bytes: &[u8]| {
        let mut changed = from.to_vec();
        changed[place..place + bytes.len()].copy_from_slice(bytes);
        changed
    };
    assert!(AppRequest::parse(&signed(&status)).unwrap().check(&seed()).is_ok());
    assert!(AppRequest::parse(&signed(&report)).unwrap().check(&seed()).is_ok());
    for (authenticated, note) in [
        (Vec::new(), "nothing"),
        (status[..20].to_vec(), "cut in its instant"),
        ([&status[..], b"\0"].concat(), "longer than a status"),
        (with(&status, 0, &[2]), "unknown ask"),
        (with(&status, 1, b"csst"), "lower case"),
        (with(&status, 5, b"O"), "O for 0"),
        (with(&status, 5, b"U"), "no letter of a credential ID"),
        (with(&status, 5, b"\xff"), "no ASCII"),
        (report[..30].to_vec(), "cut in its report ID"),
        (report[..37].to_vec(), "no serial number"),
        (report[..40].to_vec(), "a serial number of 3"),
        ([&report[..], &[b'9'; 21]].concat(), "a serial number of 33"),
        (with(&report, 37, b"avt"), "lower case"),
        (with(&report, 37, b" VT"), "a space"),
        (with(&report, 37, b"CSSTU"), "no credential ID after CSST"),
    ] {
        let error = AppRequest::parse(&signed(&authenticated)).expect_err(note);
        assert!(matches!(error, Error::Malformed { .. }), "{note}: {error}");
    }
    let short = frame("app", "1", &[0; 31]);
    assert!(matches!(AppRequest::parse(&short), Err(Error::Malformed { .. })));
}

#[test]
fn an_answer_out_of_form_is_refused() {
    let json = block::<Answer>("app-answer").json;
    for (from, to) in [
        ("\"now\":1790000001,", ""),
        ("\"now\":1790000001", "\"now\":-1"),
        ("\"now\":1790000001", "\"now\":\"1790000001\""),
        ("\"now\"", "\"later\":1,\"now\""),
        ("\"locked\"", "\"frozen\""),
        ("\"locked\"", "{\"locked\":null}"),
        (
            "{\"state\":\"locked\",\"sync_minute\":null,\"locked_until\":1790000900}",
            "[\"locked\",null,1790000900]",
        ),
        (
            "{\"serial\":\"AVT812345678\",\"name\":\"Fob\",\"state\":\"suspended\"}",
            "[\"AVT812345678\",\"Fob\",\"suspended\"]",
        ),
        ("AVT812345678", "A"),
        ("\"Fob\"", "\"\""),
        ("]}", "]"),
    ] {
        let changed = json.replace(from, to);
        assert_ne!(changed, json);
        let error = AppAnswer::parse(changed.as_bytes()).unwrap_err();
        assert!(matches!(error, Error::Malformed { .. }), "{changed}: {error}");
    }
    let long = format!("{json}{}", " ".repeat(AppAnswer::MAX_LENGTH));
    assert!(matches!(AppAnswer::parse(long.as_bytes()), Err(Error::Malformed { .. })));
}

#[test]
fn nothing_that_is_logged_can_ask_again() {
    let vector: Request = block("app-request-status");
    let mac = format!("{:?}", &hex(&vector.mac)[..8]);
    let shown = format!("{:?}", vector.request());
    assert!(shown.contains("redacted") && !shown.contains(mac.trim_matches(['[', ']'])), "{shown}");
}

impl Request {
    fn ask(&self) -> AppAsk {
        let (Some(serial), Some(id)) = (&self.serial, &self.report_id) else {
            return AppAsk::Status;
        };
        let report_id = ReportId::from_bytes(counting_up(0xa0));
        assert_eq!(report_id.to_string(), *id);
        AppAsk::ReportLost { serial: serial.parse().unwrap(), report_id }
    }

    fn request(&self) -> AppRequest {
        let credential_id = self.credential_id.parse().unwrap();
        AppRequest::new(credential_id, self.ask(), UnixTime(self.at), &seed())
    }
}

/// Framed, with the MAC that fits.
fn signed(authenticated: &[u8]) -> String {
    let key: Key = block("app-key");
    frame("app", "1", &[authenticated, &mac(&hex(&key.key), authenticated)].concat())
}

fn mac(key: &[u8], authenticated: &[u8]) -> Vec<u8> {
    let mac = <Hmac<Sha256> as KeyInit>::new_from_slice(key).unwrap();
    let mac = mac.chain_update(b"countersign app request 1").chain_update(authenticated);
    mac.finalize().into_bytes().to_vec()
}

fn seed() -> Seed {
    Seed::from_bytes(SEED.to_vec().into()).unwrap()
}

fn hex(text: &str) -> Vec<u8> {
    HEXLOWER.decode(text.as_bytes()).unwrap()
}
