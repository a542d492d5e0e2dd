//! What is sealed under the master key in the database, to be sealed anew under another.

use crate::master_key::What;

/// Where in the database sealed values are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SealedIn {
    /// Tokens that a file of stock brought and that are not taken yet.
    Staged,
    /// Tokens.
    Tokens,
    /// Activations.
    Activations,
    /// Requests of soft tokens.
    Requests,
    /// Administrators.
    Administrators,
    /// Webhooks.
    Webhooks,
    /// Webhooks' secrets of before.
    FormerWebhooks,
    /// The server's own.
    Secrets,
}

impl SealedIn {
    /// Every place, in an order in which nothing is copied from a later one to an earlier.
    pub(crate) const ALL: &[Self] = &[
        Self::Staged,
        Self::Tokens,
        Self::Activations,
        Self::Requests,
        Self::Administrators,
        Self::Webhooks,
        Self::FormerWebhooks,
        Self::Secrets,
    ];
}

/// The key of the row in which a value is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SealedKey {
    /// A number of text: serial number, name.
    Text(String),
    /// Bytes.
    Bytes(Vec<u8>),
}

impl SealedKey {
    pub(crate) fn as_bytes(&self) -> &[u8] {
        match self {
            Self::Text(text) => text.as_bytes(),
            Self::Bytes(bytes) => bytes,
        }
    }
}

/// A value as it is in the database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedValue {
    /// Whose it is.
    pub key: SealedKey,
    /// The value.
    pub sealed: Vec<u8>,
}

/// What the value in a row of this place is, by the row's key.
pub(crate) fn what(place: SealedIn, key: &SealedKey) -> What {
    match place {
        SealedIn::Staged | SealedIn::Tokens => What::Seed,
        SealedIn::Activations => What::ActivationSecret,
        SealedIn::Requests => What::EnrolmentLink,
        SealedIn::Administrators => What::AdministratorSeed,
        SealedIn::Webhooks | SealedIn::FormerWebhooks => What::WebhookSecret,
        SealedIn::Secrets => match key.as_bytes() {
            b"server key" => What::ServerKey,
            b"tag root" => What::TagRoot,
            _ => What::AuditKey,
        },
    }
}
