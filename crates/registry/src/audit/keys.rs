//! The key that signs checkpoints.

use core::{fmt, str::FromStr};

use data_encoding::HEXLOWER_PERMISSIVE;
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use rand_core::CryptoRng;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

/// The private key: Ed25519 (RFC 8032). Zeroised on drop, neither `Clone` nor `Serialize`, redacted in
/// `Debug`; stored sealed under the master key.
pub(crate) struct AuditKey(SigningKey);

impl AuditKey {
    pub(crate) fn generate(rng: &mut impl CryptoRng) -> Self {
        let mut bytes = Zeroizing::new([0; 32]);
        rng.fill_bytes(&mut *bytes);
        Self::from_bytes(&bytes)
    }

    pub(crate) fn from_bytes(bytes: &[u8; 32]) -> Self {
        Self(SigningKey::from_bytes(bytes))
    }

    pub(crate) fn expose_bytes(&self) -> &[u8; 32] {
        self.0.as_bytes()
    }

    pub(crate) fn public(&self) -> AuditPublicKey {
        AuditPublicKey(self.0.verifying_key().to_bytes())
    }

    pub(crate) fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.0.sign(message).to_bytes()
    }
}

impl fmt::Debug for AuditKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AuditKey(..)")
    }
}

/// The public key, by which an auditor checks the checkpoints; 64 hexadecimal digits as text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct AuditPublicKey([u8; 32]);

impl AuditPublicKey {
    /// The key itself.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Takes over a key that was stored; one that is no key verifies nothing.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Whether the signature is this key's, by the strict rules: no weak key, no second form.
    #[must_use]
    pub fn verifies(&self, message: &[u8], signature: &[u8; 64]) -> bool {
        VerifyingKey::from_bytes(&self.0)
            .is_ok_and(|key| key.verify_strict(message, &Signature::from_bytes(signature)).is_ok())
    }
}

impl fmt::Display for AuditPublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&HEXLOWER_PERMISSIVE.encode(&self.0))
    }
}

/// A text is not a public key of the audit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a public key of the audit has 64 hexadecimal digits, as `audit key` prints it")]
pub struct NotAKey;

impl FromStr for AuditPublicKey {
    type Err = NotAKey;

    fn from_str(text: &str) -> Result<Self, NotAKey> {
        let bytes = HEXLOWER_PERMISSIVE.decode(text.trim().as_bytes()).map_err(|_| NotAKey)?;
        let bytes: [u8; 32] = bytes.try_into().map_err(|_| NotAKey)?;
        VerifyingKey::from_bytes(&bytes).map_err(|_| NotAKey)?;
        Ok(Self(bytes))
    }
}

impl TryFrom<String> for AuditPublicKey {
    type Error = NotAKey;

    fn try_from(text: String) -> Result<Self, NotAKey> {
        text.parse()
    }
}

impl From<AuditPublicKey> for String {
    fn from(key: AuditPublicKey) -> Self {
        key.to_string()
    }
}

#[cfg(test)]
mod tests {
    use getrandom::{SysRng, rand_core::UnwrapErr};

    use super::*;

    #[test]
    fn a_signature_holds_for_its_message_and_its_key_only() {
        let [key, other] = [0, 1].map(|_| AuditKey::generate(&mut UnwrapErr(SysRng)));
        let signature = key.sign(b"checkpoint");
        assert!(key.public().verifies(b"checkpoint", &signature));
        assert!(!key.public().verifies(b"checkpoinT", &signature));
        assert!(!other.public().verifies(b"checkpoint", &signature));
    }

    /// RFC 8032, section 7.1, test 2.
    #[test]
    fn signs_as_the_rfc_does() {
        let hex = |text: &str| HEXLOWER_PERMISSIVE.decode(text.as_bytes()).unwrap();
        let secret = hex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb");
        let key = AuditKey::from_bytes(&secret.try_into().unwrap());
        assert_eq!(
            key.public().to_string(),
            "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"
        );
        let signature = "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da\
                         085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00";
        assert_eq!(key.sign(&[0x72]).to_vec(), hex(signature));
    }

    #[test]
    fn a_key_reads_as_it_is_written_and_shows_nothing_of_the_private_one() {
        let key = AuditKey::generate(&mut UnwrapErr(SysRng));
        assert_eq!(key.public().to_string().parse(), Ok(key.public()));
        assert_eq!(format!("{key:?}"), "AuditKey(..)");
        for text in ["", "00", &"zz".repeat(32), &"0".repeat(63)] {
            assert_eq!(text.parse::<AuditPublicKey>(), Err(NotAKey));
        }
    }
}
