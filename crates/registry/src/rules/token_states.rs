//! The states of a token: which event leads from where to where, who may cause it, and under which
//! condition. `docs/architecture.md` has them drawn.
//!
//! ```text
//!   provisioned --associate--> pending sync --acknowledged--> active
//!        \--associate, where there is no network to be told--> active
//!
//!                 pending sync, active <--lock ended, unlock-- locked
//!                                | ^ ------too many failures----^ |^
//!                          lost  | | found                   lost || found, while the
//!                                v |                              v| lock holds still
//!                              suspended <------------------------+|
//!                                  |------------------------------+
//!   any of them --deactivate--> deactivated, which is final
//!   active, locked --moved to a new phone--> deactivated
//! ```
//!
//! A token whose lock has ended, or that was found, is where it was before: pending sync until the network
//! has acknowledged it, which it may do meanwhile.
//!
//! A token that nobody owns can have too many wrong codes too, when it is being associated: that
//! pauses its association, and it stays provisioned. To unlock a token that is not locked takes its
//! count of wrong codes away, so that its next wrong code is the first. Its owner can end a lock before its
//! time, but takes no wrong code away: of a hundred in a row, none is given back. To resynchronise one takes
//! two codes in a row besides what stands here.

use oath::UnixTime;

use super::{lock::Lock, network_sync::NetworkSync};
use crate::{
    event::Actor,
    token::{Token, TokenState},
    values::Npi,
};

/// What can happen to a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenEvent {
    /// It becomes somebody's.
    Associate,
    /// The e-prescribing network has acknowledged it.
    Acknowledge,
    /// The e-prescribing network did not acknowledge it in time.
    GiveUpSync,
    /// The e-prescribing network is to be told once more.
    SyncAgain,
    /// One wrong code too many was typed.
    TooManyFailures,
    /// The time of its lock is over.
    LockEnded,
    /// Its lock and its count of wrong codes are taken away.
    Unlock,
    /// Its lock is ended before its time; the count of wrong codes stays.
    EndLock,
    /// Its step or counter is found again by two codes in a row.
    Resynchronise,
    /// It is reported lost.
    Lost,
    /// It was found again.
    Found,
    /// It is given up.
    Deactivate,
    /// Another token, on a new phone, has taken its place.
    Move,
}

impl TokenEvent {
    /// Every event.
    pub const ALL: [Self; 13] = [
        Self::Associate,
        Self::Acknowledge,
        Self::GiveUpSync,
        Self::SyncAgain,
        Self::TooManyFailures,
        Self::LockEnded,
        Self::Unlock,
        Self::EndLock,
        Self::Resynchronise,
        Self::Lost,
        Self::Found,
        Self::Deactivate,
        Self::Move,
    ];
}

/// Who may cause an event. A prescriber who has signed in through a relying party, by both factors, for
/// this one request is a prescriber as any other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    /// This program alone, by its own rules.
    System,
    /// An administrator.
    HelpDesk,
    /// A prescriber, for a token that nobody owns.
    Prescriber,
    /// Its owner.
    Owner,
    /// Its owner, or this program by its own rules.
    OwnerOrSystem,
    /// Its owner, or an administrator.
    OwnerOrHelpDesk,
    /// Its owner, a relying party that shows two of its codes, or an administrator.
    OwnerRelyingPartyOrHelpDesk,
    /// Its owner, another token of its owner, a relying party, or an administrator.
    AnyOfTheirsOrHelpDesk,
}

/// What must be true of a token besides its state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Guard {
    /// Nothing.
    Always,
    /// Nothing waits for the network.
    Synced,
    /// The network has not acknowledged it yet.
    NotSynced,
    /// The network did not acknowledge it in time.
    SyncGivenUp,
    /// A lock of earlier still holds.
    LockHolds,
    /// Its lock ends by itself, and nothing waits for the network.
    LockEndsSynced,
    /// Its lock ends by itself, and the network has not acknowledged it yet.
    LockEndsNotSynced,
    /// No lock holds, and nothing waits for the network.
    NoLockSynced,
    /// No lock holds, and the network has not acknowledged it yet.
    NoLockNotSynced,
}

/// From, event, who, guard, to.
pub type Row = (TokenState, TokenEvent, Who, Guard, TokenState);

use Guard as G;
use TokenEvent as E;
use TokenState as S;

