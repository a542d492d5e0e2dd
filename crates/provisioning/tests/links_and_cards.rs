//! Enrolment links and issuer cards: their fields, expiry, and the rules of names and addresses.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers too")]

mod common;

use common::{EXPIRES, Known, body_of, card, frame, link, server_key};
use oath::UnixTime;
use proptest::prelude::*;
use provisioning::{
    ActivationId, ActivationSecret, EnrolmentLink, Error, IssuerCard, Label, PinPolicy,
    ServerPrivateKey, ServerPublicKey, ServerUrl,
};
use serde_json::{Value, json};

#[test]
fn a_link_comes_through() {
    let link = link(server_key().public());
    let read = EnrolmentLink::parse(&link.to_text()).unwrap();
    assert_eq!(read.server, link.server);
    assert_eq!(read.issuer, link.issuer);
    assert_eq!(read.key, link.key);
    assert_eq!(read.activation, link.activation);
    assert_eq!(read.secret.expose_bytes(), link.secret.expose_bytes());
    assert_eq!(read.expires, link.expires);
    assert_eq!(read.pin, link.pin);
}

#[test]
fn a_card_comes_through() {
    let card = card(server_key().public());
    assert_eq!(IssuerCard::parse(&card.to_text()).unwrap(), card);
}

#[test]
fn a_link_is_good_until_its_last_second() {
    let link = link(server_key().public());
    for good in [UnixTime(0), UnixTime(EXPIRES.0 - 1), EXPIRES] {
        assert_eq!(link.check_expiry(good), Ok(()));
    }
    for late in [EXPIRES.plus(1), UnixTime(u64::MAX)] {
        let refused = link.check_expiry(late).unwrap_err();
        assert_eq!(refused, Error::Expired);
        assert_eq!(refused.to_string(), "this enrolment link has expired: ask for a new one");
    }
}

#[test]
fn an_expired_link_is_still_read() {
    let text = EnrolmentLink { expires: UnixTime(1), ..link(server_key().public()) }.to_text();
    let read = EnrolmentLink::parse(&text).unwrap();
    assert_eq!(read.check_expiry(EXPIRES), Err(Error::Expired));
}

#[test]
fn a_link_against_its_field_rules_is_refused() {
    for (field, value) in [
        ("server", json!("http://rx.example.org")),
        ("server", json!("ftp://rx.example.org")),
        ("server", json!("rx.example.org")),
        ("server", json!("")),
        ("issuer", json!("")),
        ("issuer", json!("Example\u{202e}Clinic")),
        ("issuer", json!("Example\u{0}Clinic")),
        ("issuer", json!("x".repeat(65))),
        ("key", json!("AAAA")),
        ("key", json!("eaYx7t4b+cmPEgMs3q3Q56B5OY/HhriMyEbsia+FpRo")),
        ("activation", json!("AAECAwQFBgcICQoLDA0OD")),
        ("secret", json!("ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj")),
        ("secret", json!("")),
        ("expires", json!(-1)),
        ("expires", json!("tomorrow")),
        ("expires", json!(1.5)),
        ("pin_length", json!(3)),
        ("pin_length", json!(9)),
        ("pin_length", json!(260)),
        ("pin_length", Value::Null),
    ] {
        let mut bad = link_json();
        bad[field] = value.clone();
        let refused = EnrolmentLink::parse(&frame("enrol", "1", bad.to_string().as_bytes()));
        assert!(matches!(refused, Err(Error::Malformed { .. })), "{field} {value}");
    }
}

