//! The frame that the four texts share: damage, versions, foreign text, and how people paste.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers too")]

mod common;

use common::{Known, app_request, body_of, card, data, frame, link, server_key};
use proptest::prelude::*;
use provisioning::{AppRequest, EnrolmentLink, Error, IssuerCard, MAX_TEXT_LENGTH, SealedToken};

/// Reads a text of one kind and writes it again.
type Reader = fn(&str) -> Result<String, Error>;

struct Kind {
    name: &'static str,
    text: String,
    read: Reader,
}

fn kinds() -> [Kind; 4] {
    let key = server_key().public();
    let sealed = SealedToken::seal_to_card(&data(), &card(key), &mut Known(1)).unwrap();
    [
        Kind {
            name: "enrol",
            text: link(key).to_text().to_string(),
            read: |text| EnrolmentLink::parse(text).map(|read| read.to_text().to_string()),
        },
        Kind {
            name: "issuer",
            text: card(key).to_text(),
            read: |text| IssuerCard::parse(text).map(|read| read.to_text()),
        },
        Kind {
            name: "token",
            text: sealed.to_text(),
            read: |text| SealedToken::parse(text).map(|read| read.to_text()),
        },
        Kind {
            name: "app",
            text: app_request().to_text(),
            read: |text| AppRequest::parse(text).map(|read| read.to_text()),
        },
    ]
}

#[test]
fn what_is_written_reads_back() {
    for kind in kinds() {
        assert_eq!((kind.read)(&kind.text).unwrap(), kind.text);
    }
}

#[test]
fn what_mail_programs_and_browsers_do_is_overlooked() {
    for Kind { name, text, read } in kinds() {
        let prefix = format!("countersign://{name}#");
        let wrapped = text.as_bytes().chunks(72).map(|line| String::from_utf8_lossy(line));
        for pasted in [
            wrapped.clone().collect::<Vec<_>>().join("\n"),
            wrapped.clone().collect::<Vec<_>>().join("\r\n"),
            wrapped.collect::<Vec<_>>().join("\u{2028}\t "),
            format!("\n\n  {text}  \n"),
            text.replace(&prefix, &format!("countersign://{name}/#")),
            text.replace(&prefix, &prefix.to_uppercase()),
            text.replace("countersign", "Countersign"),
            text.replace(&prefix, &format!("COUNTERSIGN://{name}/#")),
        ] {
            assert_eq!(read(&pasted).unwrap(), text, "{pasted}");
        }
    }
}

#[test]
fn a_text_cut_short_anywhere_is_refused() {
    for Kind { name, text, read } in kinds() {
        let start = format!("countersign://{name}#");
        for length in 0..text.len() {
            let error = read(&text[..length]).unwrap_err();
            if length < start.len() {
                assert!(matches!(error, Error::NotOurs { .. }), "{length}: {error}");
            } else {
                assert!(matches!(error, Error::Damaged { .. }), "{length}: {error}");
                assert!(error.to_string().contains("damaged or cut short"));
            }
            assert!(read(&text[length + 1..]).is_err(), "its beginning is missing");
        }
    }
}

#[test]
fn more_at_the_end_is_refused() {
    for Kind { text, read, .. } in kinds() {
        for more in ["A", "AAAA", "=", ".", "/", "\0", "é", &text] {
            assert!(matches!(read(&format!("{text}{more}")), Err(Error::Damaged { .. })));
        }
    }
}

#[test]
fn an_unknown_version_is_named_with_what_to_do() {
    for Kind { name, text, read } in kinds() {
        for (version, found) in [("2", 2), ("0", 0), ("17", 17), ("4294967295", u32::MAX)] {
            let error = read(&frame(name, version, &body_of(&text))).unwrap_err();
            assert!(matches!(error, Error::UnknownVersion { found: met, .. } if met == found));
            let message = error.to_string();
            assert!(message.contains(&format!("format {found}")), "{message}");
            assert!(message.contains("update the program"), "{message}");
            let unread = format!("countersign://{name}#{version}.of a form not known yet");
            assert_eq!(read(&unread), Err(error));
        }
        for version in ["01", "02", "+1", "+2", "-1", "", "1.0", "one", "4294967296", "１"] {
            let relabelled = text.replace("#1.", &format!("#{version}."));
            for text in [frame(name, version, &body_of(&text)), relabelled] {
                let error = read(&text).unwrap_err();
                assert!(matches!(error, Error::Damaged { .. }), "{version}: {error}");
            }
        }
    }
}

