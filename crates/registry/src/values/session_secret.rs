//! What a browser holds of a session, and what the store keeps of it.

use core::{fmt, str::FromStr};

use data_encoding::BASE64URL_NOPAD;
use rand_core::CryptoRng;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::ValueError;

/// 256 random bits that a browser shows with every request. Only its SHA-256 is stored.
///
/// Zeroised on drop, neither `Clone` nor `Serialize`, redacted in `Debug`.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct SessionSecret([u8; 32]);

impl SessionSecret {
    pub(crate) fn generate(rng: &mut impl CryptoRng) -> Self {
        let mut secret = Self([0; 32]);
        rng.fill_bytes(&mut secret.0);
        secret
    }

    pub(crate) const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The secret as text, for a cookie.
    #[must_use]
    pub fn expose_text(&self) -> Zeroizing<String> {
        Zeroizing::new(BASE64URL_NOPAD.encode(&self.0))
    }

    pub(crate) fn id(&self) -> SessionId {
        SessionId(derived(b"session", &self.0))
    }

    pub(crate) fn csrf(&self) -> CsrfToken {
        CsrfToken(BASE64URL_NOPAD.encode(&derived(b"csrf", &self.0)))
    }
}

fn derived(label: &[u8], secret: &[u8; 32]) -> [u8; 32] {
    Sha256::new().chain_update(label).chain_update(secret).finalize().into()
}

/// In constant time.
impl PartialEq for SessionSecret {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl Eq for SessionSecret {}

impl FromStr for SessionSecret {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, ValueError> {
        if text.len() > 64 {
            return Err(ValueError::SessionSecret);
        }
        let bytes = BASE64URL_NOPAD
            .decode(text.as_bytes())
            .map(Zeroizing::new)
            .map_err(|_| ValueError::SessionSecret)?;
        bytes.as_slice().try_into().map(Self).map_err(|_| ValueError::SessionSecret)
    }
}

impl fmt::Debug for SessionSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionSecret(redacted)")
    }
}

/// Names a session in the store: a SHA-256 of its secret, from which nobody gets the secret back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SessionId([u8; 32]);

impl SessionId {
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

/// Derived from the session's secret; a form must carry it, so that no other site can submit one.
#[derive(Clone)]
pub struct CsrfToken(String);

impl CsrfToken {
    /// The token as text, for a hidden field.
    #[must_use]
    pub fn expose_text(&self) -> &str {
        &self.0
    }

    /// Whether a form carried this token; compared in constant time.
    #[must_use]
    pub fn matches(&self, submitted: &str) -> bool {
        self.0.as_bytes().ct_eq(submitted.as_bytes()).into()
    }
}

impl fmt::Debug for CsrfToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CsrfToken(redacted)")
    }
}

#[cfg(test)]
mod tests {
    use getrandom::{SysRng, rand_core::UnwrapErr};

    use super::*;

    #[test]
    fn a_cookie_gives_the_same_session_and_csrf_token_again() {
        let secret = SessionSecret::generate(&mut UnwrapErr(SysRng));
        let again: SessionSecret = secret.expose_text().parse().unwrap();
        assert_eq!(again.id(), secret.id());
        assert!(again.csrf().matches(secret.csrf().expose_text()));
        assert!(!again.csrf().matches(&secret.expose_text()));
        assert!(!again.csrf().matches(""));
        assert_ne!(secret.id().as_bytes(), &secret.0);
        for text in ["", "AAAA", &"A".repeat(100_000)] {
            assert!(text.parse::<SessionSecret>().is_err());
        }
    }
}
