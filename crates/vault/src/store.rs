//! What the locked and the unlocked vault share: the keyring, whose turn it is, and the tries.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use oath::CredentialId;

use crate::{
    Costs, Error, Keyring, MAX_TRIES, Pin, attempts_entry, credential_entry,
    vault_entry::{self, PinLock, VaultEntry},
    vault_key::VaultKey,
};

/// The keyring of one vault, used by one caller at a time.
pub(crate) struct Store {
    pub(crate) keyring: Arc<dyn Keyring>,
    /// What a guess costs of a PIN that is chosen from now on.
    pub(crate) costs: Costs,
    /// Two attempts at once must not be counted as one, nor a vault be written while it is erased.
    turn: Mutex<()>,
}

/// A vault that may still be tried.
pub(crate) struct Found {
    pub(crate) lock: PinLock,
    pub(crate) credentials: Vec<CredentialId>,
    /// Fewer than [`MAX_TRIES`].
    pub(crate) failed: u8,
}

impl Store {
    pub(crate) fn new(keyring: Arc<dyn Keyring>, costs: Costs) -> Self {
        Self { keyring, costs, turn: Mutex::new(()) }
    }

    pub(crate) fn take_turn(&self) -> MutexGuard<'_, ()> {
        self.turn.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The vault, if there is one that may still be tried. Finishes an erasure.
    pub(crate) fn find(&self) -> Result<Option<Found>, Error> {
        let Some(entry) = VaultEntry::read(&*self.keyring)? else { return Ok(None) };
        let Some(lock) = entry.lock else { return Err(self.erase(entry.credentials)?) };
        let failed = attempts_entry::read(&*self.keyring)?;
        if failed >= MAX_TRIES {
            return Err(self.erase(entry.credentials)?);
        }
        Ok(Some(Found { lock, credentials: entry.credentials, failed }))
    }

    /// One try of the PIN: counted, judged, and forgiven if it was right. The tenth wrong one in
    /// a row erases the vault. A PIN of another length is refused uncounted.
    pub(crate) fn try_pin(&self, found: &Found, pin: &Pin) -> Result<VaultKey, Error> {
        if pin.length() != found.lock.pin_length {
            return Err(Error::PinLength { expected: found.lock.pin_length });
        }
        // Counted before it is judged: whoever pulls the plug in between has had this try.
        let failed = found.failed + 1;
        attempts_entry::write(&*self.keyring, failed)?;
        let Some(key) = VaultKey::unwrap(&found.lock, pin) else {
            return Err(if failed >= MAX_TRIES {
                self.erase(found.credentials.clone())?
            } else {
                Error::WrongPin { tries_left: MAX_TRIES - failed }
            });
        };
        attempts_entry::write(&*self.keyring, 0)?;
        Ok(key)
    }

    /// Erases the vault, or goes on erasing it: the key first, because without it the rest is
    /// noise; the list last, because it says what is left to delete and what to quote.
    ///
    /// Returns [`Error::Erased`] for the caller to return.
    fn erase(&self, credential_ids: Vec<CredentialId>) -> Result<Error, Error> {
        VaultEntry::without_lock(credential_ids.clone()).write(&*self.keyring)?;
        for id in &credential_ids {
            self.delete(&credential_entry::name(*id))?;
        }
        self.delete(attempts_entry::NAME)?;
        self.delete(vault_entry::NAME)?;
        Ok(Error::Erased { credential_ids: own(credential_ids) })
    }

    pub(crate) fn delete(&self, entry: &str) -> Result<(), Error> {
        self.keyring.delete(entry).map_err(|e| Error::of_keyring(e, entry))
    }
}

/// Those that mean something to a help desk.
pub(crate) fn own(credential_ids: Vec<CredentialId>) -> Vec<CredentialId> {
    credential_ids.into_iter().filter(|id| !id.is_of_other_issuer()).collect()
}
