//! The ID and the secret of an activation.

use core::{fmt, str::FromStr};

use data_encoding::BASE64URL_NOPAD;
use rand_core::CryptoRng;
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::{Error, bytes};

/// Names one activation: 128 random bits, no secret.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ActivationId(#[serde(with = "bytes")] [u8; 16]);

impl ActivationId {
    /// Makes a new random ID.
    #[must_use]
    pub fn generate(rng: &mut impl CryptoRng) -> Self {
        let mut id = [0; 16];
        rng.fill_bytes(&mut id);
        Self(id)
    }

    /// The ID of these bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The 16 bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl fmt::Display for ActivationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&BASE64URL_NOPAD.encode(&self.0))
    }
}

impl fmt::Debug for ActivationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ActivationId({self})")
    }
}

impl FromStr for ActivationId {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let malformed =
            Error::Malformed { what: "an activation ID", reason: "22 characters of base64url" };
        let bytes = BASE64URL_NOPAD.decode(text.as_bytes()).map_err(|_| malformed.clone())?;
        bytes.as_slice().try_into().map(Self).map_err(|_| malformed)
    }
}

/// What only the invited app and the server know: 256 random bits, the pre-shared key of the
/// sealed token. RFC 9180 (section 9.5) asks for at least 32 bytes.
///
/// Zeroised on drop, neither `Clone` nor `Serialize`, redacted in `Debug`.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct ActivationSecret([u8; 32]);

impl ActivationSecret {
    /// Makes a new random secret.
    #[must_use]
    pub fn generate(rng: &mut impl CryptoRng) -> Self {
        let mut secret = Self([0; 32]);
        rng.fill_bytes(&mut secret.0);
        secret
    }

    /// Takes over a secret that was stored or received.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The secret itself, for sealing and for storage under a key.
    #[must_use]
    pub const fn expose_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for ActivationSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ActivationSecret(redacted)")
    }
}
