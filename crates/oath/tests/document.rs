//! The vectors of `docs/formats.md` that are this crate's alone: codes for one prescription.

#![expect(clippy::expect_used, reason = "a test fails by panicking, in its helpers too")]

use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use oath::{Algorithm, Challenge, Digits, Ocra, Period, Seed, Totp, UnixTime};
use serde::{Deserialize, de::DeserializeOwned};
use sha2::{Digest, Sha256};

const DOCUMENT: &str = include_str!("../../../docs/formats.md");

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Bound {
    seed: String,
    algorithm: Algorithm,
    digits: Digits,
    period: Period,
    suite: String,
    number: String,
    at: UnixTime,
    code: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Number {
    lines: Vec<String>,
    sha256: String,
    number: String,
}

#[test]
fn codes_that_answer_a_number() {
    let vectors: Vec<Bound> = block("bound-codes");
    assert!(vectors.len() >= 6);
    for Bound { seed, algorithm, digits, period, suite, number, at, code } in vectors {
        let ocra = Ocra::of(&Totp { algorithm, digits, period }).unwrap();
        assert_eq!(ocra.suite(), suite);
        let seed = BASE64URL_NOPAD.decode(seed.as_bytes()).unwrap();
        let seed = Seed::from_bytes(seed.into()).unwrap();
        let made = ocra.code_of_step(&seed, number.parse().unwrap(), period.step_at(at));
        assert_eq!(made.expose_digits(), code, "{suite} {number}");
    }
}

#[test]
fn the_number_of_what_is_signed() {
    let vectors: Vec<Number> = block("numbers");
    assert!(vectors.len() >= 4);
    for Number { lines, sha256, number } in vectors {
        let hashed: String = lines.iter().map(|line| format!("{line}\n")).collect();
        assert_eq!(HEXLOWER.encode(&Sha256::digest(&hashed)), sha256, "{hashed}");
        assert_eq!(Challenge::of(hashed.as_bytes()).to_string(), number, "{hashed}");
    }
}

/// The document's block of JSON with this name.
fn block<T: DeserializeOwned>(name: &str) -> T {
    let start = format!("\n```json {name}\n");
    let (_, rest) = DOCUMENT.split_once(&start).expect("docs/formats.md has a block of this name");
    let (json, _) = rest.split_once("\n```\n").expect("the block ends");
    serde_json::from_str(json).expect("the block is JSON of the right form")
}
