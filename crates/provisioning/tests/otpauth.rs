//! Links of other issuers' accounts: what is read, what is refused, and against `oathtool`.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod common;

use common::block;
use data_encoding::BASE64URL_NOPAD;
use oath::{Algorithm, Digits, Hotp, Period, Totp, UnixTime};
use proptest::prelude::*;
use provisioning::{Error, Label, OtpKind, OtpauthUri};
use serde_json::{Value, json};

/// RFC 4648, section 10: base 32 of `foobar`.
const FOOBAR: &str = "MZXW6YTBOI";

fn parsed(text: &str) -> OtpauthUri {
    OtpauthUri::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn label(text: &str) -> Label {
    text.parse().unwrap()
}

#[test]
fn the_example_of_the_key_uri_format() {
    let uri = parsed(
        "otpauth://totp/ACME%20Co:john.doe@email.com?secret=HXDMVJECJJWSRB3HWIZR4IFUGFTMXBOZ\
         &issuer=ACME%20Co&algorithm=SHA1&digits=6&period=30",
    );
    assert_eq!(uri.issuer, Some(label("ACME Co")));
    assert_eq!(uri.account, label("john.doe@email.com"));
    assert_eq!(uri.kind, OtpKind::Totp(Totp::default()));
    assert_eq!(uri.seed.expose_bytes().len(), 20);
    assert_eq!(uri.seed.expose_bytes()[..4], [0x3d, 0xc6, 0xca, 0xa4]);
}

/// As `docs/formats.md` writes what is read of a link.
fn written(uri: &OtpauthUri) -> Value {
    let (kind, algorithm, digits, (name, value)) = match uri.kind {
        OtpKind::Totp(Totp { algorithm, digits, period }) => {
            ("totp", algorithm, digits, ("period", period.seconds()))
        }
        OtpKind::Hotp { hotp: Hotp { algorithm, digits }, counter } => {
            ("hotp", algorithm, digits, ("counter", counter))
        }
    };
    json!({
        "issuer": uri.issuer, "account": uri.account, "type": kind, "algorithm": algorithm,
        "seed": BASE64URL_NOPAD.encode(uri.seed.expose_bytes()), "digits": digits, name: value,
    })
}

#[test]
fn the_documents_links() {
    let vectors: Vec<Value> = block("otpauth-links");
    assert!(vectors.len() >= 20);
    for vector in vectors {
        let uri = OtpauthUri::parse(vector["text"].as_str().unwrap());
        let read = uri.as_ref().map_or(Value::Null, written);
        assert_eq!(read, vector["read"], "{}: {:?}", vector["note"], uri.err());
    }
}

#[test]
fn all_digests_digits_periods_and_counters() {
    for (name, algorithm) in [
        ("SHA1", Algorithm::Sha1),
        ("sha256", Algorithm::Sha256),
        ("SHA-512", Algorithm::Sha512),
        ("HmacSHA256", Algorithm::Sha256),
    ] {
        for (count, digits) in [(6, Digits::Six), (7, Digits::Seven), (8, Digits::Eight)] {
            for seconds in [1, 15, 30, 60, 86_400] {
                let uri = parsed(&format!(
                    "otpauth://totp/a?secret={FOOBAR}&algorithm={name}&digits={count}&period={seconds}"
                ));
                let period = Period::try_from(seconds).unwrap();
                assert_eq!(uri.kind, OtpKind::Totp(Totp { algorithm, digits, period }));
            }
            for counter in [0, 7, u64::MAX - 1] {
                let uri = parsed(&format!(
                    "OTPAUTH://HOTP/a?Secret={FOOBAR}&algorithm={name}&digits={count}&counter={counter}"
                ));
                assert_eq!(uri.kind, OtpKind::Hotp { hotp: Hotp { algorithm, digits }, counter });
            }
        }
    }
}

#[test]
fn a_link_that_is_written_is_read_back() {
    for (issuer, account) in
        [("Example Clinic", "Hedy"), ("A:B & C?#", "a/b c@d%é"), ("C", "x:y"), ("", "x:y")]
    {
        for kind in [
            OtpKind::Totp(Totp::default()),
            OtpKind::Totp(Totp {
                digits: Digits::Eight,
                period: Period::try_from(60).unwrap(),
                algorithm: Algorithm::Sha256,
            }),
            OtpKind::Hotp { hotp: Hotp::default(), counter: 7 },
        ] {
            let issuer = issuer.parse().ok();
            let uri = OtpauthUri::by_hand(
                issuer,
                label(account),
                "HXDMVJECJJWSRB3HWIZR4IFUGFTMXBOZ",
                kind,
            );
            let uri = uri.unwrap();
            let again = parsed(&uri.to_text());
            assert_eq!(
                (again.issuer, again.account, again.kind),
                (uri.issuer, uri.account, uri.kind)
            );
            assert_eq!(again.seed.expose_bytes(), uri.seed.expose_bytes());
        }
    }
}

#[test]
fn names_are_found_wherever_they_stand() {
    for (text, issuer, account) in [
        ("totp/Shop:me?secret=MZXW6", Some("Shop"), "me"),
        ("totp/Shop%3A%20me?secret=MZXW6", Some("Shop"), "me"),
        ("totp/me?secret=MZXW6&issuer=My+Shop", Some("My Shop"), "me"),
        ("totp/me?secret=MZXW6&issuer=A%2BB", Some("A+B"), "me"),
        ("totp/Old:me?secret=MZXW6&issuer=New", Some("New"), "me"),
        ("totp/Shop:me?secret=MZXW6&issuer=", Some("Shop"), "me"),
        ("totp/me?secret=MZXW6", None, "me"),
        ("totp/me+tag@mail.example?secret=MZXW6", None, "me+tag@mail.example"),
        ("totp/?secret=MZXW6&issuer=Shop", Some("Shop"), "Shop"),
        ("totp?secret=MZXW6&issuer=Shop", Some("Shop"), "Shop"),
        ("totp/a:b:c?secret=MZXW6", Some("a"), "b:c"),
        ("totp/Caf%C3%A9:Zo%C3%AB?secret=MZXW6", Some("Café"), "Zoë"),
        ("totp/Café:Zoë?secret=MZXW6&image=https://x/y.png#part", Some("Café"), "Zoë"),
    ] {
        let uri = parsed(&format!(" \notpauth://{text}\n"));
        assert_eq!(
            (uri.issuer.as_ref().map(Label::as_str), uri.account.as_str()),
            (issuer, account)
        );
    }
}

#[test]
fn a_name_that_is_too_long_is_shortened() {
    let name = |length: usize| {
        let uri = parsed(&format!("otpauth://totp/{}?secret=MZXW6", "é".repeat(length)));
        uri.account.as_str().to_owned()
    };
    assert_eq!(name(64), "é".repeat(64));
    assert_eq!(name(65), format!("{}…", "é".repeat(63)));
    assert_eq!(name(1_000), format!("{}…", "é".repeat(63)));
}

#[test]
fn a_secret_is_read_as_people_type_it() {
    // RFC 4648, section 10, without and with its padding.
    for (typed, bytes) in [
        ("MY", "f"),
        ("MZXQ====", "fo"),
        ("MZXW6===", "foo"),
        ("mzxw 6yq=", "foob"),
        (" mzxw-6ytb\n", "fooba"),
        ("MZXW6YTBOI======", "foobar"),
        // Two further bits that fill no byte, and a lone symbol's five.
        ("MZXW6YTBOJ", "foobar"),
        ("MZXW6YTBA", "fooba"),
    ] {
        let kind = OtpKind::Totp(Totp::default());
        let uri = OtpauthUri::by_hand(None, label("me"), typed, kind).unwrap();
        assert_eq!(uri.seed.expose_bytes(), bytes.as_bytes(), "{typed:?}");
    }
}

#[test]
fn a_secret_that_is_none_is_refused() {
    let too_long = "A".repeat(207);
    for typed in
        ["", " ", "A", "====", "MZXW0", "MZXW1", "MZXW8", "MZ=XW", "MZXW6Ü", "hunter+2", &too_long]
    {
        let kind = OtpKind::Totp(Totp::default());
        let refused = OtpauthUri::by_hand(None, label("me"), typed, kind).unwrap_err();
        assert_eq!(refused, Error::SecretKey, "{typed:?}");
    }
    let longest =
        OtpauthUri::by_hand(None, label("me"), &too_long[..206], OtpKind::Totp(Totp::default()));
    assert_eq!(longest.unwrap().seed.expose_bytes().len(), 128);
    let last = OtpKind::Hotp { hotp: Hotp::default(), counter: u64::MAX };
    let refused = OtpauthUri::by_hand(None, label("me"), FOOBAR, last).unwrap_err();
    assert!(matches!(refused, Error::Malformed { .. }));
}

#[test]
fn what_would_give_wrong_codes_is_refused() {
    for (text, reason) in [
        ("totp/me", "no secret"),
        ("totp/me?issuer=Shop", "no secret"),
        ("totp/me?secret=", "no secret"),
        ("totp/me?secret=%20", "no secret"),
        ("steam/me?secret=MZXW6", "neither"),
        ("?secret=MZXW6", "neither"),
        ("totp/me?secret=MZXW6&digits=5", "digits"),
        ("totp/me?secret=MZXW6&digits=9", "digits"),
        ("totp/me?secret=MZXW6&digits=262", "digits"),
        // A plus is a space, and white space around a value is dropped.
        ("totp/me?secret=MZXW6&digits=+6", ""),
        ("totp/me?secret=MZXW6&digits=%2B6", "digits"),
        ("totp/me?secret=MZXW6&digits=six", "digits"),
        ("totp/me?secret=MZXW6&period=0", "time step"),
        ("totp/me?secret=MZXW6&period=86401", "time step"),
        ("totp/me?secret=MZXW6&period=-30", "time step"),
        ("totp/me?secret=MZXW6&period=30.5", "time step"),
        ("totp/me?secret=MZXW6&algorithm=MD5", "algorithm"),
        ("totp/me?secret=MZXW6&algorithm=SHA3-256", "algorithm"),
        ("hotp/me?secret=MZXW6", "counter"),
        ("hotp/me?secret=MZXW6&counter=-1", "counter"),
        ("hotp/me?secret=MZXW6&counter=18446744073709551615", "counter"),
        ("hotp/me?secret=MZXW6&counter=18446744073709551616", "counter"),
        ("totp/me?secret=MZXW6&secret=MZXW7", "twice"),
        ("totp/me?secret=MZXW6&SECRET=MZXW7", "twice"),
        ("totp/?secret=MZXW6", "names neither"),
        ("totp/me%FF?secret=MZXW6", "not text"),
        ("totp/me?secret=%FF", "not text"),
    ] {
        let read = OtpauthUri::parse(&format!("otpauth://{text}"));
        match read {
            Ok(uri) => assert_eq!((reason, uri.kind), ("", OtpKind::Totp(Totp::default()))),
            Err(Error::Malformed { reason: given, .. }) => {
                assert!(!reason.is_empty() && given.contains(reason), "{text}: {given}");
            }
            Err(other) => panic!("{text}: {other}"),
        }
    }
    let parse = |text: &str| OtpauthUri::parse(text).unwrap_err();
    assert_eq!(parse("otpauth://totp/me?secret=MZXW1"), Error::SecretKey);
    assert_eq!(parse("otpauth://totp/a%0Ab?secret=MZXW6"), Error::Name);
    assert_eq!(parse("otpauth://totp/a%E2%80%AEb?secret=MZXW6"), Error::Name);
    assert_eq!(parse("otpauth-migration://offline?data=Cj"), Error::SeveralAccounts);
    let long = format!("otpauth://totp/me?secret=MZXW6&x={}", "x".repeat(9_000));
    for text in
        ["", "otpauth:", "otpauth:/", "https://x/?secret=MZXW6", "MZXW6", "otpauthé://", &long]
    {
        assert!(matches!(parse(text), Error::NotOurs { .. }), "{text}");
    }
}

#[test]
fn what_debug_shows_has_no_secret() {
    let shown = format!("{:?}", parsed("otpauth://totp/me?secret=MZXW6YTBOI"));
    assert!(shown.contains("redacted"));
    assert!(!shown.contains("MZXW6") && !shown.contains("102, 111"), "{shown}");
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_secret_comes_through(bytes in prop::collection::vec(any::<u8>(), 1..=128)) {
        let text = data_encoding::BASE32_NOPAD.encode(&bytes);
        let uri = parsed(&format!("otpauth://totp/me?secret={text}"));
        prop_assert_eq!(uri.seed.expose_bytes(), bytes);
    }

    #[test]
    fn no_text_makes_it_panic(text in "(otpauth://(totp|hotp)/)?\\PC{0,80}(\\?secret=)?\\PC{0,40}") {
        let _ = OtpauthUri::parse(&text);
        let _ = OtpauthUri::by_hand(None, label("me"), &text, OtpKind::Totp(Totp::default()));
    }

    /// `oathtool` decodes the secret and makes the code, both by its own means.
    #[test]
    fn oathtool_agrees(bytes in prop::collection::vec(any::<u8>(), 1..=64), at in 0_u64..=10_000_000_000) {
        let text = data_encoding::BASE32_NOPAD.encode(&bytes);
        let uri = parsed(&format!("otpauth://totp/me?secret={text}&period=45&digits=8"));
        let OtpKind::Totp(totp) = uri.kind else { panic!("it is time-based") };
        let theirs = std::process::Command::new("oathtool")
            .args(["--totp", "--base32", "--digits=8", "--time-step-size=45s"])
            .args([format!("--now=@{at}"), text])
            .output()
            .unwrap();
        let theirs = String::from_utf8(theirs.stdout).unwrap();
        prop_assert_eq!(totp.code_at(&uri.seed, UnixTime(at)).expose_digits(), theirs.trim());
    }
}
