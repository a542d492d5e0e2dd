//! The entries `credential:ID`: metadata and seed, sealed under the vault key.
//!
//! Value: base64 of `version (1) || nonce (24) || ciphertext || tag (16)`. The version and the
//! credential ID are the associated data, so that no entry passes for another one.

use data_encoding::BASE64;
use oath::{Algorithm, CredentialId, Digits, Hotp, Seed, Totp, UnixTime};
use provisioning::{
    ActivationId, ActivationSecret, EnrolmentLink, IssuerName, Label, OtpKind, PinPolicy,
    ServerPublicKey, ServerUrl,
};
use rand_core::CryptoRng;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::{
    Credential, CredentialKind, Enrolment, Error, Keyring, LastState, LogLine,
    entry::{read_text, write_text},
    keyring_port::VALUE_LIMIT,
    seal,
    vault_key::VaultKey,
};

const VERSION: u8 = 1;

/// Longer than any plaintext, so that no buffer of secrets moves while it grows.
const PLAINTEXT_CAPACITY: usize = 8 * 1024;

/// The entry's name in the keyring.
pub(crate) fn name(id: CredentialId) -> String {
    format!("credential:{}", id.as_str())
}

/// A credential as the keyring has it.
pub(crate) struct SealedCredential {
    id: CredentialId,
    bytes: Vec<u8>,
}

impl SealedCredential {
    /// Seals a credential and its seed, after dropping as many of the oldest lines of its log as
    /// do not fit into an entry.
    pub(crate) fn seal(
        key: &VaultKey,
        credential: &mut Credential,
        seed: &Seed,
        rng: &mut impl CryptoRng,
    ) -> Self {
        let id = credential.id;
        let mut plaintext = to_json(credential, seed);
        while !fits(plaintext.len()) && !credential.log.is_empty() {
            credential.log.remove(0);
            plaintext = to_json(credential, seed);
        }
        let mut bytes = vec![VERSION];
        bytes.extend(seal::seal(key.expose_bytes(), &plaintext, &associated_data(id), rng));
        Self { id, bytes }
    }

    /// What it says; [`Error::Damaged`] if it was changed or is another credential's.
    pub(crate) fn open(&self, key: &VaultKey) -> Result<(Credential, Seed), Error> {
        let damaged = || Error::damaged(&name(self.id));
        let sealed = self.bytes.get(1..).ok_or_else(damaged)?;
        let plaintext = seal::open(key.expose_bytes(), sealed, &associated_data(self.id))
            .ok_or_else(damaged)?;
        from_json(self.id, &plaintext).ok_or_else(damaged)
    }

    pub(crate) fn read(keyring: &dyn Keyring, id: CredentialId) -> Result<Self, Error> {
        let name = name(id);
        let damaged = || Error::damaged(&name);
        let text = read_text(keyring, &name)?.ok_or_else(damaged)?;
        let bytes = BASE64.decode(text.as_bytes()).map_err(|_| damaged())?;
        match bytes.first() {
            Some(&VERSION) => Ok(Self { id, bytes }),
            Some(&found) => Err(Error::UnknownVersion { entry: name, found: found.into() }),
            None => Err(damaged()),
        }
    }

    pub(crate) fn write(&self, keyring: &dyn Keyring) -> Result<(), Error> {
        write_text(keyring, &name(self.id), &BASE64.encode(&self.bytes))
    }
}

/// Whether a plaintext of so many bytes fits into an entry, sealed and in base64.
fn fits(plaintext: usize) -> bool {
    BASE64.encode_len(1 + seal::OVERHEAD + plaintext) < VALUE_LIMIT
}

fn associated_data(id: CredentialId) -> Vec<u8> {
    [b"countersign credential ".as_slice(), &[VERSION], id.as_str().as_bytes()].concat()
}

/// The JSON under the seal. No tagged enum stands in it: `serde` would copy its secrets into
/// buffers that nobody zeroises.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written<'a> {
    seed: &'a str,
    name: Label,
    issuer: Option<IssuerName>,
    totp: Option<Totp>,
    hotp: Option<Counted>,
    created: UnixTime,
    #[serde(borrow)]
    pending: Option<Pending<'a>>,
    sent: Option<Sent>,
    last_state: Option<LastState>,
    log: Vec<LogLine>,
}

/// Counter-based codes.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Counted {
    algorithm: Algorithm,
    digits: Digits,
    counter: u64,
}

/// An enrolment link, field by field: its text would not fit into the entry beside long names.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Pending<'a> {
    server: ServerUrl,
    issuer: IssuerName,
    key: ServerPublicKey,
    activation: ActivationId,
    secret: &'a str,
    expires: UnixTime,
    pin_length: PinPolicy,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Sent {
    server: ServerUrl,
    at: UnixTime,
}

#[expect(clippy::expect_used, reason = "a struct of strings and numbers always serialises")]
fn to_json(credential: &Credential, seed: &Seed) -> Zeroizing<Vec<u8>> {
    let seed = Zeroizing::new(BASE64.encode(seed.expose_bytes()));
    let secret = match &credential.enrolment {
        Enrolment::Pending(link) => Zeroizing::new(BASE64.encode(link.secret.expose_bytes())),
        Enrolment::None | Enrolment::Sent { .. } => Zeroizing::default(),
    };
    let (pending, sent) = match &credential.enrolment {
        Enrolment::None => (None, None),
        Enrolment::Pending(link) => (Some(Pending::of(link, &secret)), None),
        Enrolment::Sent { server, at } => (None, Some(Sent { server: server.clone(), at: *at })),
    };
    let written = Written {
        seed: &seed,
        name: credential.name.clone(),
        issuer: credential.issuer.clone(),
        totp: credential.totp(),
        hotp: Counted::of(credential.kind),
        created: credential.created,
        pending,
        sent,
        last_state: credential.last_state,
        log: credential.log.clone(),
    };
    let mut json = Zeroizing::new(Vec::with_capacity(PLAINTEXT_CAPACITY));
    serde_json::to_writer(&mut *json, &written)
        .expect("a struct of strings and numbers always serialises");
    json
}

