//! The key over all credentials, and its wrapping under the PIN.

use core::fmt;

use rand_core::CryptoRng;
use zeroize::Zeroizing;

use crate::{
    Costs, Pin,
    costs::SALT_LENGTH,
    seal,
    vault_entry::{PinLock, WrappedKey},
};

const LENGTH: usize = 32;
const ASSOCIATED_DATA: &[u8] = b"countersign vault key 1";

/// 256 random bits that seal every credential. On the heap, so that moving it leaves no copy.
pub(crate) struct VaultKey(Zeroizing<Vec<u8>>);

impl VaultKey {
    pub(crate) fn generate(rng: &mut impl CryptoRng) -> Self {
        let mut key = Zeroizing::new(vec![0; LENGTH]);
        rng.fill_bytes(&mut key);
        Self(key)
    }

    /// Wraps it under a PIN, with a fresh salt.
    pub(crate) fn wrap(&self, pin: &Pin, costs: Costs, rng: &mut impl CryptoRng) -> PinLock {
        let mut salt = [0; SALT_LENGTH];
        rng.fill_bytes(&mut salt);
        let wrapping_key = costs.derive_key(pin, &salt);
        let wrapped = seal::seal(&wrapping_key, &self.0, ASSOCIATED_DATA, rng);
        PinLock { costs, salt, wrapped_key: WrappedKey(wrapped), pin_length: pin.length() }
    }

    /// Unwraps it; `None` under any PIN but the one that it was wrapped under.
    pub(crate) fn unwrap(lock: &PinLock, pin: &Pin) -> Option<Self> {
        let wrapping_key = lock.costs.derive_key(pin, &lock.salt);
        seal::open(&wrapping_key, &lock.wrapped_key.0, ASSOCIATED_DATA).map(Self)
    }

    pub(crate) fn expose_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for VaultKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("VaultKey(redacted)")
    }
}