#[test]
fn missing_and_unknown_fields_are_refused() {
    let good = link_json();
    let read =
        |json: &Value| EnrolmentLink::parse(&frame("enrol", "1", json.to_string().as_bytes()));
    assert!(read(&good).is_ok());
    for field in good.as_object().unwrap().keys() {
        let mut bad = good.clone();
        bad.as_object_mut().unwrap().remove(field);
        assert!(matches!(read(&bad), Err(Error::Malformed { .. })), "{field}");
    }
    let mut more = good;
    more["pin_hint"] = json!("birthday");
    let refused = read(&more).unwrap_err();
    assert!(matches!(refused, Error::Malformed { .. }));
    assert!(!refused.to_string().contains("birthday"), "what was in it is not repeated");
}

#[test]
fn a_pin_has_4_to_8_digits() {
    for length in 0..=u8::MAX {
        let policy = PinPolicy::new(length);
        if (4..=8).contains(&length) {
            assert_eq!(policy.unwrap().length(), length);
        } else {
            assert_eq!(policy, Err(Error::PinLength));
        }
    }
    assert_eq!(PinPolicy::default().length(), 4);
}

#[test]
fn an_address_is_https_or_on_this_machine() {
    for (typed, written) in [
        ("https://rx.example.org", "https://rx.example.org"),
        ("https://rx.example.org/", "https://rx.example.org"),
        ("https://rx.example.org//", "https://rx.example.org"),
        ("https://rx.example.org:8443/epcs/", "https://rx.example.org:8443/epcs"),
        ("HTTPS://RX.Example.ORG", "https://rx.example.org"),
        ("http://localhost:8080", "http://localhost:8080"),
        ("http://127.0.0.1:8080/", "http://127.0.0.1:8080"),
        ("http://[::1]:8080", "http://[::1]:8080"),
    ] {
        let url: ServerUrl = typed.parse().unwrap();
        assert_eq!(url.to_string(), written);
        assert_eq!(written.parse::<ServerUrl>().unwrap(), url);
        assert_eq!(url.resource("v1/provisioning"), format!("{written}/v1/provisioning"));
        assert_eq!(url.is_https(), written.starts_with("https"));
    }
}

#[test]
fn other_addresses_are_refused() {
    let long = format!("https://rx.example.org/{}", "a".repeat(500));
    let grows = format!("https://rx.example.org/{}", "é".repeat(200));
    let huge = "https://".repeat(12_500);
    for typed in [
        "",
        "rx.example.org",
        "//rx.example.org",
        "https://",
        "http://rx.example.org",
        "http://10.0.0.1",
        "http://0.0.0.0",
        "http://localhost.example.org",
        "http://127.0.0.1.example.org",
        "http://[::2]",
        "ftp://rx.example.org",
        "javascript:alert(1)",
        "data:text/html,x",
        "file:///etc/passwd",
        "https://user@rx.example.org",
        "https://user:word@rx.example.org",
        "https://:word@rx.example.org",
        "https://rx.example.org/?a=b",
        "https://rx.example.org/#a",
        "https://rx.example.org:99999",
        "https://rx example.org",
        &long,
        &grows,
        &huge,
    ] {
        assert_eq!(typed.parse::<ServerUrl>(), Err(Error::ServerUrl), "{typed}");
    }
    assert!(Error::ServerUrl.to_string().contains("https://"));
}

#[test]
fn the_host_is_shown_as_it_is_reached() {
    let disguised: ServerUrl = "https://еxample.org".parse().unwrap();
    assert_eq!(disguised.host(), "xn--xample-2of.org", "a Cyrillic letter shows");
}

#[test]
fn a_name_is_one_visible_line() {
    for (typed, name) in [
        ("Example Clinic", "Example Clinic"),
        ("  My phone\n", "My phone"),
        ("Dr. Ångström's 電話", "Dr. Ångström's 電話"),
        ("مكتب", "مكتب"),
        ("क्\u{200d}ष", "क्\u{200d}ष"),
        ("👩\u{200d}⚕️", "👩\u{200d}⚕️"),
        ("<b>&\"'\\", "<b>&\"'\\"),
    ] {
        assert_eq!(typed.parse::<Label>().unwrap().as_str(), name);
    }
    let longest = "é".repeat(64);
    assert_eq!(longest.parse::<Label>().unwrap().as_str(), longest);
}

