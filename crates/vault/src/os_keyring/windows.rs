//! Windows: the Credential Manager.

use std::{collections::HashMap, sync::Arc};

use keyring::{Entry, Error as StoreError, api::CredentialStoreApi};
use windows_native_keyring_store::Store;

use super::{KeyringError, OsKeyring};

pub(super) struct Platform {
    store: Arc<Store>,
}

impl Platform {
    pub(super) fn open() -> Result<Self, KeyringError> {
        let store = Store::new().map_err(|_| KeyringError::Unavailable)?;
        Ok(Self { store })
    }

    /// Kept on this machine: "Enterprise", the store's default, roams to others.
    pub(super) fn entry(&self, name: &str) -> keyring::Result<Entry> {
        let here = HashMap::from([("persistence", "Local")]);
        self.store.build(OsKeyring::SERVICE, name, Some(&here))
    }

    pub(super) fn prepare_to_read(&self) -> Result<(), KeyringError> {
        Ok(())
    }

    pub(super) fn prepare_to_write(&self) -> Result<(), KeyringError> {
        Ok(())
    }

    /// No access means a session without a logon, which has no Credential Manager. It is never
    /// locked while its user is signed in, and asks nothing.
    pub(super) fn explain(&self, error: StoreError) -> KeyringError {
        match error {
            StoreError::NoStorageAccess(_) => KeyringError::Unavailable,
            other => KeyringError::Failed { reason: other.to_string() },
        }
    }
}
