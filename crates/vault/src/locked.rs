//! The locked vault: its state, making it, unlocking it, counting attempts, erasing it.
//!
//! ```text
//!            create                       unlock, right PIN
//!  NoVault ----------> Locked(10 left) <-------------------- Locked(n left)
//!     ^                      |  unlock, wrong PIN                 |
//!     |                      +-----> Locked(9) -> ... -> Locked(1)+
//!     |   key, then credentials, count, list                      | the tenth
//!     +------------------------------------------ being erased <--+
//! ```
//!
//! Every arrow into "being erased" is taken again by whatever comes next, after a crash too.

use std::sync::Arc;

use oath::CredentialId;
use provisioning::PinPolicy;
use rand_core::CryptoRng;

use crate::{
    Costs, Error, Keyring, Pin, UnlockedVault, attempts_entry, store::Store,
    vault_entry::VaultEntry, vault_key::VaultKey,
};

/// How many wrong PINs in a row erase the vault; SP 800-63B-4 allows no more for a PIN.
pub const MAX_TRIES: u8 = 10;

/// Whether there is a vault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// The keyring is open and has none: one may be made.
    NoVault,
    /// There is one, behind its PIN.
    Locked {
        /// How many wrong PINs erase it: 1 to 10.
        tries_left: u8,
        /// How many digits its PIN has.
        pin_length: u8,
        /// What it holds, in the order of the screen; other issuers' accounts among them, see
        /// [`CredentialId::is_of_other_issuer`].
        credential_ids: Vec<CredentialId>,
    },
}

/// The vault in a keyring. One at a time within a process: hold one and share it.
pub struct Vault {
    store: Arc<Store>,
}

impl Vault {
    /// The vault in this keyring.
    #[must_use]
    pub fn new(keyring: Arc<dyn Keyring>) -> Self {
        Self::with_costs(keyring, Costs::CHOSEN)
    }

    /// As [`Vault::new`], but a vault that is made here makes a guess of its PIN cost this much.
    #[must_use]
    pub fn with_costs(keyring: Arc<dyn Keyring>, costs: Costs) -> Self {
        Self { store: Arc::new(Store::new(keyring, costs)) }
    }

    /// Whether there is a vault. Finishes erasing where a crash interrupted it.
    ///
    /// # Errors
    /// [`Error::Erased`] if it finished erasing (the next call says [`State::NoVault`]);
    /// [`Error::Damaged`], [`Error::UnknownVersion`] or [`Error::Ambiguous`] if there is something
    /// that cannot be read, and the keyring's own.
    pub fn state(&self) -> Result<State, Error> {
        let _turn = self.store.take_turn();
        Ok(match self.store.find()? {
            None => State::NoVault,
            Some(found) => State::Locked {
                tries_left: MAX_TRIES - found.failed,
                pin_length: found.lock.pin_length,
                credential_ids: found.credentials,
            },
        })
    }

    /// Makes a vault, and leaves it unlocked.
    ///
    /// # Errors
    /// [`Error::PinLength`] or [`Error::TrivialPin`] for the PIN; [`Error::AlreadyExists`] if
    /// there is a vault, and the errors of [`Vault::state`] if that cannot be told: nothing that
    /// is there is ever overwritten.
    pub fn create(
        &self,
        pin: &Pin,
        policy: PinPolicy,
        rng: &mut impl CryptoRng,
    ) -> Result<UnlockedVault, Error> {
        pin.check_new(policy)?;
        let _turn = self.store.take_turn();
        if self.store.find()?.is_some() {
            return Err(Error::AlreadyExists);
        }
        let key = VaultKey::generate(rng);
        let entry = VaultEntry::new(key.wrap(pin, self.store.costs, rng), Vec::new());
        // The count first: a crash in between leaves no vault, which may be made again.
        attempts_entry::write(&*self.store.keyring, 0)?;
        entry.write(&*self.store.keyring)?;
        UnlockedVault::open(Arc::clone(&self.store), key, entry)
    }

    /// Opens the vault with its PIN. A wrong one counts, the tenth in a row erases the vault.
    ///
    /// # Errors
    /// [`Error::WrongPin`], [`Error::Erased`]; [`Error::PinLength`] for a PIN of another length,
    /// which does not count; [`Error::NoVault`]; and the errors of [`Vault::state`]. A credential that
    /// cannot be read is no error here: see [`UnlockedVault::unreadable`].
    pub fn unlock(&self, pin: &Pin) -> Result<UnlockedVault, Error> {
        let _turn = self.store.take_turn();
        let found = self.store.find()?.ok_or(Error::NoVault)?;
        let key = self.store.try_pin(&found, pin)?;
        let entry = VaultEntry::new(found.lock, found.credentials);
        UnlockedVault::open(Arc::clone(&self.store), key, entry)
    }
}