/// What does not stand here does not happen.
pub const TABLE: &[Row] = &[
    (S::Provisioned, E::Associate, Who::Prescriber, G::Synced, S::Active),
    (S::Provisioned, E::Associate, Who::Prescriber, G::NotSynced, S::PendingSync),
    (S::Provisioned, E::TooManyFailures, Who::System, G::Always, S::Provisioned),
    (S::Provisioned, E::LockEnded, Who::System, G::Always, S::Provisioned),
    (S::Provisioned, E::Unlock, Who::HelpDesk, G::Always, S::Provisioned),
    (S::Provisioned, E::Deactivate, Who::HelpDesk, G::Always, S::Deactivated),
    (S::PendingSync, E::Acknowledge, Who::System, G::NotSynced, S::Active),
    (S::PendingSync, E::GiveUpSync, Who::System, G::NotSynced, S::PendingSync),
    (S::PendingSync, E::SyncAgain, Who::OwnerOrHelpDesk, G::SyncGivenUp, S::PendingSync),
    (S::PendingSync, E::TooManyFailures, Who::System, G::Always, S::Locked),
    (S::PendingSync, E::Unlock, Who::HelpDesk, G::Always, S::PendingSync),
    (S::PendingSync, E::Resynchronise, Who::OwnerRelyingPartyOrHelpDesk, G::Always, S::PendingSync),
    (S::PendingSync, E::Lost, Who::AnyOfTheirsOrHelpDesk, G::Always, S::Suspended),
    (S::PendingSync, E::Deactivate, Who::OwnerOrHelpDesk, G::Always, S::Deactivated),
    (S::Active, E::TooManyFailures, Who::System, G::Always, S::Locked),
    (S::Active, E::Unlock, Who::HelpDesk, G::Always, S::Active),
    (S::Active, E::Resynchronise, Who::OwnerRelyingPartyOrHelpDesk, G::Always, S::Active),
    (S::Active, E::Lost, Who::AnyOfTheirsOrHelpDesk, G::Always, S::Suspended),
    (S::Active, E::Deactivate, Who::OwnerOrHelpDesk, G::Always, S::Deactivated),
    (S::Active, E::Move, Who::OwnerOrSystem, G::Always, S::Deactivated),
    (S::Locked, E::Acknowledge, Who::System, G::NotSynced, S::Locked),
    (S::Locked, E::GiveUpSync, Who::System, G::NotSynced, S::Locked),
    (S::Locked, E::LockEnded, Who::System, G::Synced, S::Active),
    (S::Locked, E::LockEnded, Who::System, G::NotSynced, S::PendingSync),
    (S::Locked, E::Unlock, Who::HelpDesk, G::Synced, S::Active),
    (S::Locked, E::Unlock, Who::HelpDesk, G::NotSynced, S::PendingSync),
    (S::Locked, E::EndLock, Who::Owner, G::LockEndsSynced, S::Active),
    (S::Locked, E::EndLock, Who::Owner, G::LockEndsNotSynced, S::PendingSync),
    (S::Locked, E::Lost, Who::AnyOfTheirsOrHelpDesk, G::Always, S::Suspended),
    (S::Locked, E::Deactivate, Who::OwnerOrHelpDesk, G::Always, S::Deactivated),
    (S::Locked, E::Move, Who::OwnerOrSystem, G::Always, S::Deactivated),
    (S::Suspended, E::Acknowledge, Who::System, G::NotSynced, S::Suspended),
    (S::Suspended, E::GiveUpSync, Who::System, G::NotSynced, S::Suspended),
    (S::Suspended, E::Found, Who::OwnerOrHelpDesk, G::NoLockSynced, S::Active),
    (S::Suspended, E::Found, Who::OwnerOrHelpDesk, G::NoLockNotSynced, S::PendingSync),
    (S::Suspended, E::Found, Who::OwnerOrHelpDesk, G::LockHolds, S::Locked),
    (S::Suspended, E::Deactivate, Who::OwnerOrHelpDesk, G::Always, S::Deactivated),
];

/// Why an event does not happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Impossible {
    /// The table has no such row.
    FromHere(TokenState),
    /// It has, but not for this actor.
    ForThem,
}

