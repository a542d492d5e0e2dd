//! PSKC files, read by a reader of their own, and the vector of `docs/formats.md`.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    missing_docs,
    reason = "a test fails by panicking, in its helpers too"
)]

use std::{collections::BTreeMap, convert::Infallible};

use aes::{
    Aes128,
    cipher::{BlockModeDecrypt, KeyIvInit, block_padding::Pkcs7},
};
use data_encoding::BASE64;
use hmac::{Hmac, KeyInit, Mac};
use oath::{Algorithm, Digits, Hotp, Period, Seed, Totp};
use provisioning::{Error, Label, OtpKind, PskcPassphrase, PskcToken};
use quick_xml::{Reader, events::Event};
use rand_core::{TryCryptoRng, TryRng};
use sha1::Sha1;

const DOCUMENT: &str = include_str!("../../../docs/formats.md");
const PASSPHRASE: &str = "correct horse battery staple";
const SEED: &[u8] = b"12345678901234567890";

/// Bytes that count up from zero, so that each random value of a file is another one.
struct CountingUp(u8);

impl TryRng for CountingUp {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        unreachable!("only bytes are asked for")
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        unreachable!("only bytes are asked for")
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        for byte in bytes {
            *byte = self.0;
            self.0 = self.0.wrapping_add(1);
        }
        Ok(())
    }
}

impl TryCryptoRng for CountingUp {}

fn written(seed: &[u8], kind: OtpKind, name: &str, issuer: Option<&str>) -> String {
    let seed = Seed::from_other_issuer(seed.to_vec().into()).unwrap();
    let name: Label = name.parse().unwrap();
    let issuer: Option<Label> = issuer.map(|issuer| issuer.parse().unwrap());
    let token =
        PskcToken { id: "CSST4F7K92MQ", seed: &seed, kind, name: &name, issuer: issuer.as_ref() };
    token.to_pskc(&passphrase(PASSPHRASE), &mut CountingUp(0))
}

fn passphrase(text: &str) -> PskcPassphrase {
    PskcPassphrase::parse(text).unwrap()
}

/// Every element and attribute that has text, by its path.
fn paths(xml: &str) -> BTreeMap<String, String> {
    let mut reader = Reader::from_str(xml);
    let (mut path, mut found) = (Vec::new(), BTreeMap::<String, String>::new());
    loop {
        let event = reader.read_event().unwrap();
        match &event {
            Event::Start(start) | Event::Empty(start) => {
                let local = start.local_name();
                path.push(local.as_ref().to_owned());
                for attribute in start.attributes() {
                    let attribute = attribute.unwrap();
                    let name = attribute.key.as_ref();
                    let value = quick_xml::escape::unescape(&attribute.value).unwrap();
                    found.insert(format!("{}@{name}", path.join("/")), value.into_owned());
                }
                if matches!(event, Event::Empty(_)) {
                    path.pop();
                }
            }
            Event::Text(text) if text.trim().is_empty() => {}
            Event::Text(text) => found.entry(path.join("/")).or_default().push_str(text),
            Event::GeneralRef(reference) => {
                let text = quick_xml::escape::resolve_xml_entity(reference).unwrap();
                found.entry(path.join("/")).or_default().push_str(text);
            }
            Event::End(_) => drop(path.pop()),
            Event::Eof => return found,
            _ => {}
        }
    }
}

/// The seed of a file, its MAC checked, as RFC 6030 says and without the crate.
fn seed_of(found: &BTreeMap<String, String>, passphrase: &str) -> Option<Vec<u8>> {
    let at = |path: &str| found[&format!("KeyContainer/{path}")].as_str();
    let bytes = |path: &str| BASE64.decode(at(path).as_bytes()).unwrap();
    let params = "EncryptionKey/DerivedKey/KeyDerivationMethod/PBKDF2-params";
    let salt = bytes(&format!("{params}/Salt/Specified"));
    let iterations = at(&format!("{params}/IterationCount")).parse().unwrap();
    assert_eq!(at(&format!("{params}/KeyLength")), "16");
    let mut key = [0; 16];
    pbkdf2::pbkdf2_hmac::<Sha1>(passphrase.as_bytes(), &salt, iterations, &mut key);
    let mac_key = decrypt(&key, &bytes("MACMethod/MACKey/CipherData/CipherValue"))?;
    let secret = "KeyPackage/Key/Data/Secret";
    let encrypted = bytes(&format!("{secret}/EncryptedValue/CipherData/CipherValue"));
    <Hmac<Sha1> as KeyInit>::new_from_slice(&mac_key)
        .unwrap()
        .chain_update(&encrypted)
        .verify_slice(&bytes(&format!("{secret}/ValueMAC")))
        .ok()?;
    decrypt(&key, &encrypted)
}

fn decrypt(key: &[u8; 16], value: &[u8]) -> Option<Vec<u8>> {
    let (iv, ciphertext) = value.split_first_chunk::<16>()?;
    cbc::Decryptor::<Aes128>::new(key.into(), iv.into())
        .decrypt_padded_vec::<Pkcs7>(ciphertext)
        .ok()
}

/// The text of a block of the document.
fn block(name: &str) -> &'static str {
    let (_, after) = DOCUMENT.split_once(&format!("```{name}\n")).unwrap();
    after.split_once("```").unwrap().0
}

