//! macOS and iOS: the Keychain.

use std::sync::Arc;

#[cfg(target_os = "macos")]
use apple_native_keyring_store::keychain::Store;
#[cfg(target_os = "ios")]
use apple_native_keyring_store::protected::Store;
use keyring::{Entry, Error as StoreError, api::CredentialStoreApi};

use super::{KeyringError, OsKeyring};

pub(super) struct Platform {
    store: Arc<Store>,
}

impl Platform {
    pub(super) fn open() -> Result<Self, KeyringError> {
        let store = Store::new().map_err(|_| KeyringError::Unavailable)?;
        Ok(Self { store })
    }

    /// The login keychain, which iCloud does not carry elsewhere; a backup of the machine does.
    #[cfg(target_os = "macos")]
    pub(super) fn entry(&self, name: &str) -> keyring::Result<Entry> {
        self.store.build(OsKeyring::SERVICE, name, None)
    }

    /// On this device only, and only while it is unlocked.
    #[cfg(target_os = "ios")]
    pub(super) fn entry(&self, name: &str) -> keyring::Result<Entry> {
        let here =
            std::collections::HashMap::from([("access-policy", "WhenUnlockedThisDeviceOnly")]);
        self.store.build(OsKeyring::SERVICE, name, Some(&here))
    }

    pub(super) fn prepare_to_read(&self) -> Result<(), KeyringError> {
        Ok(())
    }

    pub(super) fn prepare_to_write(&self) -> Result<(), KeyringError> {
        Ok(())
    }

    /// The store does not tell a dismissed question from other failures; its words do.
    pub(super) fn explain(&self, error: StoreError) -> KeyringError {
        match error {
            StoreError::NoStorageAccess(_) => KeyringError::Locked,
            other => KeyringError::Failed { reason: other.to_string() },
        }
    }
}
