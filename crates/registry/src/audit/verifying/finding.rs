//! What can be found, in words.

use core::fmt;

use serde::Serialize;

/// Something that is not as it was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "finding", rename_all = "kebab-case")]
pub enum Finding {
    /// These events are gone.
    EventsMissing {
        /// The first of them.
        first: u64,
        /// The last of them.
        last: u64,
    },
    /// The event is not the one that was chained, or the link before it was changed.
    EventChanged {
        /// Which.
        id: u64,
    },
    /// These events' links are gone, or are none; the events are not.
    LinksMissing {
        /// The first event.
        first: u64,
        /// The last event.
        last: u64,
    },
    /// Among these events' links some were changed, and no event was.
    LinksChanged {
        /// The first event.
        first: u64,
        /// The last event.
        last: u64,
    },
    /// Among these events some are not those that the checkpoint covers, and no link tells which.
    EventsRewritten {
        /// The first that may be.
        first: u64,
        /// The last that may be.
        last: u64,
        /// The checkpoint that says so.
        checkpoint: u64,
    },
    /// These checkpoints are gone, or are none.
    CheckpointsMissing {
        /// The first of them.
        first: u64,
        /// The last of them.
        last: u64,
    },
    /// These checkpoints do not follow from the one before, or are not signed by the key that must.
    CheckpointsForged {
        /// The first of them.
        first: u64,
        /// The last of them.
        last: u64,
    },
    /// These checkpoints are others than those that were kept outside.
    CheckpointsDiffer {
        /// The first of them.
        first: u64,
        /// The last of them.
        last: u64,
    },
    /// Links go on after the last checkpoint: those over them were cut off.
    CheckpointsCutOff {
        /// The last event that a checkpoint covers.
        covered: u64,
        /// The last event with a link.
        linked: u64,
    },
    /// There is no checkpoint at all, and there must be one.
    NoCheckpoints,
    /// The database ends before what was kept outside: its end was cut off, or an old copy brought
    /// back.
    RolledBack {
        /// Its last checkpoint; 0 where it has none.
        ends_at: u64,
        /// The last checkpoint outside.
        must_reach: u64,
        /// The last event that was there.
        last_event: u64,
    },
    /// What was kept outside says two things of one checkpoint, or has it without its signature; the
    /// first that is signed was used.
    OutsideUnclear {
        /// Which.
        number: u64,
    },
    /// Records stand before the first, where none can.
    OutOfPlace {
        /// How many.
        records: u64,
    },
}

impl Finding {
    /// Takes the next finding in, where it only goes on with this one.
    fn goes_on(&mut self, next: &Self) -> bool {
        use Finding::{
            CheckpointsDiffer, CheckpointsForged, CheckpointsMissing, EventsMissing, LinksChanged,
            LinksMissing,
        };
        match (self, next) {
            (EventsMissing { last: end, .. }, EventsMissing { first, last })
            | (LinksMissing { last: end, .. }, LinksMissing { first, last })
            | (LinksChanged { last: end, .. }, LinksChanged { first, last })
            | (CheckpointsMissing { last: end, .. }, CheckpointsMissing { first, last })
            | (CheckpointsForged { last: end, .. }, CheckpointsForged { first, last })
            | (CheckpointsDiffer { last: end, .. }, CheckpointsDiffer { first, last })
                if *end + 1 == *first =>
            {
                *end = *last;
                true
            }
            _ => false,
        }
    }
}

/// Adds a finding; a run of neighbours is one.
pub(super) fn add(findings: &mut Vec<Finding>, next: Finding) {
    if !findings.last_mut().is_some_and(|last| last.goes_on(&next)) {
        findings.push(next);
    }
}

/// `event 3`, or `events 3 to 5`.
fn run(what: &str, first: u64, last: u64) -> String {
    if first == last { format!("{what} {first}") } else { format!("{what}s {first} to {last}") }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::EventsMissing { first, last } => {
                write!(f, "removed: {}", run("event", first, last))
            }
            Self::EventChanged { id } => write!(f, "event {id} was changed, or the link before it"),
            Self::LinksMissing { first, last } => {
                write!(f, "without a link that can be read: {}", run("event", first, last))
            }
            Self::LinksChanged { first, last } => {
                write!(f, "links changed, and no event: {}", run("event", first, last))
            }
            Self::EventsRewritten { first, last, checkpoint } => write!(
                f,
                "changed, and the links do not tell which: among {}, by checkpoint {checkpoint}",
                run("event", first, last)
            ),
            Self::CheckpointsMissing { first, last } => {
                write!(f, "removed or not readable: {}", run("checkpoint", first, last))
            }
            Self::CheckpointsForged { first, last } => write!(
                f,
                "not signed by the key that must, or not following from the one before: {}",
                run("checkpoint", first, last)
            ),
            Self::CheckpointsDiffer { first, last } => {
                write!(f, "other than kept outside: {}", run("checkpoint", first, last))
            }
            Self::CheckpointsCutOff { covered, linked } => write!(
                f,
                "the last checkpoints were removed: links go on to event {linked}, and checkpoints to event {covered}"
            ),
            Self::NoCheckpoints => f.write_str("there is no checkpoint: all were removed"),
            Self::RolledBack { ends_at, must_reach, last_event } => write!(
                f,
                "the database ends at checkpoint {ends_at}, but {must_reach} with event {last_event} was kept outside: its end was cut off, or an old copy was brought back"
            ),
            Self::OutsideUnclear { number } => write!(
                f,
                "checkpoint {number} was kept outside in two ways, or without its signature"
            ),
            Self::OutOfPlace { records } => {
                write!(f, "added where none can be: {records} records numbered below 1")
            }
        }
    }
}
