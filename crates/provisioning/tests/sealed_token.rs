//! The sealed token: who can open it, and what is refused inside.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers too")]

mod common;

use common::{Known, SEED, body_of, card, counting_up, data, frame, link, server_key};
use hpke::{
    Deserializable, OpModeS, PskBundle, Serializable, aead::ChaCha20Poly1305, kdf::HkdfSha256,
    kem::X25519HkdfSha256,
};
use oath::{Algorithm, Digits, Period, Seed, Totp};
use proptest::prelude::*;
use provisioning::{
    ActivationId, ActivationSecret, EnrolmentLink, Error, ProvisioningData, SealedToken,
    ServerPrivateKey, ServerPublicKey,
};
use serde_json::{Value, json};

type PublicKey = <X25519HkdfSha256 as hpke::Kem>::PublicKey;

const SEALED_TOKEN_INFO: &[u8] = b"countersign sealed token 1";

#[test]
fn sealed_for_an_activation_it_opens_with_key_and_secret() {
    let (key, link) = (server_key(), link(server_key().public()));
    let sealed = SealedToken::seal_for_activation(&data(), &link, &mut Known(1)).unwrap();
    let carried = SealedToken::parse(&sealed.to_text()).unwrap();
    assert_eq!(carried.activation(), Some(link.activation));
    assert_eq!(carried.key_id(), key.public().key_id());
    assert_same(&carried.open_for_activation(&key, &link.secret).unwrap(), &data());
}

#[test]
fn sealed_to_a_card_it_opens_with_the_key() {
    let key = server_key();
    let sealed = SealedToken::seal_to_card(&data(), &card(key.public()), &mut Known(1)).unwrap();
    let carried = SealedToken::parse(&sealed.to_text()).unwrap();
    assert_eq!(carried.activation(), None);
    assert_same(&carried.open_with_card_key(&key).unwrap(), &data());
}

#[test]
fn sealed_twice_it_is_never_the_same() {
    let card = card(server_key().public());
    let mut rng = Known(1);
    let first = SealedToken::seal_to_card(&data(), &card, &mut rng).unwrap();
    let second = SealedToken::seal_to_card(&data(), &card, &mut rng).unwrap();
    assert_ne!(first, second);
    assert_ne!(body_of(&first.to_text())[9..41], body_of(&second.to_text())[9..41]);
}

#[test]
fn another_server_is_told_so() {
    let other = ServerPrivateKey::generate(&mut Known(9));
    let link = link(server_key().public());
    let for_activation = SealedToken::seal_for_activation(&data(), &link, &mut Known(1)).unwrap();
    let refused = for_activation.open_for_activation(&other, &link.secret).unwrap_err();
    assert_eq!(refused, Error::OtherServer);
    assert!(refused.to_string().contains("sealed to another server"));
    let card = card(server_key().public());
    let to_card = SealedToken::seal_to_card(&data(), &card, &mut Known(1)).unwrap();
    assert_eq!(to_card.open_with_card_key(&other).unwrap_err(), Error::OtherServer);
}

#[test]
fn another_key_under_the_same_key_id_does_not_open_it() {
    let (key, other) = (server_key(), ServerPrivateKey::generate(&mut Known(9)));
    let sealed = SealedToken::seal_to_card(&data(), &card(key.public()), &mut Known(1)).unwrap();
    let mut body = body_of(&sealed.to_text());
    body[1..9].copy_from_slice(other.public().key_id().as_bytes());
    let relabelled = SealedToken::parse(&frame("token", "1", &body)).unwrap();
    assert_eq!(relabelled.open_with_card_key(&other).unwrap_err(), Error::CannotOpen);
}

#[test]
fn another_activation_secret_does_not_open_it() {
    let (key, link) = (server_key(), link(server_key().public()));
    let sealed = SealedToken::seal_for_activation(&data(), &link, &mut Known(1)).unwrap();
    let other = ActivationSecret::generate(&mut Known(2));
    assert_eq!(sealed.open_for_activation(&key, &other).unwrap_err(), Error::CannotOpen);
}