#[test]
fn a_later_version_does_not_pass_for_an_earlier_one() {
    for Kind { name, text, read } in kinds() {
        let later = frame(name, "2", &body_of(&text));
        let relabelled = later.replace("#2.", "#1.");
        assert!(matches!(read(&relabelled), Err(Error::Damaged { .. })));
    }
}

#[test]
fn foreign_text_is_told_apart() {
    for Kind { name, text, read } in kinds() {
        let megabyte = "x".repeat(1_000_000);
        let long = format!("{text}{}", "A".repeat(100_000));
        for foreign in [
            "",
            " ",
            "hello",
            "countersign",
            "countersign://",
            "countersign://other#1.AAAA",
            "https://rx.example.org/enrol#1.AAAA",
            "otpauth://totp/Example?secret=GEZDGNBVGY3TQOJQ",
            "ｃountersign://enrol#1.AAAA",
            "countersign://enro🔑",
            &" ".repeat(100_000),
            &megabyte,
            &long,
        ] {
            let error = read(foreign).unwrap_err();
            assert!(matches!(error, Error::NotOurs { .. }), "{error}");
            assert!(error.to_string().contains(&format!("countersign://{name}#")), "{error}");
        }
        for other in kinds() {
            if other.name != name {
                assert!(matches!(read(&other.text), Err(Error::NotOurs { .. })));
                let relabelled = other.text.replace(other.name, name);
                assert!(matches!(read(&relabelled), Err(Error::Damaged { .. })));
            }
        }
    }
}

#[test]
fn the_longest_text_is_read_and_the_next_is_not() {
    for Kind { text, read, .. } in kinds() {
        let padded = format!("{text}{}", " ".repeat(MAX_TEXT_LENGTH - text.len()));
        assert_eq!(read(&padded).unwrap(), text);
        assert!(matches!(read(&format!("{padded} ")), Err(Error::NotOurs { .. })));
    }
}

#[test]
fn a_body_that_is_nothing_is_refused() {
    for Kind { name, read, .. } in kinds() {
        for body in [&b""[..], b"{}", b"null", b"[]", b"\0", b"\xff\xfe", b"{\"server\":"] {
            let error = read(&frame(name, "1", body)).unwrap_err();
            assert!(matches!(error, Error::Malformed { .. }), "{error}");
        }
        for encoded in ["", "AAAA", "AAA=", "A", "+/+/+/+/", "AAAAAAAB"] {
            let error = read(&format!("countersign://{name}#1.{encoded}")).unwrap_err();
            assert!(matches!(error, Error::Damaged { .. }), "{error}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn one_flipped_bit_anywhere_is_refused(place in any::<prop::sample::Index>(), bit in 0_u8..8) {
        for Kind { text, read, .. } in kinds() {
            let mut bytes = text.clone().into_bytes();
            let place = place.index(bytes.len());
            bytes[place] ^= 1 << bit;
            let Ok(changed) = String::from_utf8(bytes) else { continue };
            let same_prefix = changed.to_lowercase() == text.to_lowercase()
                && changed[place..].contains('#');
            prop_assert_eq!(read(&changed).is_ok(), same_prefix, "{}", changed);
        }
    }

    #[test]
    fn any_text_is_refused_without_a_panic(text in any::<String>(), body in any::<Vec<u8>>()) {
        for Kind { name, read, .. } in kinds() {
            prop_assert!(read(&text).is_err());
            let framed = format!("countersign://{name}#1.{text}");
            prop_assert!(read(&framed).is_err());
            let _ = read(&frame(name, "1", &body));
        }
    }
}
