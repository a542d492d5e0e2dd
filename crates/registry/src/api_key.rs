//! Relying parties: the programs that ask over the API, and the keys that show who they are.

use core::{fmt, str::FromStr};

use data_encoding::BASE64URL_NOPAD;
use oath::UnixTime;
use provisioning::Label;
use rand_core::CryptoRng;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::{
    event::{Actor, words},
    values::{ValueError, short_id},
};

/// How every key begins, so that one that leaked into a repository is recognised.
const PREFIX: &str = "csk_";

/// What a key lets its relying party do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scope {
    /// Let codes be judged.
    Verify,
    /// Read accounts, activations, tokens and requests.
    Read,
    /// Read the audit.
    Audit,
    /// Change tokens, and request some, at their owners' wish.
    Tokens,
    /// Enter accounts, and begin activations.
    Accounts,
}

words!(Scope {
    Verify = "verify",
    Read = "read",
    Audit = "audit",
    Tokens = "tokens",
    Accounts = "accounts",
});

impl FromStr for Scope {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, ValueError> {
        Self::ALL.iter().copied().find(|known| known.name() == text).ok_or(ValueError::Scope)
    }
}

short_id! {
    /// Names a key; no secret.
    ApiKeyId, ValueError::ApiKeyId
}

/// What a relying party shows with every request: an ID and 256 random bits. Only a SHA-256 of the
/// bits is stored: nobody guesses them, so that a slow hash would add nothing.
///
/// Zeroised on drop, neither `Clone` nor `Serialize`, redacted in `Debug`.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct ApiKey {
    #[zeroize(skip)]
    id: ApiKeyId,
    secret: [u8; 32],
}

impl ApiKey {
    pub(crate) fn generate(rng: &mut impl CryptoRng) -> Self {
        let mut key = Self { id: ApiKeyId::generate(rng), secret: [0; 32] };
        rng.fill_bytes(&mut key.secret);
        key
    }

    /// Which key it says that it is.
    #[must_use]
    pub const fn id(&self) -> &ApiKeyId {
        &self.id
    }

    /// The key as text, for the relying party alone.
    #[must_use]
    pub fn expose_text(&self) -> Zeroizing<String> {
        let secret = Zeroizing::new(BASE64URL_NOPAD.encode(&self.secret));
        Zeroizing::new(format!("{PREFIX}{}_{}", self.id, *secret))
    }

    pub(crate) fn digest(&self) -> [u8; 32] {
        Sha256::new().chain_update(b"api key").chain_update(self.secret).finalize().into()
    }
}

impl FromStr for ApiKey {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, ValueError> {
        let parts = text.strip_prefix(PREFIX).and_then(|rest| rest.split_once('_'));
        let (id, secret) = parts.ok_or(ValueError::ApiKey)?;
        if secret.len() > 64 {
            return Err(ValueError::ApiKey);
        }
        let bytes = BASE64URL_NOPAD.decode(secret.as_bytes()).map(Zeroizing::new);
        let bytes = bytes.map_err(|_| ValueError::ApiKey)?;
        let secret = bytes.as_slice().try_into().map_err(|_| ValueError::ApiKey)?;
        Ok(Self { id: id.parse().map_err(|_| ValueError::ApiKey)?, secret })
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ApiKey({}, redacted)", self.id)
    }
}

/// A key as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKeyRecord {
    /// Which key.
    pub id: ApiKeyId,
    /// Whose it is: the relying party's name, under which its answers are kept.
    pub party: Label,
    /// What it is good for.
    pub scopes: Vec<Scope>,
    /// What its secret gives.
    pub digest: [u8; 32],
    /// When it was made.
    pub made: UnixTime,
    /// From when on it is good no more; it may have been revoked.
    pub ends: Option<UnixTime>,
    /// When it was used last, to the minute.
    pub last_used: Option<UnixTime>,
    /// Counts the writes, for compare-and-set.
    pub version: u64,
}

impl ApiKeyRecord {
    /// Whether it is good at an instant.
    #[must_use]
    pub fn is_good(&self, now: UnixTime) -> bool {
        self.ends.is_none_or(|ends| now < ends)
    }

    /// Whether a key is this one; compared in constant time.
    pub(crate) fn is(&self, shown: &ApiKey) -> bool {
        self.id == shown.id && bool::from(self.digest.ct_eq(&shown.digest()))
    }
}

/// A relying party that has shown who it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RelyingParty {
    /// By which key.
    pub key: ApiKeyId,
    /// Its name.
    pub name: Label,
    /// What that key is good for.
    pub scopes: Vec<Scope>,
}

impl RelyingParty {
    /// Who the audit says it was.
    #[must_use]
    pub fn actor(&self) -> Actor {
        Actor::RelyingParty { name: self.name.clone(), signed_in: None }
    }
}

/// Why a key was not taken, or does not do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ApiKeyError {
    /// There is no such key, or its secret is another, or it is good no more: one answer for all.
    #[error(
        "this API key is not known here, or was revoked: check it, or ask whoever runs this server for a new one"
    )]
    NotGood,
    /// There is no key of this ID.
    #[error("there is no API key of this ID: see `countersign-server api-key list`")]
    Unknown,
    /// It is good no more, so that nothing can follow it.
    #[error("this API key is good no more: make a new one with `countersign-server api-key add`")]
    Over,
    /// It is not good for what was asked.
    #[error("this API key is not good for this: it needs the scope {0}")]
    Scope(Scope),
    /// It could not be found out.
    #[error(transparent)]
    Registry(#[from] crate::Error),
}

impl From<crate::StoreError> for ApiKeyError {
    fn from(error: crate::StoreError) -> Self {
        Self::Registry(error.into())
    }
}

#[cfg(test)]
mod tests {
    use getrandom::{SysRng, rand_core::UnwrapErr};

    use super::*;

    #[test]
    fn a_key_is_read_again_as_it_was_shown_and_nothing_else_is() {
        let key = ApiKey::generate(&mut UnwrapErr(SysRng));
        let text = key.expose_text();
        let again: ApiKey = text.parse().unwrap();
        assert_eq!((again.id(), again.digest()), (key.id(), key.digest()));
        assert!(!format!("{key:?}").contains(&text[21..]));
        for other in ["", "csk_", "csk__", &text[..text.len() - 1], &text[1..], &"csk_".repeat(999)]
        {
            assert_eq!(other.parse::<ApiKey>().unwrap_err(), ValueError::ApiKey, "{other}");
        }
    }
}
