//! What the vault asks of a keyring.

use zeroize::Zeroizing;

/// The length that an entry's value stays under, in bytes: Windows' Credential Manager takes
/// 2,560 (`CRED_MAX_CREDENTIAL_BLOB_SIZE`), and no other system takes less.
pub const VALUE_LIMIT: usize = 2_560;

/// A keyring: named entries, each an ASCII text of less than [`VALUE_LIMIT`] bytes.
///
/// One write is atomic: after a crash an entry has its old value or its new one. Nothing is
/// promised of two writes.
pub trait Keyring: Send + Sync {
    /// The value of an entry; `None` only if the keyring is open and has no such entry.
    ///
    /// # Errors
    /// Whatever keeps it from answering, see [`KeyringError`].
    fn read(&self, entry: &str) -> Result<Option<Zeroizing<String>>, KeyringError>;

    /// Makes an entry or replaces its value.
    ///
    /// # Errors
    /// Whatever keeps it from writing, see [`KeyringError`].
    fn write(&self, entry: &str, value: &str) -> Result<(), KeyringError>;

    /// Removes an entry; one that is not there is no error.
    ///
    /// # Errors
    /// Whatever keeps it from deleting, see [`KeyringError`].
    fn delete(&self, entry: &str) -> Result<(), KeyringError>;
}

/// The keyring could not answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyringError {
    /// It is locked, and nobody could be asked to unlock it.
    #[error("the keyring is locked")]
    Locked,
    /// There is none, or it does not answer.
    #[error("no keyring answers")]
    Unavailable,
    /// The person dismissed its question.
    #[error("the keyring's question was dismissed")]
    PromptDismissed,
    /// The entry's value is no text, so none of ours.
    #[error("the entry's value is not text")]
    NotText,
    /// More than one entry has this name.
    #[error("the keyring has several entries of this name")]
    Ambiguous,
    /// Anything else, in the keyring's own words; no secret.
    #[error("the keyring failed: {reason}")]
    Failed {
        /// What it said.
        reason: String,
    },
}