#[test]
fn other_names_are_refused() {
    let long = "x".repeat(100_000);
    for typed in ["", "   ", "\n", &"é".repeat(65), &long] {
        assert_eq!(typed.parse::<Label>(), Err(Error::Name));
    }
    for hidden in ('\0'..'\u{20}').chain('\u{7f}'..'\u{a0}').chain([
        '\u{ad}', '\u{61c}', '\u{180e}', '\u{200b}', '\u{200e}', '\u{200f}', '\u{2028}',
        '\u{2029}', '\u{202a}', '\u{202e}', '\u{2060}', '\u{2064}', '\u{2066}', '\u{2069}',
        '\u{206f}', '\u{feff}', '\u{fff9}', '\u{fffb}',
    ]) {
        assert_eq!(format!("a{hidden}b").parse::<Label>(), Err(Error::Name), "{hidden:?}");
        assert!(hidden.to_string().parse::<Label>().is_err(), "{hidden:?} alone");
    }
}

#[test]
fn ids_and_keys_have_one_length() {
    let id = ActivationId::generate(&mut Known(4));
    assert_eq!(id.to_string().parse::<ActivationId>(), Ok(id));
    for bad in ["", "AAAA", "AAECAwQFBgcICQoLDA0ODx", "AAECAwQFBgcICQoLDA0ODw==", "!"] {
        assert!(matches!(bad.parse::<ActivationId>(), Err(Error::Malformed { .. })), "{bad}");
    }
    let key = server_key().public();
    assert_eq!(key.key_id().to_string().len(), 16);
    let read: ServerPublicKey = serde_json::from_value(serde_json::to_value(key).unwrap()).unwrap();
    assert_eq!(read, key);
    let generated = ServerPrivateKey::generate(&mut Known(5));
    assert_ne!(generated.public(), ServerPrivateKey::generate(&mut Known(6)).public());
    let again = ServerPrivateKey::from_bytes(*generated.expose_bytes());
    assert_eq!(again.public(), generated.public());
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_link_that_can_be_made_comes_through(
        path in "[^?#\\\\]{0,120}",
        issuer in any::<String>(),
        expires in any::<u64>(),
        pin in 4_u8..=8,
        random in any::<u64>(),
    ) {
        let Ok(server) = format!("https://rx.example.org/{path}").parse::<ServerUrl>() else {
            return Ok(());
        };
        let Ok(issuer) = format!("Dr {}", issuer.trim()).parse::<Label>() else {
            return Ok(());
        };
        let mut rng = Known(random);
        let link = EnrolmentLink {
            server: server.clone(),
            issuer: issuer.clone(),
            key: ServerPrivateKey::generate(&mut rng).public(),
            activation: ActivationId::generate(&mut rng),
            secret: ActivationSecret::generate(&mut rng),
            expires: UnixTime(expires),
            pin: PinPolicy::new(pin).unwrap(),
        };
        let read = EnrolmentLink::parse(&link.to_text()).unwrap();
        prop_assert_eq!(read.server, server);
        prop_assert_eq!(read.issuer, issuer);
        prop_assert_eq!(read.expires, link.expires);
        prop_assert_eq!(read.pin, link.pin);
    }

    #[test]
    fn any_address_and_name_is_read_or_refused_without_a_panic(text in any::<String>()) {
        if let Ok(url) = text.parse::<ServerUrl>() {
            prop_assert_eq!(url.to_string().parse::<ServerUrl>(), Ok(url));
        }
        if let Ok(name) = text.parse::<Label>() {
            prop_assert_eq!(name.as_str().parse::<Label>(), Ok(name.clone()));
        }
    }
}

fn link_json() -> Value {
    serde_json::from_slice(&body_of(&link(server_key().public()).to_text())).unwrap()
}
