//! Telling the e-prescribing network of a token, before its codes sign.
//!
//! After its association a token's record is sent again and again, at growing intervals, until the
//! network acknowledges it or an hour has passed. Each attempt is counted before it is made, and when
//! the next one is due is stored: so a program that ends meanwhile goes on where it was, and of several
//! servers one sends. What is sent carries the same key each time, so that a network that gets it
//! twice can know it.
//!
//! ```text
//!   associated --> pending --acknowledged--> done, the token is active
//!                   ^   | an hour
//!         try again |   v
//!                  given up --acknowledged late--> done
//! ```

use oath::{Manufacturer, SerialNumber, TokenType, UnixTime};
use provisioning::Label;
use serde::Serialize;

use super::token_states::{TokenEvent, apply};
use crate::{event::Actor, token::Token, values::Npi};

/// For how many seconds the network is tried.
pub const LASTS: u64 = 60 * 60;
/// Seconds from the first attempt to the second; from then on twice as many each time.
pub const FIRST_PAUSE: u64 = 5;
/// The most seconds between two attempts.
pub const LONGEST_PAUSE: u64 = 5 * 60;

/// Where a token is with the e-prescribing network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "state")]
pub enum NetworkSync {
    /// There is nobody to tell.
    NotNeeded,
    /// It is being told.
    Pending {
        /// Since when.
        begun: UnixTime,
        /// How many attempts were made.
        attempts: u32,
        /// When the next one is due.
        next: UnixTime,
    },
    /// It did not acknowledge within the hour.
    GivenUp {
        /// Since when it was told.
        begun: UnixTime,
        /// How many attempts were made.
        attempts: u32,
        /// When it was given up.
        at: UnixTime,
    },
    /// It knows the token.
    Acknowledged {
        /// Since when it was told.
        begun: UnixTime,
        /// How many attempts were made.
        attempts: u32,
        /// When it said so.
        at: UnixTime,
    },
}

impl NetworkSync {
    /// The beginning.
    #[must_use]
    pub const fn begin(now: UnixTime) -> Self {
        Self::Pending { begun: now, attempts: 0, next: now }
    }

    /// The word that is stored.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::NotNeeded => "not-needed",
            Self::Pending { .. } => "pending",
            Self::GivenUp { .. } => "given-up",
            Self::Acknowledged { .. } => "acknowledged",
        }
    }

    /// Whether the token waits for the network.
    #[must_use]
    pub const fn waits(&self) -> bool {
        matches!(self, Self::Pending { .. } | Self::GivenUp { .. })
    }

    /// Whether it waits, and nothing is tried any more.
    #[must_use]
    pub const fn is_given_up(&self) -> bool {
        matches!(self, Self::GivenUp { .. })
    }

    /// While it waits: which of the 60 minutes this is, from 0 on; 60 once it is given up.
    #[must_use]
    pub fn minute(&self, now: UnixTime) -> Option<u8> {
        match self {
            Self::Pending { begun, .. } => {
                u8::try_from((now.since(*begun) / 60).min(LASTS / 60 - 1)).ok()
            }
            Self::GivenUp { .. } => u8::try_from(LASTS / 60).ok(),
            Self::NotNeeded | Self::Acknowledged { .. } => None,
        }
    }

    /// As it is when the network has acknowledged.
    pub(crate) const fn acknowledged(self, at: UnixTime) -> Self {
        match self {
            Self::Pending { begun, attempts, .. } | Self::GivenUp { begun, attempts, .. } => {
                Self::Acknowledged { begun, attempts, at }
            }
            other => other,
        }
    }

    /// As it is when the hour is over.
    pub(crate) const fn given_up(self, at: UnixTime) -> Self {
        match self {
            Self::Pending { begun, attempts, .. } => Self::GivenUp { begun, attempts, at },
            other => other,
        }
    }
}

/// What the network is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SyncRecord {
    /// Names this telling: the same at each attempt, another one when it is begun anew.
    pub key: String,
    /// The prescriber's NPI.
    pub npi: Npi,
    /// The prescriber's name.
    pub name: Label,
    /// The token's credential ID or serial number.
    pub serial: SerialNumber,
    /// Who made the token.
    pub manufacturer: Manufacturer,
    /// An app or a device.
    pub token_type: TokenType,
    /// When it was associated, in seconds since 1970.
    pub associated: Option<UnixTime>,
}

/// What is to be done about a token that is due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Due {
    /// Nothing: somebody else did it, or it is not time yet.
    Nothing,
    /// To send its record; the token with the attempt counted.
    Attempt { token: Box<Token>, key: String },
    /// To give up; the token after it.
    GiveUp(Box<Token>),
}

/// What is to be done about a token at an instant.
pub(crate) fn due(token: &Token, now: UnixTime) -> Due {
    let NetworkSync::Pending { begun, attempts, next } = token.sync else { return Due::Nothing };
    if now < next {
        return Due::Nothing;
    }
    if now.since(begun) >= LASTS {
        let given_up = apply(token, TokenEvent::GiveUpSync, &Actor::System, now);
        return given_up.map_or(Due::Nothing, |token| Due::GiveUp(Box::new(token)));
    }
    let attempts = attempts.saturating_add(1);
    let next = now.plus(pause_after(attempts)).min(begun.plus(LASTS));
    let sync = NetworkSync::Pending { begun, attempts, next };
    let key = format!("{}-{begun}", token.serial.as_str());
    Due::Attempt { token: Box::new(Token { sync, ..token.clone() }), key }
}

/// Seconds from this attempt to the next.
#[must_use]
pub fn pause_after(attempts: u32) -> u64 {
    let doublings = attempts.saturating_sub(1).min(16);
    (FIRST_PAUSE << doublings).min(LONGEST_PAUSE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pauses_grow_to_five_minutes() {
        let pauses: Vec<_> = (1..=9).map(pause_after).collect();
        assert_eq!(pauses, [5, 10, 20, 40, 80, 160, 300, 300, 300]);
        assert_eq!(pause_after(u32::MAX), 300);
    }

    #[test]
    fn the_minutes_are_counted_and_sixty_is_the_end() {
        let begun = UnixTime(1_000_000);
        let sync = NetworkSync::begin(begun);
        for (seconds, minute) in [(0, 0), (59, 0), (60, 1), (725, 12), (3_599, 59), (9_999, 59)] {
            assert_eq!(sync.minute(begun.plus(seconds)), Some(minute));
        }
        assert_eq!(sync.given_up(begun.plus(3_600)).minute(begun.plus(9_999)), Some(60));
        assert_eq!(sync.acknowledged(begun).minute(begun), None);
        assert_eq!(NetworkSync::NotNeeded.minute(begun), None);
    }
}
