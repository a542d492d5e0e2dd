//! What the pages are told: no seed, no key, no link.

use oath::{CredentialId, UnixTime};
use provisioning::EnrolmentLink;
use serde::Serialize;
use vault::{Credential, Enrolment};

use crate::{note::KnownToken, problem::Refusal};

/// What to show.
#[derive(Debug, Serialize)]
pub(crate) struct Status {
    #[serde(flatten)]
    pub(crate) vault: VaultView,
    /// Where the waiting enrolment link leads.
    pub(crate) invitation: Option<InvitationView>,
    /// A link that the system handed over and that is no good.
    pub(crate) refused_link: Option<RefusedLinkView>,
}

/// The vault, as far as it may be seen.
#[derive(Debug, Serialize)]
#[serde(tag = "vault", rename_all = "kebab-case")]
pub(crate) enum VaultView {
    /// There has never been one, or the person wants a new one.
    None,
    /// There was one; the keyring has nothing now.
    Emptied { known: Vec<KnownView> },
    /// Erased after too many wrong PINs.
    Erased { known: Vec<KnownView> },
    /// A PIN opens it.
    Locked { tries_left: u8, pin_length: u8 },
    /// Open.
    Unlocked {
        tokens: Vec<TokenView>,
        /// The credential IDs of tokens whose entries in the keyring are damaged.
        unreadable: Vec<String>,
        /// The note could not be written.
        note_unwritten: bool,
    },
}

/// A token that is gone: what to quote to the help desk.
#[derive(Debug, Serialize)]
pub(crate) struct KnownView {
    /// The credential ID, in groups.
    shown: String,
    name: String,
    issuer: Option<String>,
}

impl KnownView {
    pub(crate) fn of(token: &KnownToken) -> Self {
        Self {
            shown: token.credential_id.to_string(),
            name: token.name.to_string(),
            issuer: token.issuer.as_ref().map(ToString::to_string),
        }
    }

    /// A token of which only the credential ID is known.
    pub(crate) fn without_name(id: CredentialId) -> Self {
        Self { shown: id.to_string(), name: String::new(), issuer: None }
    }
}

/// Where an enrolment link leads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct InvitationView {
    issuer: String,
    host: String,
    pin_length: u8,
}

impl InvitationView {
    pub(crate) fn of(link: &EnrolmentLink) -> Self {
        Self {
            issuer: link.issuer.to_string(),
            host: link.server.host().to_owned(),
            pin_length: link.pin.length(),
        }
    }
}

/// A link that is no good, with its text, so that nothing is lost.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct RefusedLinkView {
    pub(crate) text: String,
    pub(crate) problem: Refusal,
}

/// One token's card, without its code.
#[derive(Debug, Serialize)]
pub(crate) struct TokenView {
    id: CredentialId,
    /// The credential ID, in groups.
    shown: String,
    name: String,
    issuer: Option<String>,
    enrolment: EnrolmentView,
}

impl TokenView {
    pub(crate) fn of(credential: &Credential, now: UnixTime) -> Self {
        Self {
            id: credential.id,
            shown: credential.id.to_string(),
            name: credential.name.to_string(),
            issuer: credential.issuer.as_ref().map(ToString::to_string),
            enrolment: EnrolmentView::of(&credential.enrolment, now),
        }
    }
}

/// How far a token's enrolment is.
#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "status", rename_all = "kebab-case")]
pub(crate) enum EnrolmentView {
    /// It has none.
    None,
    /// The server does not have it yet, as far as we know.
    Pending { host: String, expired: bool },
    /// The server has it.
    Sent { host: String },
}

impl EnrolmentView {
    fn of(enrolment: &Enrolment, now: UnixTime) -> Self {
        match enrolment {
            Enrolment::None => Self::None,
            Enrolment::Pending(link) => Self::Pending {
                host: link.server.host().to_owned(),
                expired: link.check_expiry(now).is_err(),
            },
            Enrolment::Sent { server, .. } => Self::Sent { host: server.host().to_owned() },
        }
    }
}

/// A code and how long it holds.
#[derive(Serialize)]
pub(crate) struct CodeView {
    pub(crate) id: CredentialId,
    pub(crate) digits: String,
    /// The length of the time step, in seconds.
    pub(crate) period: u64,
    /// What is left of it, in milliseconds.
    pub(crate) left: u64,
}
