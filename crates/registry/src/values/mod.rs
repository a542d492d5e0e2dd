//! What people type and programs carry: each exists only if it is well formed.

mod account_id;
mod activate_link;
mod administrator_name;
mod confirmation_code;
mod idempotency_key;
mod mail;
mod npi;
mod passphrase;
mod phone;
mod postal_address;
mod proofing;
mod reference;
mod request_id;
mod reset_secret;
mod session_secret;
mod short_id;

pub use account_id::AccountId;
pub use activate_link::ActivateLink;
pub use administrator_name::AdministratorName;
pub use confirmation_code::ConfirmationCode;
pub use idempotency_key::IdempotencyKey;
pub use mail::Mail;
pub use npi::Npi;
pub use passphrase::Passphrase;
pub use phone::Phone;
pub use postal_address::{PostalAddress, ZipCode};
pub use proofing::ProofingRecord;
pub use reference::Reference;
pub use request_id::RequestId;
pub use reset_secret::{ResetId, ResetSecret};
pub use session_secret::{CsrfToken, SessionId, SessionSecret};
pub(crate) use short_id::short_id;

/// A value that is not well formed, told in the words of the person who typed it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ValueError {
    /// Not ten digits, or the check digit does not fit.
    #[error("this is not an NPI: it has ten digits, and one of these is mistyped; check it")]
    Npi,
    /// Empty, too long, of other characters, or what could be an NPI.
    #[error(
        "an account's own ID has 1 to 64 letters, digits, dashes, underscores and dots, and does not look like an NPI"
    )]
    AccountId,
    /// Shorter than 8 or longer than 128 characters.
    #[error("a passphrase has 8 to 128 characters")]
    Passphrase,
    /// Not a telephone number in full.
    #[error("this is not a telephone number in full: it looks like +1 410 555 0134")]
    Phone,
    /// Not a mail address.
    #[error("this is not a mail address: it looks like name@example.org")]
    Mail,
    /// Not what names an import of stock.
    #[error("this is not an import of stock: it has 32 hexadecimal digits")]
    StockImport,
    /// Not what a link for a new passphrase ends with.
    #[error(
        "this link is not complete: open it again from where you got it, or copy the whole of it"
    )]
    ResetSecret,
    /// Not eight letters and digits.
    #[error("a confirmation code has eight letters and digits; type it as you received it")]
    ConfirmationCode,
    /// Empty, or longer than 500 characters.
    #[error("an identity-proofing record says who checked what, in 1 to 500 characters")]
    Proofing,
    /// Not a session that this program gave out.
    #[error("you are not signed in: sign in, then try again")]
    SessionSecret,
    /// Not 1 to 64 letters, digits, dashes or underscores.
    #[error("an idempotency key is 1 to 64 letters, digits, dashes and underscores")]
    IdempotencyKey,
    /// Not 1 to 64 characters on one line.
    #[error("an administrator's name has 1 to 64 characters on one line")]
    AdministratorName,
    /// Not 1 to 128 characters on one line.
    #[error("a reference of what is signed has 1 to 128 characters on one line")]
    Reference,
    /// Not a key that this program gave out.
    #[error("this is not an API key: it begins with csk_; copy the whole of it")]
    ApiKey,
    /// Not what names an API key.
    #[error("this is not the ID of an API key: it has 16 hexadecimal digits")]
    ApiKeyId,
    /// Not what names a webhook.
    #[error("this is not the ID of a webhook: it has 16 hexadecimal digits")]
    WebhookId,
    /// Not an address that a webhook may have.
    #[error(
        "a webhook's address begins with https:// (http:// on this machine only), has no user and no #, and is at most 512 characters long"
    )]
    WebhookUrl,
    /// Not one of the events that webhooks are told of.
    #[error("there is no such event: `countersign-server webhook add --help` lists them")]
    HookKind,
    /// Not one of the scopes.
    #[error("a scope of an API key is one of verify, read, audit, tokens, accounts")]
    Scope,
    /// Not one of the roles.
    #[error("a role is one of token-administrator, access-administrator, registrant, auditor")]
    Role,
    /// A line of an address is missing or too long.
    #[error("an address has a street, a city, a state and a ZIP code, each of 1 to 64 characters")]
    Address,
    /// Not five digits, or nine with a dash between.
    #[error("this is not a ZIP code: it looks like 21409 or 21409-1234")]
    Zip,
    /// Not eight letters and digits.
    #[error("this is not the number of a request: it looks like R-4F7K-92MQ")]
    RequestId,
    /// Not the end of an address that a mail of ours leads to.
    #[error("this link is not complete: open it from the mail again")]
    ActivateLink,
}
