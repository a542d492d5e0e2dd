//! What makes a second submit the same submit.

use core::str::FromStr;

use data_encoding::BASE64URL_NOPAD;
use provisioning::Label;
use rand_core::CryptoRng;
use sha2::{Digest, Sha256};

use super::ValueError;

/// Names one submit of a form, so that sending it twice gives the same answer twice. 1 to 64
/// letters, digits, dashes and underscores.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct IdempotencyKey(String);

impl IdempotencyKey {
    const MAX_LENGTH: usize = 64;

    /// Makes a new random key, for a form that is about to be shown.
    #[must_use]
    pub fn generate(rng: &mut impl CryptoRng) -> Self {
        let mut key = [0; 16];
        rng.fill_bytes(&mut key);
        Self(BASE64URL_NOPAD.encode(&key))
    }

    /// What a relying party's request under this key makes is known by: no other party's, and no form's.
    #[must_use]
    pub fn of_party(&self, party: &Label) -> Self {
        let whole = format!("relying party {}\n{}", self.0, party.as_str());
        Self(BASE64URL_NOPAD.encode(&Sha256::digest(whole.as_bytes())))
    }

    /// The key as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for IdempotencyKey {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, ValueError> {
        let fits = (1..=Self::MAX_LENGTH).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
        if fits { Ok(Self(text.to_owned())) } else { Err(ValueError::IdempotencyKey) }
    }
}
