//! An activation: one invitation of one account to enrol one token.
//!
//! begun -> provisioned (its sealed token was consumed) -> completed (that token, or another, was
//! associated). A newer activation of the same account supersedes an older one that is not
//! completed; so at most one is open. Time ends one without a write: see [`ActivationRecord::expires`].
//! One that moves a token to a new phone ([`crate::rules::handover`]) names the token that ends with it.

use oath::{SerialNumber, UnixTime};
use provisioning::{ActivationId, EnrolmentLink, IssuerName, PinPolicy, ServerUrl};

use crate::values::{ConfirmationCode, Npi};

/// What an administrator orders with an activation.
#[derive(Debug, Clone)]
pub struct ActivationOrder {
    /// Where the app sends the sealed token.
    pub server: ServerUrl,
    /// Who issues the token.
    pub issuer: IssuerName,
    /// For how many seconds the link can be used.
    pub valid_for: u64,
    /// What is asked of the app's PIN.
    pub pin: PinPolicy,
}

/// A new activation: the link goes to the prescriber one way, the confirmation code another.
#[derive(Debug)]
pub struct BegunActivation {
    /// The link that the app opens.
    pub link: EnrolmentLink,
    /// The second factor of the first sign-in.
    pub confirmation: ConfirmationCode,
}

/// Where an activation is in its life; that it expired is told by the time, not stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ActivationState {
    /// The link is out.
    Begun,
    /// Its token has been provisioned.
    Provisioned,
    /// A token was associated.
    Completed,
    /// A newer activation took its place, or it was given up.
    Superseded,
}

impl ActivationState {
    /// Every state.
    pub const ALL: [Self; 4] = [Self::Begun, Self::Provisioned, Self::Completed, Self::Superseded];

    /// The word that is stored.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Begun => "begun",
            Self::Provisioned => "provisioned",
            Self::Completed => "completed",
            Self::Superseded => "superseded",
        }
    }

    /// Whether a token can still be associated through it.
    #[must_use]
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Begun | Self::Provisioned)
    }
}

/// An open activation as the help desk may see it: neither link nor code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenActivation {
    /// Whose it is.
    pub npi: Npi,
    /// Where in its life it is.
    pub state: ActivationState,
    /// Whether its confirmation code opens the access of an account that has no token in use.
    pub opens_access: bool,
    /// The token that was provisioned by it.
    pub serial: Option<SerialNumber>,
    /// The token that its token takes the place of.
    pub replaces: Option<SerialNumber>,
    /// When it was begun.
    pub begun: UnixTime,
    /// The last instant at which the link is good.
    pub expires: UnixTime,
    /// The last instant at which the confirmation code is good.
    pub confirmation_expires: UnixTime,
    /// Wrong confirmation codes in a row.
    pub wrong_confirmations: u32,
}

/// An activation as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActivationRecord {
    /// Which one it is.
    pub id: ActivationId,
    /// Whose it is.
    pub npi: Npi,
    /// Where in its life it is.
    pub state: ActivationState,
    /// Whether its confirmation code opens the access of an account that has no token in use: two
    /// people began it for one, or somebody at the command line.
    pub opens_access: bool,
    /// What is asked of the app's PIN.
    pub pin: PinPolicy,
    /// The token that was provisioned by it.
    pub serial: Option<SerialNumber>,
    /// The token that its token takes the place of: it is moved to a new phone.
    pub replaces: Option<SerialNumber>,
    /// Its secret, sealed under the master key.
    pub sealed_secret: Vec<u8>,
    /// The keyed hash of its confirmation code.
    pub confirmation_tag: [u8; 32],
    /// The last instant at which the confirmation code is good.
    pub confirmation_expires: UnixTime,
    /// Wrong confirmation codes in a row.
    pub wrong_confirmations: u32,
    /// When it was begun.
    pub begun: UnixTime,
    /// The last instant at which the link is good.
    pub expires: UnixTime,
    /// Counts the writes, for compare-and-set.
    pub version: u64,
}

impl ActivationRecord {
    /// For how many seconds a confirmation code is good at most: 24 hours, as SP 800-63B-4 has it
    /// for one that goes by mail.
    pub const CONFIRMATION_VALID_FOR: u64 = 24 * 3600;
    /// How many wrong confirmation codes in a row end it.
    pub const MAX_WRONG_CONFIRMATIONS: u32 = 10;
}
