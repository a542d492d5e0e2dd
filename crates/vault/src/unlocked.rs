//! The unlocked vault: its credentials, their codes, and making new ones.

mod changing;
mod enrolling;

use std::sync::Arc;

use oath::{Challenge, Code, CredentialId, Ocra, Seed, Totp, UnixTime};
use provisioning::{OtpKind, OtpauthUri};
use rand_core::CryptoRng;

use crate::{
    Credential, CredentialKind, Enrolment, Error, LogEvent, LogLine, NewCredential,
    credential_entry::{self, SealedCredential},
    entry::read_text,
    store::Store,
    vault_entry::{PinLock, VaultEntry},
    vault_key::VaultKey,
};

/// A vault whose PIN was right. Dropping it locks the vault and zeroises its key; seeds are
/// decrypted only while they are needed.
pub struct UnlockedVault {
    store: Arc<Store>,
    key: VaultKey,
    /// Which vault this is: one that was made since has another lock.
    lock: Option<PinLock>,
    credentials: Vec<Credential>,
    /// In the order of `credentials`.
    sealed: Vec<SealedCredential>,
    unreadable: Vec<Unreadable>,
}

/// A credential of the vault whose entry cannot be read. The entry is left as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreadable {
    /// What to quote to the help desk.
    pub id: CredentialId,
    /// Why: [`Error::Damaged`], [`Error::UnknownVersion`] or [`Error::Ambiguous`].
    pub error: Error,
}

impl UnlockedVault {
    /// Reads the credentials of the list. One that is damaged keeps neither the others from their
    /// owner nor a replacement from being added.
    pub(crate) fn open(store: Arc<Store>, key: VaultKey, entry: VaultEntry) -> Result<Self, Error> {
        let mut vault = Self {
            store,
            key,
            lock: entry.lock,
            credentials: Vec::new(),
            sealed: Vec::new(),
            unreadable: Vec::new(),
        };
        for id in entry.credentials {
            match vault.read(id) {
                Ok((credential, sealed)) => vault.hold(credential, sealed),
                Err(error) if is_of_entry(&error) => {
                    vault.unreadable.push(Unreadable { id, error })
                }
                Err(error) => return Err(error),
            }
        }
        Ok(vault)
    }

    /// The credentials, in the order of the screen.
    #[must_use]
    pub fn credentials(&self) -> &[Credential] {
        &self.credentials
    }

    /// Credentials that are in the vault but cannot be read; show them, with what to do.
    #[must_use]
    pub fn unreadable(&self) -> &[Unreadable] {
        &self.unreadable
    }

    /// Makes a credential with a new credential ID and a new seed, and keeps it at the end of
    /// the list. When this returns, the keyring has it.
    ///
    /// # Errors
    /// [`Error::TooLarge`] if the list or the names are too long for the keyring,
    /// [`Error::NoVault`] if the vault is gone by now, and the keyring's own.
    pub fn add(
        &mut self,
        new: NewCredential,
        rng: &mut impl CryptoRng,
    ) -> Result<CredentialId, Error> {
        let seed = Seed::generate(rng);
        let what = match &new.enrolment {
            Enrolment::None => LogEvent::Made,
            Enrolment::Pending(link) => {
                LogEvent::MadeByLink { host: link.server.host().to_owned() }
            }
            Enrolment::Sent { server, .. } => LogEvent::sent(server),
        };
        let store = Arc::clone(&self.store);
        let _turn = store.take_turn();
        let credential = Credential {
            id: self.unused_id(|| CredentialId::generate(rng))?,
            name: new.name,
            issuer: new.issuer,
            kind: CredentialKind::Own(Totp::default()),
            enrolment: new.enrolment,
            created: new.created,
            last_state: None,
            log: vec![LogLine { at: new.created, what }],
        };
        self.keep(credential, &seed, rng)
    }

    /// Takes over another issuer's account, at the end of the list. What it returns is the vault's
    /// own name for it. When this returns, the keyring has it.
    ///
    /// # Errors
    /// As [`UnlockedVault::add`].
    pub fn add_other(
        &mut self,
        account: OtpauthUri,
        created: UnixTime,
        rng: &mut impl CryptoRng,
    ) -> Result<CredentialId, Error> {
        let store = Arc::clone(&self.store);
        let _turn = store.take_turn();
        let credential = Credential {
            id: self.unused_id(|| CredentialId::generate_for_other_issuer(rng))?,
            name: account.account,
            issuer: account.issuer,
            kind: CredentialKind::Other(account.kind),
            enrolment: Enrolment::None,
            created,
            last_state: None,
            log: vec![LogLine { at: created, what: LogEvent::Imported }],
        };
        self.keep(credential, &account.seed, rng)
    }

    /// The security code at an instant.
    ///
    /// # Errors
    /// [`Error::UnknownCredential`]; [`Error::CounterBased`] for one whose codes are counted, see
    /// [`UnlockedVault::next_counter_code`].
    pub fn code_at(&self, id: CredentialId, at: UnixTime) -> Result<Code, Error> {
        let (credential, seed) = self.sealed[self.place(id)?].open(&self.key)?;
        Ok(credential.totp().ok_or(Error::CounterBased)?.code_at(&seed, at))
    }

