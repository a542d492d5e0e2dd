//! A prescriber's session on the dashboard.
//!
//! The passphrase alone gives half a session, good for ten minutes and for nothing but the second
//! factor. With that it is full: it ends after 15 minutes without a request, and 12 hours after the
//! sign-in whatever happens. The second factor renews the session's secret: whoever knew the half
//! session's knows nothing of the full one's. Adding a token needs a second factor at most 20 minutes old
//! (SP 800-63B-4).

use oath::{SerialNumber, UnixTime};
use provisioning::{ActivationId, Label};

use crate::{
    account::Account,
    event::Actor,
    values::{CsrfToken, IdempotencyKey, Npi, SessionId},
};

/// The second factor that made a session full.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SecondFactor {
    /// The confirmation code of an activation.
    Confirmation(ActivationId),
    /// A code of a token.
    Token(SerialNumber),
}

/// How much of the sign-in is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Factor {
    /// The passphrase was right.
    Half,
    /// The second factor was right too.
    Full {
        /// When it was.
        at: UnixTime,
        /// What it was.
        by: SecondFactor,
    },
}

/// A session that is alive, for the one request that asked.
#[derive(Debug, Clone)]
pub struct Session {
    /// Whose it is.
    pub account: Account,
    /// How much of the sign-in is done.
    pub factor: Factor,
    /// When the passphrase was given.
    pub signed_in: UnixTime,
    /// What its forms must carry.
    pub csrf: CsrfToken,
    pub(crate) id: SessionId,
    pub(crate) submit: Option<IdempotencyKey>,
    /// The relying party through which it was begun, for one request.
    pub(crate) through: Option<Label>,
}

impl Session {
    /// Names the submit that brings the second factor, so that the same submit sent again gets the
    /// same new secret.
    #[must_use]
    pub fn submitted_as(self, submit: IdempotencyKey) -> Self {
        Self { submit: Some(submit), ..self }
    }

    /// Who the audit says acts in it.
    pub(crate) fn actor(&self) -> Actor {
        let npi = self.account.npi;
        match &self.through {
            Some(name) => Actor::RelyingParty { name: name.clone(), signed_in: Some(npi) },
            None => Actor::Prescriber { npi },
        }
    }

    /// Whether both factors were right.
    #[must_use]
    pub const fn is_full(&self) -> bool {
        matches!(self.factor, Factor::Full { .. })
    }

    /// Whether the second factor was the confirmation code of an activation.
    #[must_use]
    pub const fn signed_in_by_confirmation(&self) -> bool {
        matches!(self.factor, Factor::Full { by: SecondFactor::Confirmation(_), .. })
    }

    /// Whether the sign-in is fresh enough to change tokens.
    #[must_use]
    pub fn is_fresh(&self, now: UnixTime) -> bool {
        is_fresh(&self.factor, now)
    }
}

/// Seconds that half a session lasts.
pub const HALF_LASTS: u64 = 10 * 60;
/// Seconds without a request that end a full session.
pub const IDLE: u64 = 15 * 60;
/// Seconds after the sign-in that end any session.
pub const LASTS: u64 = 12 * 3600;
/// Seconds for which a second factor is fresh.
pub const FRESH: u64 = 20 * 60;
/// Seconds for which the submit of a second factor, sent again, gets the same new secret.
pub const RENEWED_AGAIN: u64 = 60;
/// Seconds after which a request is noted: not each one needs a write.
pub const NOTED_EVERY: u64 = 30;

/// A session as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionRecord {
    /// The hash of its secret.
    pub id: SessionId,
    /// Whose it is.
    pub npi: Npi,
    /// How much of the sign-in is done.
    pub factor: Factor,
    /// When the passphrase was given.
    pub signed_in: UnixTime,
    /// The last request that was noted.
    pub last_seen: UnixTime,
    /// Counts the changes of the factor, for compare-and-set.
    pub version: u64,
}

impl SessionRecord {
    /// Whether it has not ended.
    #[must_use]
    pub fn is_alive(&self, now: UnixTime) -> bool {
        let age = now.since(self.signed_in);
        match self.factor {
            Factor::Half => age <= HALF_LASTS,
            Factor::Full { .. } => age <= LASTS && now.since(self.last_seen) <= IDLE,
        }
    }
}

pub(crate) fn is_fresh(factor: &Factor, now: UnixTime) -> bool {
    match factor {
        Factor::Half => false,
        Factor::Full { at, .. } => now.since(*at) <= FRESH,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(factor: Factor, last_seen: u64) -> SessionRecord {
        SessionRecord {
            id: SessionId::from_bytes([0; 32]),
            npi: "1234567893".parse().unwrap(),
            factor,
            signed_in: UnixTime(1_000),
            last_seen: UnixTime(last_seen),
            version: 1,
        }
    }

    fn full() -> Factor {
        let by = SecondFactor::Token("CSST4F7K92MQ".parse().unwrap());
        Factor::Full { at: UnixTime(1_010), by }
    }

    #[test]
    fn half_a_session_lasts_ten_minutes() {
        assert!(record(Factor::Half, 1_000).is_alive(UnixTime(1_600)));
        assert!(!record(Factor::Half, 1_590).is_alive(UnixTime(1_601)));
    }

    #[test]
    fn a_full_one_ends_when_idle_and_at_the_end_of_the_day() {
        assert!(record(full(), 1_000).is_alive(UnixTime(1_900)));
        assert!(!record(full(), 1_000).is_alive(UnixTime(1_901)));
        assert!(record(full(), 44_200).is_alive(UnixTime(44_200)));
        assert!(!record(full(), 44_200).is_alive(UnixTime(44_201)));
    }

    #[test]
    fn a_second_factor_is_fresh_for_twenty_minutes() {
        assert!(is_fresh(&full(), UnixTime(1_010 + 1_200)));
        assert!(!is_fresh(&full(), UnixTime(1_010 + 1_201)));
        assert!(!is_fresh(&Factor::Half, UnixTime(1_000)));
    }
}
