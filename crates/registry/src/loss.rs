//! What is told of a loss after it was reported.

use std::collections::BTreeMap;

use oath::{SerialNumber, UnixTime};
use serde::Serialize;

use crate::{
    event::{Actor, Event, words},
    rules::loss::Due,
};

/// What the owner says of a code that was accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Mark {
    /// They typed it.
    Mine,
    /// Somebody else did.
    NotMine,
}

words!(Mark { Mine = "mine", NotMine = "not-mine", });

/// A loss as the audit has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Loss {
    /// The event that it was reported by.
    pub event: u64,
    /// Which token.
    pub serial: SerialNumber,
    /// When it was reported.
    pub reported: UnixTime,
    /// By whom.
    pub by: Actor,
    /// By when the notice is to be given.
    pub due: Due,
    /// When it was noted that the notice was given.
    pub told: Option<UnixTime>,
}

/// What was accepted since the owner last had the token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodesSince {
    /// When the owner says that they last had it; `None` where they have not said.
    pub last_had: Option<UnixTime>,
    /// From when on codes are listed: what they said, or else the last accepted code.
    pub since: UnixTime,
    /// Each accepted code, the latest first, with what the owner said of it.
    pub codes: Vec<(Event, Option<Mark>)>,
    /// Whether there are earlier ones that are not listed.
    pub more: bool,
}

impl CodesSince {
    /// How many of the codes have this mark.
    #[must_use]
    pub fn marked(&self, mark: Option<Mark>) -> usize {
        self.codes.iter().filter(|(_, said)| *said == mark).count()
    }
}

/// A loss, and what may be seen of the codes since.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LossStory {
    /// The loss.
    pub loss: Loss,
    /// The codes; `None` for whoever has not shown enough to see them.
    pub codes: Option<CodesSince>,
}

/// What was told of a loss, as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LossRecord {
    /// The event that reported it.
    pub event: u64,
    /// When the owner last had the token, as they say.
    pub last_had: Option<UnixTime>,
    /// What the owner says of codes, by their events.
    pub marks: BTreeMap<u64, Mark>,
    /// When it was noted that the notice was given.
    pub told: Option<UnixTime>,
    /// Counts the writes, for compare-and-set; zero where nothing is stored yet.
    pub version: u64,
}

impl LossRecord {
    /// What is known of a loss of which nothing was told yet.
    #[must_use]
    pub const fn new(event: u64) -> Self {
        Self { event, last_had: None, marks: BTreeMap::new(), told: None, version: 0 }
    }
}
