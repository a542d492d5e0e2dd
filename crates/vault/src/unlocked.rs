//! The unlocked vault: credentials, codes, provisioning data.

use std::sync::Arc;

use oath::{Code, CredentialId, Seed, Totp, UnixTime};
use provisioning::{IssuerCard, ProvisioningData, SealedToken};
use rand_core::CryptoRng;

use crate::{
    Credential, Device, Enrolment, Error, Keyring, NewCredential,
    credential_entry::{self, SealedCredential},
    entry::read_text,
    vault_entry::{PinLock, VaultEntry},
    vault_key::VaultKey,
};

/// A vault whose PIN was right. Dropping it locks the vault and zeroises its key; seeds are
/// decrypted only while they are needed.
pub struct UnlockedVault {
    keyring: Arc<dyn Keyring>,
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
    pub(crate) fn open(
        keyring: Arc<dyn Keyring>,
        key: VaultKey,
        entry: VaultEntry,
    ) -> Result<Self, Error> {
        let mut vault = Self {
            keyring,
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
        let mut entry = self.current_entry()?;
        let id = self.unused_id(rng)?;
        let seed = Seed::generate(rng);
        let credential = Credential {
            id,
            name: new.name,
            issuer: new.issuer,
            totp: Totp::default(),
            enrolment: new.enrolment,
            created: new.created,
        };
        let sealed = SealedCredential::seal(&self.key, &credential, &seed, rng);
        entry.credentials.push(id);
        entry.check_size()?;
        // The list last, and nothing is taken back if it fails: who knows whether it was written?
        // A credential outside the list is sealed noise, one that is missing from it is damage.
        sealed.write(&*self.keyring)?;
        entry.write(&*self.keyring)?;
        self.hold(credential, sealed);
        Ok(id)
    }

    /// The security code at an instant.
    ///
    /// # Errors
    /// [`Error::UnknownCredential`].
    pub fn code_at(&self, id: CredentialId, at: UnixTime) -> Result<Code, Error> {
        let (credential, seed) = self.sealed[self.place(id)?].open(&self.key)?;
        Ok(credential.totp.code_at(&seed, at))
    }

    /// Seals the provisioning data for the activation of its pending enrolment.
    ///
    /// # Errors
    /// [`Error::UnknownCredential`]; [`Error::NoPendingEnrolment`] if nothing waits to be sent;
    /// [`Error::Provisioning`] if the link's key is no good.
    pub fn seal_for_activation(
        &self,
        id: CredentialId,
        device: &Device,
        rng: &mut impl CryptoRng,
    ) -> Result<SealedToken, Error> {
        let place = self.place(id)?;
        let Enrolment::Pending(link) = &self.credentials[place].enrolment else {
            return Err(Error::NoPendingEnrolment);
        };
        let data = self.provisioning_data(place, device)?;
        Ok(SealedToken::seal_for_activation(&data, link, rng)?)
    }

    /// Seals the provisioning data to another server's issuer card.
    ///
    /// # Errors
    /// [`Error::UnknownCredential`]; [`Error::Provisioning`] if the card's key is no good.
    pub fn seal_to_card(
        &self,
        id: CredentialId,
        card: &IssuerCard,
        device: &Device,
        rng: &mut impl CryptoRng,
    ) -> Result<SealedToken, Error> {
        let data = self.provisioning_data(self.place(id)?, device)?;
        Ok(SealedToken::seal_to_card(&data, card, rng)?)
    }

    /// Notes how far a credential's enrolment has come; one write.
    ///
    /// # Errors
    /// [`Error::UnknownCredential`], [`Error::NoVault`] if the vault is gone by now,
    /// [`Error::TooLarge`], and the keyring's own. The old state stays after an error.
    pub fn set_enrolment(
        &mut self,
        id: CredentialId,
        enrolment: Enrolment,
        rng: &mut impl CryptoRng,
    ) -> Result<(), Error> {
        let place = self.place(id)?;
        self.current_entry()?;
        let (mut credential, seed) = self.sealed[place].open(&self.key)?;
        credential.enrolment = enrolment;
        let sealed = SealedCredential::seal(&self.key, &credential, &seed, rng);
        sealed.write(&*self.keyring)?;
        self.credentials[place] = credential;
        self.sealed[place] = sealed;
        Ok(())
    }

    fn read(&self, id: CredentialId) -> Result<(Credential, SealedCredential), Error> {
        let sealed = SealedCredential::read(&*self.keyring, id)?;
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
        VaultEntry::read(&*self.keyring)?
            .filter(|entry| entry.lock.is_some() && entry.lock == self.lock)
            .ok_or(Error::NoVault)
    }

    /// A credential ID that no entry has, not even one that a crash left outside the list.
    fn unused_id(&self, rng: &mut impl CryptoRng) -> Result<CredentialId, Error> {
        loop {
            let id = CredentialId::generate(rng);
            if read_text(&*self.keyring, &credential_entry::name(id))?.is_none() {
                return Ok(id);
            }
        }
    }

    fn provisioning_data(&self, place: usize, device: &Device) -> Result<ProvisioningData, Error> {
        let (credential, seed) = self.sealed[place].open(&self.key)?;
        Ok(ProvisioningData {
            credential_id: credential.id,
            seed,
            totp: credential.totp,
            name: credential.name,
            device: device.name.clone(),
            platform: device.platform.clone(),
        })
    }
}

/// Whether an error is one entry's own, and not the whole keyring's.
fn is_of_entry(error: &Error) -> bool {
    matches!(error, Error::Damaged { .. } | Error::UnknownVersion { .. } | Error::Ambiguous { .. })
}
