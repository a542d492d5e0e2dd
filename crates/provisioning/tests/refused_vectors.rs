//! The vectors of `docs/formats.md` that a reader refuses or takes in spite of their looks, and the
//! reader there that is not ours.

#![expect(clippy::panic, reason = "a test fails by panicking, in its helpers too")]

mod common;

use std::process::Command;

use common::{block, server_key};
use data_encoding::BASE64URL_NOPAD;
use provisioning::{ActivationSecret, EnrolmentLink, Error, IssuerCard, SealedToken};
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Refused {
    why: String,
    secret: Option<String>,
    text: String,
    note: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Taken {
    text: String,
    issuer: String,
    note: String,
}

/// The document's word for a refusal.
fn why(error: &Error) -> &'static str {
    match error {
        Error::NotOurs { .. } => "not ours",
        Error::UnknownVersion { .. } => "unknown version",
        Error::Damaged { .. } => "damaged",
        Error::Malformed { .. } => "malformed",
        Error::OtherServer => "other server",
        Error::CannotOpen => "cannot open",
        other => panic!("the document has no word for this: {other}"),
    }
}

#[test]
fn refused_issuer_cards() {
    let vectors: Vec<Refused> = block("refused-issuer-cards");
    assert!(vectors.len() >= 20);
    for vector in vectors {
        let error = IssuerCard::parse(&vector.text).expect_err(&vector.note);
        assert_eq!(why(&error), vector.why, "{}", vector.note);
    }
}

#[test]
fn taken_issuer_cards() {
    let vectors: Vec<Taken> = block("taken-issuer-cards");
    assert!(vectors.len() >= 4);
    for Taken { text, issuer, note } in vectors {
        let card = IssuerCard::parse(&text).expect(&note);
        assert_eq!(card.issuer.as_str(), issuer, "{note}");
        assert_eq!(card.key, server_key().public(), "{note}");
    }
}

#[test]
fn refused_enrolment_links() {
    let vectors: Vec<Refused> = block("refused-enrolment-links");
    assert!(vectors.len() >= 15);
    for vector in vectors {
        let error = EnrolmentLink::parse(&vector.text).expect_err(&vector.note);
        assert_eq!(why(&error), vector.why, "{}", vector.note);
    }
}

#[test]
fn refused_sealed_tokens() {
    let vectors: Vec<Refused> = block("refused-sealed-tokens");
    assert!(vectors.len() >= 15);
    for vector in vectors {
        let opened = SealedToken::parse(&vector.text).and_then(|sealed| match &vector.secret {
            Some(secret) => {
                let bytes = BASE64URL_NOPAD.decode(secret.as_bytes()).unwrap();
                let secret = ActivationSecret::from_bytes(bytes.try_into().unwrap());
                sealed.open_for_activation(&server_key(), &secret)
            }
            None => sealed.open_with_card_key(&server_key()),
        });
        assert_eq!(why(&opened.expect_err(&vector.note)), vector.why, "{}", vector.note);
    }
}

/// Written from the document, not from our code: what both take is what the document says.
#[test]
fn a_reader_that_is_not_ours_takes_and_refuses_the_same() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs");
    let output = Command::new("/usr/bin/python3")
        .args(["open_sealed_token.py", "--vectors", "formats.md"])
        .current_dir(folder)
        .output()
        .unwrap();
    let says = String::from_utf8_lossy(&output.stdout);
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{says}{complaint}");
    let count = |words: &str| says.lines().filter(|line| line.contains(words)).count();
    let refused: Vec<Refused> = block("refused-sealed-tokens");
    assert_eq!((count(": opens to {"), count(": refused as ")), (3, refused.len()), "{says}");
}
