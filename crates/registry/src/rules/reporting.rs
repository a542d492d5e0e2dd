//! Which token's app may report which other token lost, and what follows.
//!
//! The app shows that it knows its own token's seed, which is one factor: enough to suspend, which is
//! the safe side, and to nothing else. A token that is locked can report too, because the lock is
//! about typed codes, and whoever typed them may be why the report is made; and one that still waits
//! for the network, because a new phone is what a loss is often reported from.

use oath::UnixTime;

use super::token_states::{Impossible, TokenEvent, apply};
use crate::{
    event::{Actor, EventKind, NewEvent},
    token::{Token, TokenState},
};

/// The cause of a report of what was reported before.
pub(crate) const REPORTED_AGAIN: &str = "reported lost again";

/// Whether an event reports what was suspended before, and so suspends nothing. Anybody else can write
/// the same words as the reason of a suspension.
pub(crate) fn is_reported_again(event: &NewEvent) -> bool {
    event.kind == EventKind::TokenSuspended
        && matches!(event.actor, Actor::Token { .. })
        && event.cause.as_deref() == Some(REPORTED_AGAIN)
}

/// Why a report of a loss changes nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ReportRefusal {
    /// The token that it comes from is itself of no use.
    #[error(
        "this token is {state}, and only a token in use can report another lost: use another of your tokens, or call the help desk"
    )]
    NotInUse {
        /// Its state.
        state: TokenState,
    },
    /// It names the token that it comes from.
    #[error(
        "a token cannot report itself lost: report it from another of your tokens, or call the help desk"
    )]
    OwnToken,
    /// The owner has no such token. Also said of a token that is another account's.
    #[error("you have no token with this credential ID or serial number: choose one of yours")]
    UnknownToken,
    /// The lost token is past being suspended.
    #[error("this token is {state}: there is nothing to suspend")]
    NotPossible {
        /// Its state.
        state: TokenState,
    },
    /// The same report named another token before.
    #[error("this report was made for another token already: report the loss anew")]
    ReportUsed,
}

impl ReportRefusal {
    /// The word for logs.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::NotInUse { .. } => "the reporting token is not in use",
            Self::OwnToken => "a token's own loss",
            Self::UnknownToken => "no such token",
            Self::NotPossible { .. } => "not possible from its state",
            Self::ReportUsed => "the report named another token before",
        }
    }
}

/// Whether the app of a token in this state may see and report its owner's other tokens.
#[must_use]
pub const fn may_report(state: TokenState) -> bool {
    matches!(state, TokenState::PendingSync | TokenState::Active | TokenState::Locked)
}

/// Applies a report to the token that it names: `None` if it is suspended already.
///
/// # Errors
/// [`ReportRefusal`], but for `ReportUsed`.
pub fn report(
    reporter: &Token,
    lost: Option<&Token>,
    now: UnixTime,
) -> Result<Option<Token>, ReportRefusal> {
    let state = reporter.at(now).state;
    let npi = match reporter.owner {
        Some(npi) if may_report(state) => npi,
        _ => return Err(ReportRefusal::NotInUse { state }),
    };
    let lost = lost.filter(|token| token.owner == Some(npi)).ok_or(ReportRefusal::UnknownToken)?;
    if lost.serial == reporter.serial {
        return Err(ReportRefusal::OwnToken);
    }
    let actor = Actor::Token { npi, serial: reporter.serial.clone() };
    match apply(lost, TokenEvent::Lost, &actor, now) {
        Ok(suspended) => Ok(Some(suspended)),
        Err(Impossible::FromHere(TokenState::Suspended)) => Ok(None),
        Err(Impossible::FromHere(state)) => Err(ReportRefusal::NotPossible { state }),
        Err(Impossible::ForThem) => Err(ReportRefusal::UnknownToken),
    }
}
