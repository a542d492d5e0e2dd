//! Changing the vault: its PIN, the names, the order, what is in it.

use std::sync::Arc;

use oath::{CredentialId, UnixTime};
use provisioning::{Label, PinPolicy};
use rand_core::CryptoRng;

use super::UnlockedVault;
use crate::{Error, LogEvent, LogLine, Pin, credential_entry, store::Found};

impl UnlockedVault {
    /// Changes the PIN. The old one is judged as when unlocking: a wrong one counts, the tenth in
    /// a row erases the vault, and then nothing is held here any more either.
    ///
    /// The last write is the only one that the PIN depends on: before it the old one opens the
    /// vault, and after it the new one does.
    ///
    /// # Errors
    /// [`Error::PinLength`] (uncounted) or [`Error::TrivialPin`] for the new PIN;
    /// [`Error::WrongPin`], [`Error::Erased`] and [`Error::PinLength`] (uncounted) for the old one;
    /// [`Error::NoVault`] if the vault is gone by now, and the keyring's own.
    pub fn change_pin(
        &mut self,
        old: &Pin,
        new: &Pin,
        policy: PinPolicy,
        rng: &mut impl CryptoRng,
    ) -> Result<(), Error> {
        new.check_new(policy)?;
        let store = Arc::clone(&self.store);
        let _turn = store.take_turn();
        let judged = store.find().and_then(|found| {
            let ours = |found: &Found| Some(&found.lock) == self.lock.as_ref();
            let found = found.filter(ours).ok_or(Error::NoVault)?;
            store.try_pin(&found, old)
        });
        if matches!(judged, Err(Error::Erased { .. })) {
            self.forget();
        }
        let key = judged?;
        let mut entry = self.current_entry()?;
        entry.lock = Some(key.wrap(new, store.costs, rng));
        entry.write(&*store.keyring)?;
        self.lock = entry.lock;
        Ok(())
    }

    /// Gives a credential another name; one write.
    ///
    /// # Errors
    /// [`Error::UnknownCredential`], [`Error::NoVault`] if the vault is gone by now,
    /// [`Error::TooLarge`], and the keyring's own. The old name stays after an error.
    pub fn rename(
        &mut self,
        id: CredentialId,
        name: Label,
        at: UnixTime,
        rng: &mut impl CryptoRng,
    ) -> Result<(), Error> {
        let place = self.place(id)?;
        self.rewrite(place, rng, |credential| {
            credential.name = name;
            credential.log.push(LogLine { at, what: LogEvent::Renamed });
        })
    }

    /// Puts the credentials into another order; one write. Unreadable ones go to the end.
    ///
    /// # Errors
    /// [`Error::OtherTokens`] unless `order` names each readable credential once and nothing
    /// else; [`Error::NoVault`] if the vault is gone by now, and the keyring's own. The old order
    /// stays after an error.
    pub fn reorder(&mut self, order: &[CredentialId]) -> Result<(), Error> {
        let store = Arc::clone(&self.store);
        let _turn = store.take_turn();
        let places: Vec<usize> = order
            .iter()
            .map(|id| self.place(*id).map_err(|_| Error::OtherTokens))
            .collect::<Result<_, _>>()?;
        let mut sorted = places.clone();
        sorted.sort_unstable();
        if !sorted.into_iter().eq(0..self.credentials.len()) {
            return Err(Error::OtherTokens);
        }
        let mut entry = self.current_entry()?;
        entry.credentials =
            order.iter().copied().chain(self.unreadable.iter().map(|held| held.id)).collect();
        entry.write(&*store.keyring)?;
        let place_of = |id| order.iter().position(|other| *other == id);
        let mut held: Vec<_> = self.credentials.drain(..).zip(self.sealed.drain(..)).collect();
        held.sort_by_key(|(credential, _)| place_of(credential.id));
        (self.credentials, self.sealed) = held.into_iter().unzip();
        Ok(())
    }

    /// Removes a credential, an unreadable one too, with its seed. When this returns, it is gone
    /// from the list; the errors leave it there.
    ///
    /// # Errors
    /// [`Error::UnknownCredential`], [`Error::NoVault`] if the vault is gone by now, and the
    /// keyring's own.
    pub fn remove(&mut self, id: CredentialId) -> Result<(), Error> {
        let store = Arc::clone(&self.store);
        let _turn = store.take_turn();
        let mut entry = self.current_entry()?;
        let listed = entry.credentials.len();
        entry.credentials.retain(|other| *other != id);
        if entry.credentials.len() == listed {
            return Err(Error::UnknownCredential);
        }
        // The list first: a credential that is listed but has no entry would be damage, and one
        // that has an entry but is not listed is sealed noise. So a failure of the second is none.
        entry.write(&*store.keyring)?;
        let _ = store.delete(&credential_entry::name(id));
        if let Ok(place) = self.place(id) {
            self.credentials.remove(place);
            self.sealed.remove(place);
        }
        self.unreadable.retain(|other| other.id != id);
        Ok(())
    }

    /// Writes a line into a credential's log; one write. The oldest lines go where there is no
    /// room for all; a sending that fails for the same reason again only renews its line's time.
    ///
    /// # Errors
    /// [`Error::UnknownCredential`], [`Error::NoVault`] if the vault is gone by now, and the
    /// keyring's own.
    pub fn write_log(
        &mut self,
        id: CredentialId,
        line: LogLine,
        rng: &mut impl CryptoRng,
    ) -> Result<(), Error> {
        let place = self.place(id)?;
        self.rewrite(place, rng, |credential| {
            credential.log.pop_if(|last| last.is_repeated_by(&line));
            credential.log.push(line);
        })
    }

    fn forget(&mut self) {
        self.lock = None;
        self.credentials.clear();
        self.sealed.clear();
        self.unreadable.clear();
    }
}