fn from_json(id: CredentialId, json: &[u8]) -> Option<(Credential, Seed)> {
    let written: Written<'_> = serde_json::from_slice(json).ok()?;
    let enrolment = match (written.pending, written.sent) {
        (None, None) => Enrolment::None,
        (Some(pending), None) => Enrolment::Pending(pending.into_link()?),
        (None, Some(Sent { server, at })) => Enrolment::Sent { server, at },
        (Some(_), Some(_)) => return None,
    };
    let seed = BASE64.decode(written.seed.as_bytes()).map(Zeroizing::new).ok()?;
    let otp = match (written.totp, written.hotp) {
        (Some(totp), None) => OtpKind::Totp(totp),
        (None, Some(counted)) => counted.into_kind(),
        (None, None) | (Some(_), Some(_)) => return None,
    };
    let enrolled = !matches!(enrolment, Enrolment::None) || written.last_state.is_some();
    let (kind, seed) = match otp {
        _ if id.is_of_other_issuer() && enrolled => return None,
        other if id.is_of_other_issuer() => {
            (CredentialKind::Other(other), Seed::from_other_issuer(seed).ok()?)
        }
        OtpKind::Totp(totp) => (CredentialKind::Own(totp), Seed::from_bytes(seed).ok()?),
        OtpKind::Hotp { .. } => return None,
    };
    let credential = Credential {
        id,
        name: written.name,
        issuer: written.issuer,
        kind,
        enrolment,
        created: written.created,
        last_state: written.last_state,
        log: written.log,
    };
    Some((credential, seed))
}

impl Counted {
    fn of(kind: CredentialKind) -> Option<Self> {
        match kind {
            CredentialKind::Other(OtpKind::Hotp { hotp, counter }) => {
                Some(Self { algorithm: hotp.algorithm, digits: hotp.digits, counter })
            }
            CredentialKind::Own(_) | CredentialKind::Other(OtpKind::Totp(_)) => None,
        }
    }

    fn into_kind(self) -> OtpKind {
        let hotp = Hotp { algorithm: self.algorithm, digits: self.digits };
        OtpKind::Hotp { hotp, counter: self.counter }
    }
}

impl<'a> Pending<'a> {
    fn of(link: &EnrolmentLink, secret: &'a str) -> Self {
        Self {
            server: link.server.clone(),
            issuer: link.issuer.clone(),
            key: link.key,
            activation: link.activation,
            secret,
            expires: link.expires,
            pin_length: link.pin,
        }
    }

    fn into_link(self) -> Option<EnrolmentLink> {
        let secret = BASE64.decode(self.secret.as_bytes()).map(Zeroizing::new).ok()?;
        Some(EnrolmentLink {
            server: self.server,
            issuer: self.issuer,
            key: self.key,
            activation: self.activation,
            secret: ActivationSecret::from_bytes(secret.as_slice().try_into().ok()?),
            expires: self.expires,
            pin: self.pin_length,
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const SEED: &str = "MTIzNDU2Nzg5MDEyMzQ1Njc4OTA=";
    const SHORT_SEED: &str = "MTIzNDU2Nzg5MA==";

    /// A credential's JSON with some fields replaced, and whether it is read.
    fn is_read(id: &str, replaced: &Value) -> bool {
        let mut json = json!({
            "seed": SEED, "name": "a", "issuer": null, "hotp": null, "created": 0,
            "totp": { "algorithm": "SHA1", "digits": 6, "period": 30 },
            "pending": null, "sent": null, "last_state": null, "log": [],
        });
        for (field, value) in replaced.as_object().unwrap() {
            json[field] = value.clone();
        }
        from_json(id.parse().unwrap(), json.to_string().as_bytes()).is_some()
    }

    #[test]
    fn what_a_token_of_ours_and_what_another_issuers_account_may_be() {
        let counted = json!({ "algorithm": "SHA1", "digits": 6, "counter": 0 });
        let sent = json!({ "server": "https://rx.example", "at": 0 });
        let state = json!({ "state": "active", "at": 0, "sync_minute": null });
        let log =
            json!([{ "at": 0, "what": "refused", "reason": "no" }, { "at": 1, "what": "made" }]);
        for (replaced, ours, other) in [
            (json!({}), true, true),
            (json!({ "log": log }), true, true),
            (json!({ "seed": SHORT_SEED }), false, true),
            (json!({ "seed": "" }), false, false),
            (json!({ "hotp": counted, "totp": null }), false, true),
            (json!({ "hotp": counted }), false, false),
            (json!({ "totp": null }), false, false),
            (json!({ "sent": sent }), true, false),
            (json!({ "last_state": state }), true, false),
            (json!({ "log": [{ "at": 0, "what": "unheard-of" }] }), false, false),
            (json!({ "log": null }), false, false),
            (json!({ "more": 1 }), false, false),
        ] {
            assert_eq!(is_read("CSST4F7K92MQ", &replaced), ours, "{replaced}");
            assert_eq!(is_read("OTHR4F7K92MQ", &replaced), other, "{replaced}");
        }
    }
}