#[test]
fn another_activation_id_does_not_open_it() {
    let (key, link) = (server_key(), link(server_key().public()));
    let sealed = SealedToken::seal_for_activation(&data(), &link, &mut Known(1)).unwrap();
    let mut body = body_of(&sealed.to_text());
    body[9..25].copy_from_slice(ActivationId::from_bytes([7; 16]).as_bytes());
    let moved = SealedToken::parse(&frame("token", "1", &body)).unwrap();
    assert_eq!(moved.activation(), Some(ActivationId::from_bytes([7; 16])));
    assert_eq!(moved.open_for_activation(&key, &link.secret).unwrap_err(), Error::CannotOpen);
}

#[test]
fn neither_mode_opens_as_the_other() {
    let (key, link) = (server_key(), link(server_key().public()));
    let psk = SealedToken::seal_for_activation(&data(), &link, &mut Known(1)).unwrap();
    assert_eq!(psk.open_with_card_key(&key).unwrap_err(), Error::CannotOpen);
    let base = SealedToken::seal_to_card(&data(), &card(key.public()), &mut Known(1)).unwrap();
    assert_eq!(base.open_for_activation(&key, &link.secret).unwrap_err(), Error::CannotOpen);
}

#[test]
fn the_mode_cannot_be_relabelled() {
    let (key, link) = (server_key(), link(server_key().public()));
    let psk = SealedToken::seal_for_activation(&data(), &link, &mut Known(1)).unwrap();
    let body = body_of(&psk.to_text());
    let as_base = [&[0], &body[1..9], &body[25..]].concat();
    let as_base = SealedToken::parse(&frame("token", "1", &as_base)).unwrap();
    assert_eq!(as_base.open_with_card_key(&key).unwrap_err(), Error::CannotOpen);

    let base = SealedToken::seal_to_card(&data(), &card(key.public()), &mut Known(1)).unwrap();
    let body = body_of(&base.to_text());
    let as_psk = [&[1], &body[1..9], link.activation.as_bytes(), &body[9..]].concat();
    let as_psk = SealedToken::parse(&frame("token", "1", &as_psk)).unwrap();
    assert_eq!(as_psk.open_for_activation(&key, &link.secret).unwrap_err(), Error::CannotOpen);

    for mode in 2..=u8::MAX {
        let unknown = [&[mode], &body[1..]].concat();
        let refused = SealedToken::parse(&frame("token", "1", &unknown)).unwrap_err();
        assert!(matches!(refused, Error::Malformed { .. }), "{refused}");
    }
}

#[test]
fn cut_inside_its_frame_it_is_refused() {
    let (key, link) = (server_key(), link(server_key().public()));
    let sealed = SealedToken::seal_for_activation(&data(), &link, &mut Known(1)).unwrap();
    let body = body_of(&sealed.to_text());
    for length in 0..body.len() {
        match SealedToken::parse(&frame("token", "1", &body[..length])) {
            Err(refused) => {
                assert!(length < 57 && matches!(refused, Error::Malformed { .. }), "{length}");
            }
            Ok(cut) => {
                assert!(length >= 57);
                let refused = cut.open_for_activation(&key, &link.secret).unwrap_err();
                assert_eq!(refused, Error::CannotOpen);
            }
        }
    }
    let longer = SealedToken::parse(&frame("token", "1", &[&body[..], &[0]].concat())).unwrap();
    assert_eq!(longer.open_for_activation(&key, &link.secret).unwrap_err(), Error::CannotOpen);
}

/// The checksum made right again: this is somebody who means harm.
#[test]
fn one_flipped_bit_under_a_right_checksum_does_not_open() {
    let (key, link) = (server_key(), link(server_key().public()));
    for sealed in [
        SealedToken::seal_for_activation(&data(), &link, &mut Known(1)).unwrap(),
        SealedToken::seal_to_card(&data(), &card(key.public()), &mut Known(1)).unwrap(),
    ] {
        let body = body_of(&sealed.to_text());
        for bit in 0..body.len() * 8 {
            let mut changed = body.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            let opened =
                SealedToken::parse(&frame("token", "1", &changed)).and_then(
                    |changed| match changed.activation() {
                        Some(_) => changed.open_for_activation(&key, &link.secret),
                        None => changed.open_with_card_key(&key),
                    },
                );
            assert!(opened.is_err(), "bit {bit}");
        }
    }
}

