//! What the tests share, and the tests of the session as a whole.

mod carrying;
mod enrolling;
mod locking;
pub(crate) mod loopback;
mod making;
mod staying;
mod talking;

use std::{
    collections::HashMap,
    path::Path,
    sync::{Arc, Mutex},
    time::Duration,
};

use oath::{CredentialId, Seed, Totp, UnixTime};
use provisioning::{
    ActivationId, ActivationSecret, EnrolmentLink, IssuerCard, PinPolicy, ProvisioningData,
    SealedToken, ServerPrivateKey, ServerUrl,
};
use tempfile::TempDir;
use vault::{Keyring, KeyringError};
use zeroize::Zeroizing;

use crate::{chance::rng, clock::Moment, session::Session, settings::SettingsFile};

pub(crate) const PIN: &str = "4826";
/// Where most tests happen, in seconds since the start of Unix time.
pub(crate) const NOW: u64 = 1_900_000_000;

/// The machine's clocks, `seconds` after [`NOW`].
pub(crate) fn after(seconds: u64) -> Moment {
    Moment::at(Duration::from_secs(seconds), Duration::from_secs(NOW + seconds))
}

/// A keyring that lives as long as the test, and can be made to refuse.
#[derive(Default)]
pub(crate) struct HeldKeyring {
    entries: Mutex<HashMap<String, String>>,
    refusal: Mutex<Option<KeyringError>>,
}

impl HeldKeyring {
    pub(crate) fn refuse(&self, error: impl Into<Option<KeyringError>>) {
        *self.refusal.lock().unwrap() = error.into();
    }

    pub(crate) fn empty(&self) {
        self.entries.lock().unwrap().clear();
    }

    pub(crate) fn snapshot(&self) -> HashMap<String, String> {
        self.entries.lock().unwrap().clone()
    }

    fn entries(&self) -> Result<std::sync::MutexGuard<'_, HashMap<String, String>>, KeyringError> {
        match &*self.refusal.lock().unwrap() {
            Some(error) => Err(error.clone()),
            None => Ok(self.entries.lock().unwrap()),
        }
    }
}

impl Keyring for HeldKeyring {
    fn read(&self, entry: &str) -> Result<Option<Zeroizing<String>>, KeyringError> {
        Ok(self.entries()?.get(entry).cloned().map(Zeroizing::new))
    }

    fn write(&self, entry: &str, value: &str) -> Result<(), KeyringError> {
        self.entries()?.insert(entry.to_owned(), value.to_owned());
        Ok(())
    }

    fn delete(&self, entry: &str) -> Result<(), KeyringError> {
        self.entries()?.remove(entry);
        Ok(())
    }
}

/// A device: its keyring and its data folder, which outlive a session.
pub(crate) struct TestDevice {
    pub(crate) keyring: Arc<HeldKeyring>,
    folder: TempDir,
}

impl TestDevice {
    pub(crate) fn new() -> Self {
        Self { keyring: Arc::default(), folder: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Makes the data folder one that can neither be read nor written, whoever asks.
    pub(crate) fn lose_data_folder(&self) {
        let folder = self.folder();
        std::fs::remove_dir_all(folder).unwrap();
        std::fs::write(folder, "in the way").unwrap();
    }

    /// The app, started.
    pub(crate) fn start(&self) -> Session {
        let keyring = Arc::clone(&self.keyring);
        Session::new(keyring, self.folder(), SettingsFile::in_folder(self.folder()))
    }
}

/// A server as far as the app sees it.
pub(crate) struct TestServer {
    pub(crate) key: ServerPrivateKey,
    pub(crate) url: ServerUrl,
}

impl TestServer {
    pub(crate) fn new() -> Self {
        Self { key: ServerPrivateKey::generate(&mut rng()), url: loopback::nobodys_url() }
    }

    pub(crate) fn link(&self) -> EnrolmentLink {
        EnrolmentLink {
            server: self.url.clone(),
            issuer: "Example Clinic".parse().unwrap(),
            key: self.key.public(),
            activation: ActivationId::generate(&mut rng()),
            secret: ActivationSecret::generate(&mut rng()),
            expires: UnixTime(NOW + 3600),
            pin: PinPolicy::default(),
        }
    }

    pub(crate) fn card(&self) -> String {
        IssuerCard { issuer: "Second Clinic".parse().unwrap(), key: self.key.public() }.to_text()
    }
}

/// Enrols as the screens do, on a device without a vault.
pub(crate) fn enrol_first(session: &mut Session, link: &EnrolmentLink) -> CredentialId {
    session.use_link(&link.to_text(), after(0)).unwrap();
    session.name_token("Phone").unwrap();
    session.choose_pin(Zeroizing::new(PIN.to_owned())).unwrap();
    session.repeat_pin(&Zeroizing::new(PIN.to_owned())).unwrap();
    session.enrol(after(0)).unwrap()
}

/// Some sealed token.
pub(crate) fn sealed_token() -> SealedToken {
    let data = ProvisioningData {
        credential_id: "CSST4F7K92MQ".parse().unwrap(),
        seed: Seed::generate(&mut rng()),
        totp: Totp::default(),
        name: "Phone".parse().unwrap(),
        device: "unknown".parse().unwrap(),
        platform: "linux".parse().unwrap(),
    };
    SealedToken::seal_for_activation(&data, &TestServer::new().link(), &mut rng()).unwrap()
}
