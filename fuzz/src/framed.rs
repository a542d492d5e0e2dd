//! Texts in our own frame. Its checksum would keep every changed body out, so that what does not begin
//! like such a text is taken for the body of one.

use std::borrow::Cow;

use data_encoding::BASE64URL_NOPAD;
use hpke::{
    Deserializable, OpModeS, Serializable, aead::ChaCha20Poly1305, kdf::HkdfSha256,
    kem::X25519HkdfSha256,
};
use oath::{Seed, UnixTime};
use provisioning::{
    ActivationSecret, AppRequest, EnrolmentLink, IssuerCard, SealedToken, ServerPrivateKey, qr,
};
use rand::{SeedableRng as _, rngs::StdRng};
use sha2::{Digest, Sha256};

/// The key and the secret of the test vectors in docs/formats.md, so that those open.
const SERVER_KEY: [u8; 32] = counting_from(0x40);
const ACTIVATION_SECRET: [u8; 32] = counting_from(0x20);

const fn counting_from(first: u8) -> [u8; 32] {
    let mut bytes = [0; 32];
    let mut n = 0;
    while n < bytes.len() {
        bytes[n] = first + n as u8;
        n += 1;
    }
    bytes
}

/// An enrolment link that somebody clicked, scanned or pasted.
pub fn enrolment_link(bytes: &[u8]) {
    let text = framed("countersign://enrol#", bytes);
    let Ok(link) = EnrolmentLink::parse(&text) else { return };
    let written = link.to_text();
    let again = EnrolmentLink::parse(&written).expect("it reads what it wrote");
    assert_eq!(again.to_text(), written);
    let _ = link.check_expiry(UnixTime(u64::MAX));
    let _ = qr::svg(&written);
}

/// An issuer card that somebody pasted.
pub fn issuer_card(bytes: &[u8]) {
    let text = framed("countersign://issuer#", bytes);
    let Ok(card) = IssuerCard::parse(&text) else { return };
    assert_eq!(IssuerCard::parse(&card.to_text()).as_ref(), Ok(&card));
}

/// Provisioning data as anybody may send them: the seal and its header.
pub fn sealed_token(bytes: &[u8]) {
    let text = framed("countersign://token#", bytes);
    let Ok(sealed) = SealedToken::parse(&text) else { return };
    assert_eq!(SealedToken::parse(&sealed.to_text()).as_ref(), Ok(&sealed));
    let key = ServerPrivateKey::from_bytes(SERVER_KEY);
    let _ = sealed.open_for_activation(&key, &ActivationSecret::from_bytes(ACTIVATION_SECRET));
    let _ = sealed.open_with_card_key(&key);
}

/// What is under the seal: whoever was invited can put any bytes there.
pub fn provisioning_data(bytes: &[u8]) {
    let key = ServerPrivateKey::from_bytes(SERVER_KEY);
    let mut rng = StdRng::seed_from_u64(1);
    let header = [&[0], key.public().key_id().as_bytes().as_slice()].concat();
    let to = <X25519HkdfSha256 as hpke::Kem>::PublicKey::from_bytes(key.public().as_bytes())
        .expect("it is a key");
    let (encapsulated, ciphertext) =
        hpke::single_shot_seal_with_rng::<ChaCha20Poly1305, HkdfSha256, X25519HkdfSha256>(
            &OpModeS::Base,
            &to,
            b"countersign sealed token 1",
            bytes,
            &header,
            &mut rng,
        )
        .expect("any bytes can be sealed");
    let body = [header, encapsulated.to_bytes().to_vec(), ciphertext].concat();
    let Ok(sealed) = SealedToken::parse(&framed("countersign://token#", &body)) else { return };
    let Ok(data) = sealed.open_with_card_key(&key) else { return };
    let card = IssuerCard { issuer: "Clinic".parse().expect("a name"), key: key.public() };
    let again = SealedToken::seal_to_card(&data, &card, &mut rng).expect("what was read is good");
    let again = again.open_with_card_key(&key).expect("it opens what it sealed");
    assert_eq!(again.credential_id, data.credential_id);
    assert_eq!(again.seed.expose_bytes(), data.seed.expose_bytes());
}

/// What an app asks, with a MAC that anybody may have made.
pub fn app_request(bytes: &[u8]) {
    let text = framed("countersign://app#", bytes);
    let Ok(request) = AppRequest::parse(&text) else { return };
    let written = request.to_text();
    let again = AppRequest::parse(&written).expect("it reads what it wrote");
    assert_eq!(again.to_text(), written);
    let seed = Seed::from_bytes(vec![1; 20].into()).expect("a seed");
    let _ = request.check(&seed);
}

fn framed<'a>(prefix: &str, bytes: &'a [u8]) -> Cow<'a, str> {
    match str::from_utf8(bytes) {
        Ok(text) if text.trim_start().get(..12).is_some_and(is_ours) => Cow::Borrowed(text),
        _ => Cow::Owned(frame(prefix, bytes)),
    }
}

fn is_ours(beginning: &str) -> bool {
    beginning.eq_ignore_ascii_case("countersign:")
}

/// The text with this body, as docs/formats.md has it.
fn frame(prefix: &str, body: &[u8]) -> String {
    let digest =
        Sha256::new().chain_update(prefix).chain_update("1.").chain_update(body).finalize();
    let framed = [body, &digest[..4]].concat();
    format!("{prefix}1.{}", BASE64URL_NOPAD.encode(&framed))
}
