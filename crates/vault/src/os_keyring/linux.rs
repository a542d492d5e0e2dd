//! Linux: the Secret Service (gnome-keyring, KWallet, KeePassXC) over the session bus.

use std::{sync::Arc, time::Duration};

use keyring::{Entry, Error as StoreError, api::CredentialStoreApi};
use secret_service::{EncryptionType, Error as ServiceError, blocking::SecretService};
use zbus::{blocking::Connection, blocking::connection::Builder, blocking::fdo::DBusProxy};
use zbus_secret_service_keyring_store::Store;

use super::{KeyringError, OsKeyring};

/// How long a method call may take. A question to the person is none: its answer comes as a signal.
const CALL_TIMEOUT: Duration = Duration::from_secs(20);

/// The label that libsecret, too, gives to a default collection that it has to make.
const DEFAULT_COLLECTION_LABEL: &str = "Default keyring";

/// Who gnome-keyring is on the bus, and who asks for it: the desktop's shell, or gcr's prompter.
const GNOME_KEYRING: &str = "org.gnome.keyring";
const GNOME_PROMPTER: &str = "org.gnome.keyring.SystemPrompter";

pub(super) struct Platform {
    bus: Connection,
    /// Beside the store, for what the store does not tell. No secret passes here, so the session
    /// is a plain one.
    service: SecretService<'static>,
    store: Arc<Store>,
}

impl Platform {
    pub(super) fn open() -> Result<Self, KeyringError> {
        let bus = Builder::session()
            .and_then(|builder| builder.method_timeout(CALL_TIMEOUT).build())
            .map_err(|_| KeyringError::Unavailable)?;
        let service = SecretService::connect_with_existing(EncryptionType::Plain, bus.clone())
            .map_err(|_| KeyringError::Unavailable)?;
        let store = Store::new().map_err(|_| KeyringError::Unavailable)?;
        Ok(Self { bus, service, store })
    }

    pub(super) fn entry(&self, name: &str) -> keyring::Result<Entry> {
        self.store.build(OsKeyring::SERVICE, name, None)
    }

    /// Has the default collection unlocked. Without this, a service that hides the items of a
    /// locked collection would seem to have no vault.
    pub(super) fn prepare_to_read(&self) -> Result<(), KeyringError> {
        match self.unlock_default_collection() {
            // Nothing was ever kept there.
            Err(ServiceError::NoResult) => Ok(()),
            other => other.map_err(|error| self.explain_service(&error)),
        }
    }

    /// Has the default collection made, where a new desktop has none yet, and unlocked.
    pub(super) fn prepare_to_write(&self) -> Result<(), KeyringError> {
        match self.unlock_default_collection() {
            Err(ServiceError::NoResult) => {
                self.service.create_collection(DEFAULT_COLLECTION_LABEL, "default").map(drop)
            }
            other => other,
        }
        .map_err(|error| self.explain_service(&error))
    }

    fn unlock_default_collection(&self) -> Result<(), ServiceError> {
        let collection = self.service.get_default_collection()?;
        if collection.is_locked()? {
            collection.unlock()?;
            collection.ensure_unlocked()?;
        }
        Ok(())
    }

    pub(super) fn explain(&self, error: StoreError) -> KeyringError {
        let (StoreError::NoStorageAccess(inner) | StoreError::PlatformFailure(inner)) = &error
        else {
            return KeyringError::Failed { reason: error.to_string() };
        };
        match inner.downcast_ref::<ServiceError>() {
            Some(service_error) => self.explain_service(service_error),
            None => KeyringError::Failed { reason: error.to_string() },
        }
    }

    fn explain_service(&self, error: &ServiceError) -> KeyringError {
        match error {
            ServiceError::Locked => KeyringError::Locked,
            ServiceError::Prompt | ServiceError::NoResult => self.who_refused(),
            ServiceError::Unavailable | ServiceError::PromptDisconnected => {
                KeyringError::Unavailable
            }
            ServiceError::Zbus(error) if is_gone(error) => KeyringError::Unavailable,
            other => KeyringError::Failed { reason: other.to_string() },
        }
    }

    /// A question was dismissed. gnome-keyring says so, too, when it found nobody to ask: then
    /// there is no prompter on the bus, while one that did ask stays there for a while.
    fn who_refused(&self) -> KeyringError {
        let has = |name| self.has_owner(name).unwrap_or(true);
        if has(GNOME_KEYRING) && !has(GNOME_PROMPTER) {
            KeyringError::Locked
        } else {
            KeyringError::PromptDismissed
        }
    }

    fn has_owner(&self, name: &'static str) -> zbus::Result<bool> {
        let name = zbus::names::BusName::try_from(name)?;
        Ok(DBusProxy::new(&self.bus)?.name_has_owner(name)?)
    }
}

/// Whether the bus or the service is not there any more.
fn is_gone(error: &zbus::Error) -> bool {
    match error {
        zbus::Error::InputOutput(_) => true,
        zbus::Error::MethodError(name, _, _) => {
            let name = name.as_str();
            name == "org.freedesktop.DBus.Error.ServiceUnknown"
                || name == "org.freedesktop.DBus.Error.NoReply"
                || name.starts_with("org.freedesktop.DBus.Error.Spawn.")
        }
        _ => false,
    }
}