#[test]
fn a_key_that_is_none_cannot_be_sealed_to() {
    let none = ServerPublicKey::from_bytes([0; 32]);
    let refused = SealedToken::seal_to_card(&data(), &card(none), &mut Known(1)).unwrap_err();
    assert!(matches!(refused, Error::Malformed { .. }));
    assert!(refused.to_string().contains("public key"), "{refused}");
}

#[test]
fn the_field_rules_hold_under_the_seal() {
    let good = payload();
    assert_same(&open_payload(&good.to_string()).unwrap(), &data());
    for (field, value) in [
        ("credential_id", json!("CSST")),
        ("credential_id", json!(12)),
        ("seed", json!("AAAA")),
        ("seed", json!("MTIzNDU2Nzg5MDEyMzQ1Njc4OTA=")),
        ("seed", json!("A".repeat(88))),
        ("algorithm", json!("MD5")),
        ("algorithm", json!("sha1")),
        ("digits", json!(5)),
        ("digits", json!(9)),
        ("digits", json!("6")),
        ("period", json!(0)),
        ("period", json!(45)),
        ("name", json!("")),
        ("name", json!("x".repeat(65))),
        ("device", json!("two\nlines")),
        ("platform", json!("\u{202e}diordna")),
        ("platform", Value::Null),
    ] {
        let mut bad = good.clone();
        bad[field] = value.clone();
        let refused = open_payload(&bad.to_string()).unwrap_err();
        assert!(matches!(refused, Error::Malformed { .. }), "{field} {value}: {refused}");
    }
}

#[test]
fn missing_unknown_and_repeated_fields_are_refused_under_the_seal() {
    let good = payload();
    for field in good.as_object().unwrap().keys() {
        let mut bad = good.clone();
        bad.as_object_mut().unwrap().remove(field);
        assert!(matches!(open_payload(&bad.to_string()), Err(Error::Malformed { .. })), "{field}");
    }
    let mut more = good.clone();
    more["counter"] = json!(0);
    assert!(matches!(open_payload(&more.to_string()), Err(Error::Malformed { .. })));
    let text = good.to_string();
    let twice = text.replacen('{', r#"{"digits":6,"#, 1);
    assert!(matches!(open_payload(&twice), Err(Error::Malformed { .. })));
    for bad in ["", "[]", "\u{feff}{}", &format!("{text}x"), &text[1..]] {
        assert!(matches!(open_payload(bad), Err(Error::Malformed { .. })), "{bad:?}");
    }
}

#[test]
fn another_issuers_token_is_not_sealed() {
    let short = Seed::from_other_issuer(vec![1; 10].into()).unwrap();
    let long = Seed::from_other_issuer(vec![1; 65].into()).unwrap();
    let totp = Totp { period: Period::try_from(45).unwrap(), ..Totp::default() };
    let others = [
        ProvisioningData { seed: short, ..data() },
        ProvisioningData { seed: long, ..data() },
        ProvisioningData { totp, ..data() },
    ];
    for other in others {
        let key = server_key().public();
        let refused = SealedToken::seal_for_activation(&other, &link(key), &mut Known(1));
        assert!(matches!(refused, Err(Error::Malformed { .. })), "{other:?}");
        let refused = SealedToken::seal_to_card(&other, &card(key), &mut Known(1));
        assert!(matches!(refused, Err(Error::Malformed { .. })), "{other:?}");
    }
}

#[test]
fn another_writers_json_is_read() {
    let spaced = serde_json::to_string_pretty(&payload()).unwrap();
    assert_same(&open_payload(&spaced).unwrap(), &data());
    let escaped =
        payload().to_string().replace("MTIz", "\\u004dTIz").replace("phone", "ph\\u006fne");
    assert_same(&open_payload(&escaped).unwrap(), &data());
}

#[test]
fn what_debug_shows_has_no_secret() {
    let link = link(server_key().public());
    for shown in [
        format!("{:?}", data()),
        format!("{link:?}"),
        format!("{:?}", server_key()),
        format!("{:?}", link.secret),
    ] {
        assert!(shown.contains("redacted"), "{shown}");
        for secret in ["49, 50, 51", "64, 65, 66", "32, 33, 34", "ICEiIyQl", "MTIz"] {
            assert!(!shown.contains(secret), "{shown}");
        }
    }
    assert!(SEED.starts_with(&[49, 50, 51]));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(64) })]

    #[test]
    fn any_token_comes_through_either_mode(
        seed in prop::collection::vec(any::<u8>(), 16..=64),
        algorithm in prop::sample::select(vec![Algorithm::Sha1, Algorithm::Sha256, Algorithm::Sha512]),
        digits in prop::sample::select(vec![Digits::Six, Digits::Seven, Digits::Eight]),
        period in prop::sample::select(vec![Period::SECONDS_30, Period::SECONDS_60]),
        name in "[^\\p{C}\\p{Z}]([^\\p{C}\\p{Z}]| ){0,62}[^\\p{C}\\p{Z}]",
        random in any::<u64>(),
    ) {
        let mut rng = Known(random);
        let key = ServerPrivateKey::generate(&mut rng);
        let data = ProvisioningData {
            credential_id: oath::CredentialId::generate(&mut rng),
            seed: Seed::from_bytes(seed.into()).unwrap(),
            totp: Totp { algorithm, digits, period },
            name: name.parse().unwrap(),
            ..data()
        };
        let link = EnrolmentLink {
            activation: ActivationId::generate(&mut rng),
            secret: ActivationSecret::generate(&mut rng),
            ..link(key.public())
        };
        let sealed = SealedToken::seal_for_activation(&data, &link, &mut rng).unwrap();
        let carried = SealedToken::parse(&sealed.to_text()).unwrap();
        assert_same(&carried.open_for_activation(&key, &link.secret).unwrap(), &data);
        let sealed = SealedToken::seal_to_card(&data, &card(key.public()), &mut rng).unwrap();
        let carried = SealedToken::parse(&sealed.to_text()).unwrap();
        assert_same(&carried.open_with_card_key(&key).unwrap(), &data);
    }
}

