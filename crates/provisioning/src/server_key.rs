//! The server's X25519 key pair and its key ID.

use core::fmt;

use data_encoding::HEXLOWER;
use hpke::{Deserializable, Kem as _, Serializable};
use rand_core::CryptoRng;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::{bytes, suite::Kem};

/// Tells a server's keys apart: the first 8 bytes of the SHA-256 of the public key.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct KeyId([u8; 8]);

impl KeyId {
    pub(crate) const LENGTH: usize = 8;

    /// The ID of these bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 8]) -> Self {
        Self(bytes)
    }

    /// The 8 bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 8] {
        &self.0
    }
}

impl fmt::Display for KeyId {
    /// 16 hexadecimal digits, lower case.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&HEXLOWER.encode(&self.0))
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyId({self})")
    }
}

/// A server's X25519 public key (RFC 7748), 32 bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ServerPublicKey(#[serde(with = "bytes")] [u8; 32]);

impl ServerPublicKey {
    /// The key of these bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The 32 bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The ID that tells this key from the server's others.
    #[must_use]
    pub fn key_id(&self) -> KeyId {
        let digest = Sha256::digest(self.0);
        let mut id = [0; KeyId::LENGTH];
        id.copy_from_slice(&digest[..KeyId::LENGTH]);
        KeyId(id)
    }
}

/// A server's X25519 private key, 32 bytes.
///
/// Zeroised on drop, neither `Clone` nor `Serialize`, redacted in `Debug`.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct ServerPrivateKey([u8; 32]);

impl ServerPrivateKey {
    /// Makes a new random key.
    #[must_use]
    pub fn generate(rng: &mut impl CryptoRng) -> Self {
        let mut key = Self([0; 32]);
        rng.fill_bytes(&mut key.0);
        key
    }

    /// Takes over a key that was stored; any 32 bytes are a key (RFC 7748, section 5).
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The key itself, for storage.
    #[must_use]
    pub const fn expose_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The public key that belongs to it.
    #[must_use]
    pub fn public(&self) -> ServerPublicKey {
        let mut bytes = [0; 32];
        bytes.copy_from_slice(&Kem::sk_to_pk(&self.to_hpke()).to_bytes());
        ServerPublicKey(bytes)
    }

    #[expect(clippy::expect_used, reason = "any 32 bytes are an X25519 private key (RFC 7748, 5)")]
    pub(crate) fn to_hpke(&self) -> <Kem as hpke::Kem>::PrivateKey {
        let bytes = Zeroizing::new(self.0);
        <Kem as hpke::Kem>::PrivateKey::from_bytes(&*bytes)
            .expect("any 32 bytes are an X25519 private key (RFC 7748, 5)")
    }
}

impl fmt::Debug for ServerPrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ServerPrivateKey(redacted)")
    }
}