#[test]
fn the_documented_file() {
    let file = written(
        SEED,
        OtpKind::Totp(Totp { algorithm: Algorithm::Sha256, ..Totp::default() }),
        "My phone",
        Some("Example Clinic"),
    );
    assert_eq!(file, block("xml pskc"));
    assert_eq!(seed_of(&paths(&file), PASSPHRASE).unwrap(), SEED);
}

#[test]
fn every_kind_of_token_comes_through() {
    let counted =
        |algorithm, digits, counter| OtpKind::Hotp { hotp: Hotp { algorithm, digits }, counter };
    let timed = |algorithm, digits, seconds| {
        let period = Period::try_from(seconds).unwrap();
        OtpKind::Totp(Totp { algorithm, digits, period })
    };
    let key = "KeyContainer/KeyPackage/Key";
    for (seed, kind, algorithm, suite, digits, moving) in [
        (1, timed(Algorithm::Sha1, Digits::Six, 30), "totp", None, "6", ("TimeInterval", "30")),
        (
            16,
            timed(Algorithm::Sha512, Digits::Eight, 60),
            "totp",
            Some("SHA512"),
            "8",
            ("TimeInterval", "60"),
        ),
        (128, counted(Algorithm::Sha1, Digits::Seven, 0), "hotp", None, "7", ("Counter", "0")),
        (
            20,
            counted(Algorithm::Sha256, Digits::Six, u64::MAX),
            "hotp",
            Some("SHA256"),
            "6",
            ("Counter", "18446744073709551615"),
        ),
    ] {
        let seed: Vec<u8> = (0..seed).collect();
        let found = paths(&written(&seed, kind, "a", None));
        let get = |path: &str| found.get(&format!("{key}{path}")).map(String::as_str);
        let profile = format!("urn:ietf:params:xml:ns:keyprov:pskc:{algorithm}");
        assert_eq!(get("@Algorithm"), Some(profile.as_str()));
        assert_eq!(get("/AlgorithmParameters/Suite"), suite);
        assert_eq!(get("/AlgorithmParameters/ResponseFormat@Length"), Some(digits));
        assert_eq!(get(&format!("/Data/{}/PlainValue", moving.0)), Some(moving.1));
        assert_eq!(get("/Issuer"), None);
        assert_eq!(seed_of(&found, PASSPHRASE).unwrap(), seed);
    }
}

#[test]
fn another_passphrase_and_a_changed_value_do_not_open() {
    let found = paths(&written(SEED, OtpKind::Totp(Totp::default()), "a", None));
    for other in ["correct horse battery stapl", "Correct horse battery staple", ""] {
        assert_eq!(seed_of(&found, other), None);
    }
    let value = "KeyContainer/KeyPackage/Key/Data/Secret/EncryptedValue/CipherData/CipherValue";
    let mut bytes = BASE64.decode(found[value].as_bytes()).unwrap();
    bytes[0] ^= 1;
    let mut changed = found.clone();
    changed.insert(value.to_owned(), BASE64.encode(&bytes));
    assert_eq!(seed_of(&changed, PASSPHRASE), None, "the MAC covers the IV");
}

#[test]
fn no_name_breaks_the_xml() {
    let name = r#"<a b="c">&amp;'d' ]]> Zoë 🔑"#;
    let found = paths(&written(SEED, OtpKind::Totp(Totp::default()), name, Some(name)));
    assert_eq!(found["KeyContainer/KeyPackage/Key/FriendlyName"], name);
    assert_eq!(found["KeyContainer/KeyPackage/Key/Issuer"], name);
    let plain = paths(&written(SEED, OtpKind::Totp(Totp::default()), "a", Some("a")));
    assert_eq!(found.len(), plain.len());
}

#[test]
fn each_file_has_its_own_random_values() {
    let found = paths(&written(SEED, OtpKind::Totp(Totp::default()), "a", None));
    let salt =
        "KeyContainer/EncryptionKey/DerivedKey/KeyDerivationMethod/PBKDF2-params/Salt/Specified";
    let mac_key = "KeyContainer/MACMethod/MACKey/CipherData/CipherValue";
    let value = "KeyContainer/KeyPackage/Key/Data/Secret/EncryptedValue/CipherData/CipherValue";
    let first = |path: &str| BASE64.decode(found[path].as_bytes()).unwrap()[..16].to_vec();
    // Salt, then the MAC key (20 bytes), then the IVs.
    assert_eq!(first(salt), (0..16).collect::<Vec<u8>>());
    assert_eq!(first(mac_key), (36..52).collect::<Vec<u8>>());
    assert_eq!(first(value), (52..68).collect::<Vec<u8>>());
}

#[test]
fn a_passphrase_that_is_no_good_is_refused() {
    let long = "ab".repeat(64);
    for good in ["twelve chars", " two spaces ", "contraseña ñ", &long] {
        assert!(PskcPassphrase::parse(good).is_ok(), "{good}");
    }
    let longer = format!("{long}c");
    let same = "a".repeat(20);
    for bad in
        ["", "eleven char", "contraseña", "with a\nnew line", "zero\0zero zero", &longer, &same]
    {
        assert_eq!(PskcPassphrase::parse(bad).unwrap_err(), Error::PskcPassphrase, "{bad:?}");
    }
    assert_eq!(format!("{:?}", passphrase(PASSPHRASE)), "PskcPassphrase(redacted)");
}