/// Applies an event to a token: its new state, and what follows from it for count and lock.
///
/// # Errors
/// [`Impossible`] if the table does not have it for this token and actor.
pub fn apply(
    token: &Token,
    event: TokenEvent,
    actor: &Actor,
    now: UnixTime,
) -> Result<Token, Impossible> {
    let token = token.at(now);
    let (_, _, who, _, to) = row(&token, event).ok_or(Impossible::FromHere(token.state))?;
    if !may(*who, actor, &token) {
        return Err(Impossible::ForThem);
    }
    let mut after = Token { state: *to, ..token };
    match event {
        TokenEvent::Unlock => {
            after.failures = 0;
            after.near_misses = 0;
            after.lock = None;
        }
        TokenEvent::EndLock => after.lock = None,
        TokenEvent::Acknowledge => after.sync = after.sync.acknowledged(now),
        TokenEvent::GiveUpSync => after.sync = after.sync.given_up(now),
        TokenEvent::SyncAgain => after.sync = NetworkSync::begin(now),
        _ => {}
    }
    Ok(after)
}

/// Whether an event can happen to a token at an instant, and this actor may cause it.
#[must_use]
pub fn is_possible(token: &Token, event: TokenEvent, actor: &Actor, now: UnixTime) -> bool {
    apply(token, event, actor, now).is_ok()
}

/// The row of a token as it is at an instant; its locks that are over are gone.
fn row(token: &Token, event: TokenEvent) -> Option<&'static Row> {
    TABLE.iter().find(|(from, on, _, guard, _)| {
        (*from, *on) == (token.state, event) && holds(*guard, token)
    })
}

fn holds(guard: Guard, token: &Token) -> bool {
    match guard {
        Guard::Always => true,
        Guard::Synced => !token.sync.waits(),
        Guard::NotSynced => token.sync.waits(),
        Guard::SyncGivenUp => token.sync.is_given_up(),
        Guard::LockHolds => token.lock.is_some(),
        Guard::LockEndsSynced => lock_ends(token) && !token.sync.waits(),
        Guard::LockEndsNotSynced => lock_ends(token) && token.sync.waits(),
        Guard::NoLockSynced => token.lock.is_none() && !token.sync.waits(),
        Guard::NoLockNotSynced => token.lock.is_none() && token.sync.waits(),
    }
}

const fn lock_ends(token: &Token) -> bool {
    matches!(token.lock, Some(Lock::Until(_)))
}

fn may(who: Who, actor: &Actor, token: &Token) -> bool {
    match (who, actor) {
        (Who::System | Who::OwnerOrSystem, Actor::System) => true,
        (
            Who::HelpDesk
            | Who::OwnerOrHelpDesk
            | Who::OwnerRelyingPartyOrHelpDesk
            | Who::AnyOfTheirsOrHelpDesk,
            Actor::Administrator { .. },
        ) => true,
        (
            Who::OwnerRelyingPartyOrHelpDesk | Who::AnyOfTheirsOrHelpDesk,
            Actor::RelyingParty { signed_in: None, .. },
        ) => token.owner.is_some(),
        (Who::AnyOfTheirsOrHelpDesk, Actor::Token { npi, serial }) => {
            token.owner == Some(*npi) && token.serial != *serial
        }
        (_, Actor::Prescriber { npi } | Actor::RelyingParty { signed_in: Some(npi), .. }) => {
            prescriber_may(who, *npi, token)
        }
        _ => false,
    }
}

fn prescriber_may(who: Who, npi: Npi, token: &Token) -> bool {
    match who {
        Who::Prescriber => token.owner.is_none(),
        Who::Owner
        | Who::OwnerOrSystem
        | Who::OwnerOrHelpDesk
        | Who::OwnerRelyingPartyOrHelpDesk
        | Who::AnyOfTheirsOrHelpDesk => token.owner == Some(npi),
        Who::System | Who::HelpDesk => false,
    }
}

impl Token {
    /// The token as it is at an instant: a lock whose time is over is gone.
    #[must_use]
    pub fn at(&self, now: UnixTime) -> Self {
        let mut token = self.clone();
        if token.lock.is_some_and(|lock| !Lock::holds(lock, now)) {
            token.lock = None;
            if token.state == TokenState::Locked {
                token.state = match token.sync.waits() {
                    true => TokenState::PendingSync,
                    false => TokenState::Active,
                };
            }
        }
        token
    }
}
