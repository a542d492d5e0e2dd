//! Instants and time steps.

use core::fmt;

use serde::{Deserialize, Serialize};

use crate::Error;

/// Seconds since 1970-01-01T00:00:00Z, leap seconds not counted (RFC 6238, section 4.1).
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct UnixTime(pub u64);

impl UnixTime {
    /// The instant `seconds` later.
    #[must_use]
    pub const fn plus(self, seconds: u64) -> Self {
        Self(self.0.saturating_add(seconds))
    }

    /// Seconds from `earlier` to this instant; zero where it is not later.
    #[must_use]
    pub const fn since(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }
}

impl fmt::Display for UnixTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The length of a time step, "X" in RFC 6238 (section 4.1): 1 to 86,400 whole seconds.
///
/// Ours are 30 seconds and hard tokens have 30 or 60; other issuers' soft tokens have any.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "u32", into = "u32")]
pub struct Period(u32);

impl Period {
    /// 30 seconds, the default of RFC 6238.
    pub const SECONDS_30: Self = Self(30);
    /// 60 seconds, as many hard tokens have it.
    pub const SECONDS_60: Self = Self(60);
    /// A day, the longest that is read.
    pub const MAX_SECONDS: u32 = 86_400;

    /// The length in seconds, never zero.
    #[must_use]
    pub const fn seconds(self) -> u64 {
        self.0 as u64
    }

    /// The number of the time step in which `at` falls, "T" in RFC 6238 (section 4.2, T0 = 0).
    #[must_use]
    pub const fn step_at(self, at: UnixTime) -> u64 {
        at.0 / self.seconds()
    }

    /// The first instant of time step `step`.
    #[must_use]
    pub const fn start_of(self, step: u64) -> UnixTime {
        UnixTime(step.saturating_mul(self.seconds()))
    }
}

impl Default for Period {
    fn default() -> Self {
        Self::SECONDS_30
    }
}

impl TryFrom<u32> for Period {
    type Error = Error;

    fn try_from(seconds: u32) -> Result<Self, Error> {
        if (1..=Self::MAX_SECONDS).contains(&seconds) {
            Ok(Self(seconds))
        } else {
            Err(Error::Period)
        }
    }
}

impl From<Period> for u32 {
    fn from(period: Period) -> Self {
        period.0
    }
}