    /// The code that is good for one prescription only, by its challenge (RFC 6287).
    ///
    /// # Errors
    /// As [`UnlockedVault::code_at`]; [`Error::NoBoundCode`] where the RFC has no word for the time step.
    pub fn bound_code_at(
        &self,
        id: CredentialId,
        challenge: Challenge,
        at: UnixTime,
    ) -> Result<Code, Error> {
        let (credential, seed) = self.sealed[self.place(id)?].open(&self.key)?;
        let totp = credential.totp().ok_or(Error::CounterBased)?;
        let ocra = Ocra::of(&totp).ok_or(Error::NoBoundCode)?;
        Ok(ocra.code_of_step(&seed, challenge, totp.period.step_at(at)))
    }

    /// The security code of the time step after the one in which `at` falls.
    ///
    /// # Errors
    /// As [`UnlockedVault::code_at`].
    pub fn next_code_at(&self, id: CredentialId, at: UnixTime) -> Result<Code, Error> {
        let (credential, seed) = self.sealed[self.place(id)?].open(&self.key)?;
        let totp = credential.totp().ok_or(Error::CounterBased)?;
        Ok(totp.code_at(&seed, at.plus(totp.period.seconds())))
    }

    /// The next security code of a token whose codes are counted. The keyring has the counter's
    /// new value before this returns: a crash can skip a code, but never show one twice.
    ///
    /// # Errors
    /// [`Error::UnknownCredential`], [`Error::TimeBased`], [`Error::CounterUsedUp`],
    /// [`Error::NoVault`] if the vault is gone by now, and the keyring's own.
    pub fn next_counter_code(
        &mut self,
        id: CredentialId,
        rng: &mut impl CryptoRng,
    ) -> Result<Code, Error> {
        let place = self.place(id)?;
        let CredentialKind::Other(OtpKind::Hotp { hotp, counter }) = self.credentials[place].kind
        else {
            return Err(Error::TimeBased);
        };
        let next = counter.checked_add(1).ok_or(Error::CounterUsedUp)?;
        let (_, seed) = self.sealed[place].open(&self.key)?;
        self.rewrite(place, rng, |credential| {
            credential.kind = CredentialKind::Other(OtpKind::Hotp { hotp, counter: next });
        })?;
        Ok(hotp.code(&seed, counter))
    }

    /// Writes a new credential; the caller has the turn.
    fn keep(
        &mut self,
        mut credential: Credential,
        seed: &Seed,
        rng: &mut impl CryptoRng,
    ) -> Result<CredentialId, Error> {
        let id = credential.id;
        let mut entry = self.current_entry()?;
        let sealed = SealedCredential::seal(&self.key, &mut credential, seed, rng);
        entry.credentials.push(id);
        entry.check_size()?;
        // The list last, and nothing is taken back if it fails: who knows whether it was written?
        // A credential outside the list is sealed noise, one that is missing from it is damage.
        sealed.write(&*self.store.keyring)?;
        entry.write(&*self.store.keyring)?;
        self.hold(credential, sealed);
        Ok(id)
    }

    /// Changes what is known of a credential: one write. The old state stays after an error.
    fn rewrite(
        &mut self,
        place: usize,
        rng: &mut impl CryptoRng,
        change: impl FnOnce(&mut Credential),
    ) -> Result<(), Error> {
        let _turn = self.store.take_turn();
        self.current_entry()?;
        let (mut credential, seed) = self.sealed[place].open(&self.key)?;
        change(&mut credential);
        let sealed = SealedCredential::seal(&self.key, &mut credential, &seed, rng);
        sealed.write(&*self.store.keyring)?;
        self.credentials[place] = credential;
        self.sealed[place] = sealed;
        Ok(())
    }

    fn read(&self, id: CredentialId) -> Result<(Credential, SealedCredential), Error> {
        let sealed = SealedCredential::read(&*self.store.keyring, id)?;
        let (credential, _seed) = sealed.open(&self.key)?;
        Ok((credential, sealed))
    }

    fn hold(&mut self, credential: Credential, sealed: SealedCredential) {
        self.credentials.push(credential);
        self.sealed.push(sealed);
    }

    fn place(&self, id: CredentialId) -> Result<usize, Error> {
        self.credentials.iter().position(|held| held.id == id).ok_or(Error::UnknownCredential)
    }

    /// The vault's entry as the keyring has it now; a vault that was erased meanwhile must not
    /// come back by a write of ours.
    fn current_entry(&self) -> Result<VaultEntry, Error> {
        VaultEntry::read(&*self.store.keyring)?
            .filter(|entry| entry.lock.is_some() && entry.lock == self.lock)
            .ok_or(Error::NoVault)
    }

    /// An ID that no entry has, not even one that a crash left outside the list.
    fn unused_id(&self, mut generate: impl FnMut() -> CredentialId) -> Result<CredentialId, Error> {
        loop {
            let id = generate();
            if read_text(&*self.store.keyring, &credential_entry::name(id))?.is_none() {
                return Ok(id);
            }
        }
    }
}

/// Whether an error is one entry's own, and not the whole keyring's.
fn is_of_entry(error: &Error) -> bool {
    matches!(error, Error::Damaged { .. } | Error::UnknownVersion { .. } | Error::Ambiguous { .. })
}
