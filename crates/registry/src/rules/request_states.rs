//! The states of a token request: which event leads from where to where, for which type of token,
//! and who may cause it.
//!
//! ```text
//!   soft:  requested --process--> processed ------------------activate--> activated
//!   hard:  requested --process--> processed --ship--> shipped --activate--> activated
//!            ^    |                 ^    |             ^    |
//!            +edit+                 +----+ send again  +----+
//!   requested, processed, shipped --cancel--> cancelled
//! ```
//!
//! Until it is processed its owner can edit it; after that only cancel it. It is activated by the
//! association of its token, in the same commit. Activated and cancelled are final.

use oath::{TokenType, UnixTime};

use crate::{
    event::Actor,
    request::{RequestState, TokenRequest},
};

/// What can happen to a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RequestEvent {
    /// Its owner changes mail or address.
    Edit,
    /// The help desk takes it up.
    Process,
    /// The hard token is given to a carrier.
    Ship,
    /// The activation mail goes out anew.
    SendAgain,
    /// Its token was associated.
    Activate,
    /// It is given up.
    Cancel,
}

impl RequestEvent {
    /// Every event.
    pub const ALL: [Self; 6] =
        [Self::Edit, Self::Process, Self::Ship, Self::SendAgain, Self::Activate, Self::Cancel];
}

/// Who may cause an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RequestWho {
    /// This program alone, by its own rules.
    System,
    /// An administrator.
    HelpDesk,
    /// The prescriber whose request it is.
    Owner,
    /// Either of the last two.
    OwnerOrHelpDesk,
}

use RequestEvent as E;
use RequestState as S;
use RequestWho as W;
use TokenType as T;

/// For which types of token a row holds.
type For = &'static [TokenType];
const BOTH: For = &T::ALL;
const SOFT: For = &[T::Soft];
const HARD: For = &[T::Hard];

/// From, event, who, for which type, to. What does not stand here does not happen.
pub const REQUEST_TABLE: &[(RequestState, RequestEvent, RequestWho, For, RequestState)] = &[
    (S::Requested, E::Edit, W::Owner, BOTH, S::Requested),
    (S::Requested, E::Process, W::HelpDesk, BOTH, S::Processed),
    (S::Requested, E::Cancel, W::OwnerOrHelpDesk, BOTH, S::Cancelled),
    (S::Processed, E::Ship, W::HelpDesk, HARD, S::Shipped),
    (S::Processed, E::SendAgain, W::HelpDesk, SOFT, S::Processed),
    (S::Processed, E::Activate, W::System, SOFT, S::Activated),
    (S::Processed, E::Cancel, W::OwnerOrHelpDesk, BOTH, S::Cancelled),
    (S::Shipped, E::SendAgain, W::HelpDesk, HARD, S::Shipped),
    (S::Shipped, E::Activate, W::System, HARD, S::Activated),
    (S::Shipped, E::Cancel, W::OwnerOrHelpDesk, HARD, S::Cancelled),
];

/// Why an event does not happen to a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RequestImpossible {
    /// The table has no such row.
    FromHere(RequestState),
    /// It has, but not for this actor.
    ForThem,
}

/// Applies an event to a request: its new state, and the time at which it came there.
///
/// # Errors
/// [`RequestImpossible`] if the table does not have it for this request and actor.
pub fn apply(
    request: &TokenRequest,
    event: RequestEvent,
    actor: &Actor,
    now: UnixTime,
) -> Result<TokenRequest, RequestImpossible> {
    let (_, _, who, _, to) = REQUEST_TABLE
        .iter()
        .find(|(from, on, _, types, _)| {
            *from == request.state && *on == event && types.contains(&request.token_type)
        })
        .ok_or(RequestImpossible::FromHere(request.state))?;
    if !may(*who, actor, request) {
        return Err(RequestImpossible::ForThem);
    }
    let mut after = TokenRequest { state: *to, ..request.clone() };
    match event {
        E::Edit => after.edited = Some(now),
        E::Process => after.processed = Some(now),
        E::Ship => after.shipped = Some(now),
        E::Activate => after.activated = Some(now),
        E::Cancel => after.cancelled = Some(now),
        E::SendAgain => {}
    }
    if !after.state.is_open() {
        // Nothing is mailed for a request that is over.
        after.mailing.due = None;
    }
    Ok(after)
}

fn may(who: RequestWho, actor: &Actor, request: &TokenRequest) -> bool {
    match (who, actor) {
        (W::System, Actor::System)
        | (W::HelpDesk | W::OwnerOrHelpDesk, Actor::Administrator { .. }) => true,
        (
            W::Owner | W::OwnerOrHelpDesk,
            Actor::Prescriber { npi } | Actor::RelyingParty { signed_in: Some(npi), .. },
        ) => *npi == request.npi,
        _ => false,
    }
}
