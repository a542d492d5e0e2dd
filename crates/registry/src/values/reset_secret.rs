//! What a link for a new passphrase ends with, and what the store keeps of it.

use core::{fmt, str::FromStr};

use data_encoding::BASE64URL_NOPAD;
use rand_core::CryptoRng;
use sha2::{Digest, Sha256};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::ValueError;

const LENGTH: usize = 16;

/// 128 random bits. Only a SHA-256 of them is stored.
///
/// Zeroised on drop, neither `Clone` nor `Serialize`, redacted in `Debug`.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct ResetSecret([u8; LENGTH]);

impl ResetSecret {
    pub(crate) fn generate(rng: &mut impl CryptoRng) -> Self {
        let mut secret = Self([0; LENGTH]);
        rng.fill_bytes(&mut secret.0);
        secret
    }

    /// The secret as text, for the end of a link.
    #[must_use]
    pub fn expose_text(&self) -> Zeroizing<String> {
        Zeroizing::new(BASE64URL_NOPAD.encode(&self.0))
    }

    pub(crate) fn id(&self) -> ResetId {
        let hash = Sha256::new().chain_update(b"passphrase reset").chain_update(self.0);
        ResetId(hash.finalize().into())
    }
}

impl FromStr for ResetSecret {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, ValueError> {
        if text.len() > 64 {
            return Err(ValueError::ResetSecret);
        }
        let bytes = BASE64URL_NOPAD.decode(text.as_bytes()).map(Zeroizing::new);
        let bytes = bytes.map_err(|_| ValueError::ResetSecret)?;
        bytes.as_slice().try_into().map(Self).map_err(|_| ValueError::ResetSecret)
    }
}

impl fmt::Debug for ResetSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ResetSecret(redacted)")
    }
}

/// Names a passphrase reset in the store: a SHA-256 of its secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ResetId([u8; 32]);

impl ResetId {
    /// The ID of these bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The 32 bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use getrandom::{SysRng, rand_core::UnwrapErr};

    use super::*;

    #[test]
    fn a_link_gives_the_same_secret_again_and_nothing_else_does() {
        let secret = ResetSecret::generate(&mut UnwrapErr(SysRng));
        let again: ResetSecret = secret.expose_text().parse().unwrap();
        assert_eq!(again.id(), secret.id());
        assert!(!format!("{secret:?}").contains(secret.expose_text().as_str()));
        for text in ["", "AAAA", "Ü", &"A".repeat(100_000)] {
            assert!(text.parse::<ResetSecret>().is_err());
        }
    }
}
