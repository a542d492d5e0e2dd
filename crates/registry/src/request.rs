//! A prescriber's request for one token, hard or soft.
//!
//! What leads from one state to another stands in [`crate::rules::request_states`]. A request for
//! both kinds is two requests that were made at once.

use oath::{SerialNumber, TokenType, UnixTime};
use provisioning::{ActivationId, Label};
use serde::Serialize;

use crate::{
    event::words,
    rules::{mail_tries, owning::DeactivationReason},
    values::{IdempotencyKey, Mail, Npi, PostalAddress, RequestId},
};

/// Where a request is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RequestState {
    /// It waits in the queue, and can be edited.
    Requested,
    /// The help desk has taken it up: a soft token's activation is mailed, a hard one is being packed.
    Processed,
    /// The hard token is on its way.
    Shipped,
    /// Its token was associated. Final.
    Activated,
    /// It was given up. Final.
    Cancelled,
}

words!(RequestState {
    Requested = "requested",
    Processed = "processed",
    Shipped = "shipped",
    Activated = "activated",
    Cancelled = "cancelled",
});

impl RequestState {
    /// Whether something is still to happen.
    #[must_use]
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Requested | Self::Processed | Self::Shipped)
    }
}

/// What is requested.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    /// A hard token, shipped to an address.
    Hard(PostalAddress),
    /// A soft token.
    Soft,
    /// One of each.
    Both(PostalAddress),
}

impl Wanted {
    /// The types of the tokens, and where one is shipped to.
    pub(crate) fn each(&self) -> Vec<(TokenType, Option<&PostalAddress>)> {
        match self {
            Self::Hard(address) => vec![(TokenType::Hard, Some(address))],
            Self::Soft => vec![(TokenType::Soft, None)],
            Self::Both(address) => {
                vec![(TokenType::Hard, Some(address)), (TokenType::Soft, None)]
            }
        }
    }
}

/// The form of Request Token.
#[derive(Debug, Clone)]
pub struct TokenOrder {
    /// Which tokens.
    pub wanted: Wanted,
    /// Where the activation is mailed to.
    pub mail: Mail,
    /// Names this submit, so that a second one gets the first one's answer.
    pub idempotency_key: IdempotencyKey,
}

/// The form of Replace Token: the new one is of the old one's type.
#[derive(Debug, Clone)]
pub struct Replacement {
    /// The token that is deactivated.
    pub serial: SerialNumber,
    /// Why.
    pub reason: DeactivationReason,
    /// Whether what follows from giving up the last one was read and meant.
    pub last_one_meant: bool,
    /// Where the activation is mailed to.
    pub mail: Mail,
    /// Where a hard token is shipped to; not used for a soft one.
    pub address: Option<PostalAddress>,
    /// Names this submit, so that a second one gets the first one's answer.
    pub idempotency_key: IdempotencyKey,
}

/// Who carries a parcel, and what it is called there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Shipment {
    /// The carrier.
    pub carrier: Label,
    /// The carrier's tracking number.
    pub tracking: Label,
}

/// The token that a request replaces.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Replaced {
    /// Which token.
    pub serial: SerialNumber,
    /// Why.
    pub reason: DeactivationReason,
}

/// How the activation mail fares.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Mailing {
    /// When it is to be tried next; `None` where none is to be sent.
    pub due: Option<UnixTime>,
    /// How often it was tried.
    pub attempts: u32,
    /// When it was sent.
    pub sent: Option<UnixTime>,
    /// Why the last try failed.
    pub problem: Option<String>,
}

impl Mailing {
    /// A mail that is to be sent at once.
    pub(crate) const fn due_at(now: UnixTime) -> Self {
        Self { due: Some(now), attempts: 0, sent: None, problem: None }
    }

    /// Whether a try is due: also one that a clock that was wrong has set to be due.
    #[must_use]
    pub fn is_due(&self, now: UnixTime) -> bool {
        self.due.is_some_and(|due| mail_tries::is_due(due, self.attempts, now))
    }
}

/// A request as everybody concerned may see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TokenRequest {
    /// What names it.
    pub id: RequestId,
    /// Whose it is.
    pub npi: Npi,
    /// Which type of token it is for.
    pub token_type: TokenType,
    /// Where it is.
    pub state: RequestState,
    /// Where the activation is mailed to.
    pub mail: Mail,
    /// Where a hard token is shipped to.
    pub address: Option<PostalAddress>,
    /// The token that it replaces.
    pub replaces: Option<Replaced>,
    /// When it was made.
    pub requested: UnixTime,
    /// When it was last edited.
    pub edited: Option<UnixTime>,
    /// When the help desk took it up.
    pub processed: Option<UnixTime>,
    /// When the hard token was shipped.
    pub shipped: Option<UnixTime>,
    /// When its token was associated.
    pub activated: Option<UnixTime>,
    /// When it was given up.
    pub cancelled: Option<UnixTime>,
    /// Who carries the hard token.
    pub shipment: Option<Shipment>,
    /// The token that was shipped, or that was associated.
    pub serial: Option<SerialNumber>,
    /// Until when the mailed link of a soft token can be used.
    pub link_expires: Option<UnixTime>,
    /// How the activation mail fares.
    pub mailing: Mailing,
}

/// A request as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestRecord {
    /// What everybody concerned may see of it.
    pub request: TokenRequest,
    /// The submit that made it.
    pub key: IdempotencyKey,
    /// The activation that it began; a soft token's only.
    pub activation: Option<ActivationId>,
    /// The enrolment link of that activation, sealed under the master key.
    pub sealed_link: Option<Vec<u8>>,
    /// How many different links were mailed; an earlier one leads nowhere.
    pub links: u32,
    /// Counts the writes, for compare-and-set.
    pub version: u64,
}
