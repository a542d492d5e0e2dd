//! The test vectors of `docs/formats.md`, read from that file.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers too")]

mod common;

use std::collections::BTreeMap;

use common::{DOCUMENT, Replay, block, card, data, link};
use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use oath::{Algorithm, CredentialId, Digits, Period, Seed, SerialNumber, Totp, UnixTime};
use provisioning::{ActivationSecret, EnrolmentLink, IssuerCard, SealedToken, ServerPrivateKey};
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ServerKey {
    private_key: String,
    public_key: String,
    key_id: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Framed {
    json: String,
    text: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Sealed {
    ikm_e: String,
    activation: Option<String>,
    secret: Option<String>,
    plaintext: String,
    enc: String,
    text: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OfToken {
    seed: String,
    algorithm: Algorithm,
    digits: Digits,
    period: Period,
    at: UnixTime,
    code: String,
}

#[test]
fn server_key() {
    let vector: ServerKey = block("server-key");
    let public = key().public();
    assert_eq!(HEXLOWER.encode(public.as_bytes()), vector.public_key);
    assert_eq!(public.key_id().to_string(), vector.key_id);
}

#[test]
fn enrolment_link() {
    let vector: Framed = block("enrolment-link");
    let written = link(key().public()).to_text();
    assert_eq!(*written, vector.text);
    assert_eq!(common::body_of(&vector.text), vector.json.as_bytes());
    assert_eq!(common::frame("enrol", "1", vector.json.as_bytes()), vector.text);
    let read = EnrolmentLink::parse(&vector.text).unwrap();
    assert_eq!(*read.to_text(), vector.text);
}

#[test]
fn issuer_card() {
    let vector: Framed = block("issuer-card");
    let card = card(key().public());
    assert_eq!(card.to_text(), vector.text);
    assert_eq!(common::body_of(&vector.text), vector.json.as_bytes());
    assert_eq!(common::frame("issuer", "1", vector.json.as_bytes()), vector.text);
    assert_eq!(IssuerCard::parse(&vector.text).unwrap(), card);
}

#[test]
fn sealed_token_in_base_mode() {
    let vector: Sealed = block("sealed-token-base");
    let sealed =
        SealedToken::seal_to_card(&data(), &card(key().public()), &mut vector.replay()).unwrap();
    assert_eq!(sealed.to_text(), vector.text);
    let read = SealedToken::parse(&vector.text).unwrap();
    assert_eq!(read, sealed);
    assert_eq!(read.activation(), None);
    check_layout(&vector, &read, 9);
    assert_is_the_data(&read.open_with_card_key(&key()).unwrap(), &vector);
}

#[test]
fn sealed_token_in_psk_mode() {
    let vector: Sealed = block("sealed-token-psk");
    let link = link(key().public());
    let sealed = SealedToken::seal_for_activation(&data(), &link, &mut vector.replay()).unwrap();
    assert_eq!(sealed.to_text(), vector.text);
    let read = SealedToken::parse(&vector.text).unwrap();
    assert_eq!(read, sealed);
    assert_eq!(read.activation().unwrap().to_string(), vector.activation.clone().unwrap());
    check_layout(&vector, &read, 25);
    let secret = vector.secret.as_ref().unwrap().as_bytes();
    let secret = BASE64URL_NOPAD.decode(secret).unwrap().try_into().unwrap();
    let secret = ActivationSecret::from_bytes(secret);
    assert_is_the_data(&read.open_for_activation(&key(), &secret).unwrap(), &vector);
}

#[test]
fn sealed_token_with_another_hash_more_digits_and_a_longer_step() {
    let vector: Sealed = block("sealed-token-eight-digits");
    let read = SealedToken::parse(&vector.text).unwrap().open_with_card_key(&key()).unwrap();
    let plaintext: BTreeMap<String, serde_json::Value> =
        serde_json::from_str(&vector.plaintext).unwrap();
    assert_eq!(read.totp.algorithm, Algorithm::Sha256);
    assert_eq!(read.totp.digits, Digits::Eight);
    assert_eq!(read.totp.period, Period::SECONDS_60);
    assert_eq!(BASE64URL_NOPAD.encode(read.seed.expose_bytes()), plaintext["seed"]);
    assert_eq!(read.credential_id.as_str(), plaintext["credential_id"]);
    for (label, field) in
        [(&read.name, "name"), (&read.device, "device"), (&read.platform, "platform")]
    {
        assert_eq!(label.as_str(), plaintext[field]);
    }
    let again = SealedToken::seal_to_card(&read, &card(key().public()), &mut vector.replay());
    assert_eq!(again.unwrap().to_text(), vector.text);
}

#[test]
fn codes() {
    let vectors: Vec<OfToken> = block("codes");
    assert!(vectors.len() >= 6);
    for OfToken { seed, algorithm, digits, period, at, code } in vectors {
        let seed = BASE64URL_NOPAD.decode(seed.as_bytes()).unwrap();
        let made =
            Totp { algorithm, digits, period }.code_at(&Seed::from_bytes(seed.into()).unwrap(), at);
        assert_eq!(made.expose_digits(), code, "{algorithm} at {at}");
    }
}

#[test]
fn credential_ids() {
    let vectors: BTreeMap<String, Option<String>> = block("credential-ids");
    assert!(!vectors.is_empty());
    for (typed, expected) in vectors {
        let read = typed.parse::<CredentialId>().ok().map(|id| id.as_str().to_owned());
        assert_eq!(read, expected, "{typed}");
    }
}

#[test]
fn serial_numbers() {
    type Told = (String, Option<String>, Option<String>);
    let vectors: BTreeMap<String, Option<Told>> = block("serial-numbers");
    assert!(!vectors.is_empty());
    for (typed, expected) in vectors {
        let read = typed.parse::<SerialNumber>().ok().map(|serial| {
            let manufacturer = serial.manufacturer().map(|known| known.to_string());
            let token_type = serial.token_type().map(|known| known.to_string());
            (serial.as_str().to_owned(), manufacturer, token_type)
        });
        assert_eq!(read, expected, "{typed}");
    }
}

impl Sealed {
    fn replay(&self) -> Replay {
        Replay(HEXLOWER.decode(self.ikm_e.as_bytes()).unwrap().try_into().unwrap())
    }
}

fn check_layout(vector: &Sealed, read: &SealedToken, header: usize) {
    let body = common::body_of(&vector.text);
    assert_eq!(body[0], u8::from(vector.activation.is_some()));
    assert_eq!(&body[1..9], read.key_id().as_bytes());
    assert_eq!(read.key_id(), key().public().key_id());
    if let Some(activation) = read.activation() {
        assert_eq!(&body[9..25], activation.as_bytes());
    }
    assert_eq!(HEXLOWER.encode(&body[header..header + 32]), vector.enc);
    assert_eq!(body.len(), header + 32 + vector.plaintext.len() + 16);
}

fn assert_is_the_data(opened: &provisioning::ProvisioningData, vector: &Sealed) {
    let expected = data();
    assert_eq!(opened.credential_id, expected.credential_id);
    assert_eq!(opened.seed.expose_bytes(), expected.seed.expose_bytes());
    assert_eq!(opened.totp, expected.totp);
    assert_eq!(opened.name, expected.name);
    assert_eq!(opened.device, expected.device);
    assert_eq!(opened.platform, expected.platform);
    let code = opened.totp.code_at(&opened.seed, UnixTime(59)).expose_digits();
    assert!(DOCUMENT.contains(&format!("is `{code}`, as in RFC 4226")));
    let json: serde_json::Value = serde_json::from_str(&vector.plaintext).unwrap();
    assert_eq!(json["name"], opened.name.as_str());
}

fn key() -> ServerPrivateKey {
    let vector: ServerKey = block("server-key");
    let bytes = HEXLOWER.decode(vector.private_key.as_bytes()).unwrap();
    ServerPrivateKey::from_bytes(bytes.try_into().unwrap())
}
