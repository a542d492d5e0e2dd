//! A vendor under fire: each code is sent under a key of its own, and again under that key until there is an
//! answer, as docs/integrate.md asks. So every code is accepted, once, however often its sender heard nothing.

use std::{
    sync::{
        RwLock,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

use serde_json::{Value, json};

use super::{
    fob::{FIRST_PRESS, Fob, new_key},
    kills::telling,
};
use crate::{process::Server, verify_api::Vendor};

/// How often the same is sent before the test gives up: over a minute.
const TRIES: usize = 6000;
const BETWEEN_TRIES: Duration = Duration::from_millis(10);
/// How many keys are asked for their answers again in the end.
const ASKED_AGAIN: usize = 40;

/// What was sent under one key, and its one answer.
pub(super) struct Judged {
    /// The key, which is the reference too.
    key: String,
    body: String,
    answer: Value,
    /// Whether it was sent before without an answer.
    pub(super) again: bool,
}

/// Lets codes be judged until told to stop, over whatever server is there: each of them, and then once more
/// under another key.
pub(super) fn sign_on(
    fob: &Fob,
    vendor: &Vendor,
    server: &RwLock<Option<Server>>,
    stop: &AtomicBool,
) -> Vec<Judged> {
    let mut judged = Vec::new();
    let mut press = telling(fob, FIRST_PRESS);
    while !stop.load(Ordering::Relaxed) {
        let first = sent_until_answered(fob, press, vendor, server);
        assert_eq!(first.answer["accepted"], true, "press {press}: {}", first.answer);
        let second = sent_until_answered(fob, press, vendor, server);
        assert_eq!(second.answer["cause"], "already-used", "press {press}: {}", second.answer);
        judged.extend([first, second]);
        press = telling(fob, press + 1);
    }
    judged
}

fn sent_until_answered(
    fob: &Fob,
    press: u64,
    vendor: &Vendor,
    server: &RwLock<Option<Server>>,
) -> Judged {
    let key = new_key();
    let body = json!({
        "account": fob.npi, "credential_id": fob.token.id.as_str(),
        "code": fob.token.press(press), "reference": key,
    })
    .to_string();
    for tried in 0..TRIES {
        let vendor = server.read().unwrap().as_ref().map(|server| vendor.at(server));
        if let Some(answer) = vendor.and_then(|vendor| sent_twice(&vendor, &body, &key)) {
            return Judged { key, body, answer, again: tried > 0 };
        }
        thread::sleep(BETWEEN_TRIES);
    }
    panic!("press {press} had no answer");
}

/// The same under the same key, twice at once: the one answer, if any came.
fn sent_twice(vendor: &Vendor, body: &str, key: &str) -> Option<Value> {
    let send = || match vendor.try_post("/v1/verify", body, Some(key)) {
        Ok(told) if told.status == 200 => Some(told.body),
        Ok(told) if told.status == 503 => None,
        Ok(told) => panic!("{}: {}", told.status, told.body),
        Err(_) => None,
    };
    let (one, other) = thread::scope(|scope| {
        let other = scope.spawn(send);
        (send(), other.join().unwrap())
    });
    if let (Some(one), Some(other)) = (&one, &other) {
        assert_eq!(one, other, "under {key}");
    }
    one.or(other)
}

/// What is left after all that: the audit has each key's verdict once, and the keys their answers.
pub(super) fn check_signed(fob: &Fob, judged: &[Judged], vendor: &Vendor, server: &Server) {
    let events = server.folder.json(&["events", "--npi", &fob.npi, "--limit", "100000"], "");
    let events: Vec<_> = events.as_array().unwrap().iter().collect();
    let signed: Vec<_> = events.iter().filter(|event| event["purpose"] == "signing").collect();
    assert_eq!(signed.len(), judged.len(), "each key is in the audit once");
    for Judged { key, answer, .. } in judged {
        let event = signed.iter().find(|event| event["reference"] == **key).unwrap();
        let accepted = event["outcome"] == "success";
        assert_eq!(answer["accepted"], accepted, "{key}: {answer} {event}");
    }
    let vendor = vendor.at(server);
    for Judged { key, body, answer, .. } in judged.iter().rev().take(ASKED_AGAIN) {
        let told = vendor.post("/v1/verify", body, Some(key));
        assert_eq!((told.status, told.replayed), (200, true), "{key}");
        assert_eq!(&told.body, answer, "{key}");
    }
}