/// The JSON under the seal of [`data`].
fn payload() -> Value {
    json!({
        "credential_id": "CSST4F7K92MQ",
        "seed": "MTIzNDU2Nzg5MDEyMzQ1Njc4OTA",
        "algorithm": "SHA1",
        "digits": 6,
        "period": 30,
        "name": "My phone",
        "device": "pixel-9",
        "platform": "android",
    })
}

/// Seals any text as `docs/formats.md` has it, without the crate, and opens it with the crate.
fn open_payload(payload: &str) -> Result<ProvisioningData, Error> {
    let (key, activation, secret) = (server_key(), [5; 16], counting_up(0x20));
    let public = key.public();
    let header = [&[1], public.key_id().as_bytes().as_slice(), &activation].concat();
    let (enc, ct) =
        hpke::single_shot_seal_with_rng::<ChaCha20Poly1305, HkdfSha256, X25519HkdfSha256>(
            &OpModeS::Psk(PskBundle::new(&secret, &activation).unwrap()),
            &PublicKey::from_bytes(public.as_bytes()).unwrap(),
            SEALED_TOKEN_INFO,
            payload.as_bytes(),
            &header,
            &mut Known(3),
        )
        .unwrap();
    let body = [&header[..], &enc.to_bytes(), &ct].concat();
    SealedToken::parse(&frame("token", "1", &body))
        .unwrap()
        .open_for_activation(&key, &ActivationSecret::from_bytes(secret))
}

fn assert_same(opened: &ProvisioningData, sealed: &ProvisioningData) {
    assert_eq!(opened.credential_id, sealed.credential_id);
    assert_eq!(opened.seed.expose_bytes(), sealed.seed.expose_bytes());
    assert_eq!(opened.totp, sealed.totp);
    assert_eq!(opened.name, sealed.name);
    assert_eq!(opened.device, sealed.device);
    assert_eq!(opened.platform, sealed.platform);
}
