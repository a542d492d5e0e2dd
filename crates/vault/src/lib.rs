//! The app's credentials: each seed in the operating system's keyring, a PIN over all of them.
//!
//! The keyring is the only store. `docs/vault.md` writes its entries down to the byte, with the
//! order in which they are written and why. Everything here blocks: call it off the main thread.
//!
//! | module | subject |
//! | --- | --- |
//! | [`pin`] | the PIN, and which PINs are refused |
//! | [`locked`] | locked: state, making, unlocking, counting attempts, erasing |
//! | [`unlocked`] | unlocked: credentials, codes, provisioning data |
//! | [`credential`] | what is known of a credential, but for its seed |
//! | [`credential_log`] | what has happened to it, and what the server last said of it |
//! | [`costs`] | what one guess of the PIN costs |
//! | [`keyring_port`] | what the vault asks of a keyring |
//! | [`os_keyring`] | the operating system's keyring behind that port |

pub mod costs;
pub mod credential;
pub mod credential_log;
pub mod keyring_port;
pub mod locked;
pub mod os_keyring;
pub mod pin;
pub mod unlocked;

mod attempts_entry;
mod credential_entry;
mod entry;
mod error;
mod seal;
mod store;
mod vault_entry;
mod vault_key;

pub use costs::Costs;
pub use credential::{Credential, CredentialKind, Device, Enrolment, NewCredential};
pub use credential_log::{LastState, LogEvent, LogLine, Reason, TokenState};
pub use error::Error;
pub use keyring_port::{Keyring, KeyringError};
pub use locked::{MAX_TRIES, State, Vault};
pub use os_keyring::OsKeyring;
pub use pin::Pin;
pub use provisioning::PinPolicy;
pub use unlocked::{UnlockedVault, Unreadable};
