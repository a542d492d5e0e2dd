//! Android: an encrypted preferences file whose key is in the Keystore.

use std::sync::Arc;

use android_native_keyring_store::Store;
use keyring::{Entry, Error as StoreError, api::CredentialStoreApi};

use super::{KeyringError, OsKeyring};

pub(super) struct Platform {
    store: Arc<Store>,
}

impl Platform {
    /// Needs the application's context in `ndk-context`, which the app's shell puts there.
    pub(super) fn open() -> Result<Self, KeyringError> {
        let store = Store::new().map_err(|_| KeyringError::Unavailable)?;
        Ok(Self { store })
    }

    pub(super) fn entry(&self, name: &str) -> keyring::Result<Entry> {
        self.store.build(OsKeyring::SERVICE, name, None)
    }

    pub(super) fn prepare_to_read(&self) -> Result<(), KeyringError> {
        Ok(())
    }

    pub(super) fn prepare_to_write(&self) -> Result<(), KeyringError> {
        Ok(())
    }

    /// The Keystore asks nothing and is open once the device was unlocked after its start.
    pub(super) fn explain(&self, error: StoreError) -> KeyringError {
        match error {
            StoreError::NoStorageAccess(_) => KeyringError::Locked,
            other => KeyringError::Failed { reason: other.to_string() },
        }
    }
}
