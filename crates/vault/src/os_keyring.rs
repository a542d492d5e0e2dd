//! The operating system's keyring.
//!
//! One store crate per platform, each in a module of its own with the same four functions; there
//! is no fallback to anything else. Only Linux' could be run where this was written.

use std::sync::{Mutex, MutexGuard, PoisonError};

use keyring::{Entry, Error as StoreError};
use zeroize::{Zeroize, Zeroizing};

use crate::{Keyring, KeyringError};

#[cfg(target_os = "android")]
#[path = "os_keyring/android.rs"]
mod platform;
#[cfg(any(target_os = "macos", target_os = "ios"))]
#[path = "os_keyring/apple.rs"]
mod platform;
#[cfg(target_os = "linux")]
#[path = "os_keyring/linux.rs"]
mod platform;
#[cfg(target_os = "windows")]
#[path = "os_keyring/windows.rs"]
mod platform;

use platform::Platform;

/// The operating system's keyring: the Secret Service, Keychain, Credential Manager or Android's
/// Keystore.
///
/// One caller at a time, and blocking: the keyring may ask the person to unlock it and waits for
/// the answer. Never call it on the main thread or from an asynchronous function.
pub struct OsKeyring {
    /// `None` after a failure: the next access connects anew, for the keyring may have restarted.
    platform: Mutex<Option<Platform>>,
}

impl OsKeyring {
    /// The service name of all our entries.
    pub const SERVICE: &str = "org.countersign.app";

    /// Connects to the keyring.
    ///
    /// # Errors
    /// [`KeyringError::Unavailable`] where none answers, or what else it says.
    pub fn open() -> Result<Self, KeyringError> {
        Ok(Self { platform: Mutex::new(Some(Platform::open()?)) })
    }

    /// Lets one caller use the keyring, and drops the connection if that fails.
    fn with<T>(
        &self,
        access: impl FnOnce(&Platform) -> Result<T, KeyringError>,
    ) -> Result<T, KeyringError> {
        let mut connected = self.take_turn();
        let platform = match connected.take() {
            Some(platform) => platform,
            None => Platform::open()?,
        };
        let answer = access(&platform);
        let connection_is_good =
            !matches!(answer, Err(KeyringError::Unavailable | KeyringError::Failed { .. }));
        *connected = connection_is_good.then_some(platform);
        answer
    }

    fn take_turn(&self) -> MutexGuard<'_, Option<Platform>> {
        self.platform.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Keyring for OsKeyring {
    fn read(&self, entry: &str) -> Result<Option<Zeroizing<String>>, KeyringError> {
        self.with(|platform| {
            platform.prepare_to_read()?;
            match platform.entry(entry).and_then(|entry| entry.get_secret()) {
                Ok(value) => text(value).map(Some),
                Err(StoreError::NoEntry) => Ok(None),
                Err(error) => Err(explain(platform, error)),
            }
        })
    }

    fn write(&self, entry: &str, value: &str) -> Result<(), KeyringError> {
        self.with(|platform| {
            platform.prepare_to_write()?;
            platform
                .entry(entry)
                .and_then(|entry| entry.set_secret(value.as_bytes()))
                .map_err(|error| explain(platform, error))
        })
    }

    fn delete(&self, entry: &str) -> Result<(), KeyringError> {
        self.with(|platform| {
            platform.prepare_to_read()?;
            match platform.entry(entry).and_then(|entry: Entry| entry.delete_credential()) {
                Ok(()) | Err(StoreError::NoEntry) => Ok(()),
                Err(error) => Err(explain(platform, error)),
            }
        })
    }
}

fn text(value: Vec<u8>) -> Result<Zeroizing<String>, KeyringError> {
    String::from_utf8(value).map(Zeroizing::new).map_err(|error| {
        error.into_bytes().zeroize();
        KeyringError::NotText
    })
}

/// What an error means that is the same on every platform; the rest is the platform's to tell.
fn explain(platform: &Platform, error: StoreError) -> KeyringError {
    match error {
        StoreError::BadEncoding(mut value) | StoreError::BadDataFormat(mut value, _) => {
            value.zeroize();
            KeyringError::NotText
        }
        StoreError::Ambiguous(_) => KeyringError::Ambiguous,
        other => platform.explain(other),
    }
}
