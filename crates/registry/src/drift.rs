//! How far a token's clock was off, or its counter ahead, at the codes that were accepted.

use oath::{SerialNumber, UnixTime};
use serde::Serialize;

use crate::rules::drift::{Forecast, Life, Line};

/// What an accepted code showed of its token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Observed {
    /// Its clock was so many time steps ahead (positive) or behind (negative).
    Steps(i32),
    /// So many codes of its counter were made and not used.
    Skipped(u64),
}

/// What the last accepted code of a day showed; of presses without use, the day's sum.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DriftSample {
    /// The token.
    #[serde(skip)]
    pub serial: SerialNumber,
    /// When.
    pub at: UnixTime,
    /// What.
    #[serde(flatten)]
    pub observed: Observed,
    /// The time step or counter of the code.
    pub accepted: u64,
}

/// How many days with a code are kept of each token.
pub const KEPT: u32 = 120;

/// A token's samples, and what they come to.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DriftHistory {
    /// The samples, the earliest first.
    pub samples: Vec<DriftSample>,
    /// What they come to.
    #[serde(flatten)]
    pub outlook: Outlook,
}

/// What a token's samples come to.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub enum Outlook {
    /// Of a token by time.
    Clock {
        /// The line through the offsets; `None` where there is none yet.
        line: Option<Line>,
        /// When its codes leave the window.
        forecast: Forecast,
    },
    /// Of a token by counter.
    Counter(Life),
}
