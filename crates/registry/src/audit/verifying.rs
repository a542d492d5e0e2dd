//! Finding what was changed in the audit, by the database and what was kept outside it. Needs no
//! secret.

use core::fmt;
use std::collections::BTreeMap;

use serde::Serialize;

use super::{
    chain::{AuditRow, Link},
    checkpoint::Checkpoint,
    keys::AuditPublicKey,
};
use crate::store::{Store, StoreError};

/// How many records are read at a time.
const BATCH: u32 = 10_000;

/// What an auditor keeps outside the database.
#[derive(Debug, Clone, Default)]
pub struct Outside {
    /// The checkpoints that were written down elsewhere, all or some.
    pub checkpoints: Vec<Checkpoint>,
    /// The key that signed the first checkpoint.
    pub first_key: Option<AuditPublicKey>,
}

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
    /// An event's link is gone.
    LinkMissing {
        /// Whose.
        id: u64,
    },
    /// Events and links agree among themselves, and not with the checkpoint over them.
    EventsRewritten {
        /// The first that may be.
        first: u64,
        /// The last that may be.
        last: u64,
        /// The checkpoint that says so.
        checkpoint: u64,
    },
    /// A checkpoint is gone.
    CheckpointMissing {
        /// Which.
        number: u64,
    },
    /// A checkpoint does not follow from the one before, or is not signed by the key that must.
    CheckpointForged {
        /// Which.
        number: u64,
    },
    /// A checkpoint is another than the one that was kept outside.
    CheckpointDiffers {
        /// Which.
        number: u64,
    },
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
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::EventsMissing { first, last } if first == last => {
                write!(f, "event {first} was removed")
            }
            Self::EventsMissing { first, last } => {
                write!(f, "events {first} to {last} were removed")
            }
            Self::EventChanged { id } => write!(f, "event {id} was changed, or the link before it"),
            Self::LinkMissing { id } => write!(f, "the link of event {id} was removed"),
            Self::EventsRewritten { first, last, checkpoint } => write!(
                f,
                "among the events {first} to {last} some were changed together with their links: checkpoint {checkpoint} tells"
            ),
            Self::CheckpointMissing { number } => write!(f, "checkpoint {number} was removed"),
            Self::CheckpointForged { number } => {
                write!(
                    f,
                    "checkpoint {number} is not signed by the key that must, or does not follow from the one before"
                )
            }
            Self::CheckpointDiffers { number } => {
                write!(f, "checkpoint {number} is another than the one kept outside")
            }
            Self::RolledBack { ends_at, must_reach, last_event } => write!(
                f,
                "the database ends at checkpoint {ends_at}, but {must_reach} with event {last_event} was kept outside: its end was cut off, or an old copy was brought back"
            ),
        }
    }
}

/// What a verification came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Verified {
    /// How many events there are.
    pub events: u64,
    /// How many of them no checkpoint covers yet.
    pub unsealed: u64,
    /// How many checkpoints there are.
    pub checkpoints: u64,
    /// How many of them were compared with what was kept outside.
    pub compared: u64,
    /// The key that signed the first checkpoint, as far as known.
    pub first_key: Option<AuditPublicKey>,
    /// What is not as it was written, in the order of events; nothing, if all is well.
    pub findings: Vec<Finding>,
}

/// Verifies the whole audit.
///
/// # Errors
/// What the store cannot do; [`StoreError::Damaged`] where a record cannot be read at all.
pub async fn verify(store: &dyn Store, outside: &Outside) -> Result<Verified, StoreError> {
    let mut verified = Verified {
        events: 0,
        unsealed: 0,
        checkpoints: 0,
        compared: 0,
        first_key: outside.first_key,
        findings: Vec::new(),
    };
    let checkpoints = checkpoints(store, outside, &mut verified).await?;
    events(store, &checkpoints, &mut verified).await?;
    Ok(verified)
}

/// Checks the checkpoints, and returns those that hold by the last event that each covers.
async fn checkpoints(
    store: &dyn Store,
    outside: &Outside,
    verified: &mut Verified,
) -> Result<BTreeMap<u64, Checkpoint>, StoreError> {
    let kept: BTreeMap<u64, &Checkpoint> =
        outside.checkpoints.iter().map(|kept| (kept.statement.number, kept)).collect();
    let mut follows = Follows { key: outside.first_key, before: Some([0; 32]) };
    let mut good = BTreeMap::new();
    let mut number = 0;
    loop {
        let batch = store.checkpoints_after(number, BATCH).await?;
        if batch.is_empty() {
            break;
        }
        for checkpoint in batch {
            for missing in number + 1..checkpoint.statement.number {
                verified.findings.push(Finding::CheckpointMissing { number: missing });
                // What was kept outside bridges the gap.
                follows = kept.get(&missing).map_or(follows.unknown(), |kept| Follows::after(kept));
            }
            number = checkpoint.statement.number;
            verified.checkpoints += 1;
            if number == 1 {
                verified.first_key = verified.first_key.or(Some(checkpoint.key));
            }
            if !follows.allows(&checkpoint) {
                verified.findings.push(Finding::CheckpointForged { number });
            } else if let Some(kept) = kept.get(&number) {
                verified.compared += 1;
                if **kept != checkpoint {
                    verified.findings.push(Finding::CheckpointDiffers { number });
                }
            }
            if checkpoint.is_signed() && follows.knows_key(&checkpoint) {
                good.insert(checkpoint.statement.last_event, checkpoint);
            }
            follows = Follows::after(kept.get(&number).copied().unwrap_or(&checkpoint));
        }
    }
    if let Some((must_reach, last)) = kept.last_key_value()
        && *must_reach > number
    {
        let last_event = last.statement.last_event;
        verified.findings.push(Finding::RolledBack {
            ends_at: number,
            must_reach: *must_reach,
            last_event,
        });
    }
    Ok(good)
}

/// What the next checkpoint has to follow from; `None` where that is not known.
#[derive(Clone, Copy)]
struct Follows {
    key: Option<AuditPublicKey>,
    before: Option<[u8; 32]>,
}

impl Follows {
    fn after(checkpoint: &Checkpoint) -> Self {
        Self { key: Some(checkpoint.statement.next_key), before: Some(checkpoint.digest()) }
    }

    /// After a gap: the key may have been changed in it.
    fn unknown(self) -> Self {
        Self { key: None, before: None }
    }

    fn knows_key(&self, checkpoint: &Checkpoint) -> bool {
        self.key.is_none_or(|key| key == checkpoint.key)
    }

    fn allows(&self, checkpoint: &Checkpoint) -> bool {
        let follows = self.before.is_none_or(|before| before == checkpoint.statement.before);
        checkpoint.is_signed() && self.knows_key(checkpoint) && follows
    }
}

/// Checks every event against its link, and links against checkpoints.
async fn events(
    store: &dyn Store,
    checkpoints: &BTreeMap<u64, Checkpoint>,
    verified: &mut Verified,
) -> Result<(), StoreError> {
    let mut walk = Walk { at: 0, link: Some(Link::GENESIS), checkpoints, verified, since: 1 };
    let last_sealed = checkpoints.last_key_value().map_or(0, |(last, _)| *last);
    let (mut rows, mut links) = (Rows::default(), Links::default());
    loop {
        let row = rows.peek(store).await?.map(|row| row.id);
        let link = links.peek(store).await?.map(|(id, _)| *id);
        let Some(id) = [row, link].into_iter().flatten().min() else { break };
        walk.missing_until(id);
        let row = if row == Some(id) { rows.next() } else { None };
        let link = if link == Some(id) { links.next().map(|(_, link)| link) } else { None };
        walk.step(id, row.as_ref(), link, last_sealed);
    }
    walk.missing_until(last_sealed + 1);
    Ok(())
}

/// How far the walk along the events has come.
struct Walk<'a> {
    /// The last event.
    at: u64,
    /// Its link, where it is known.
    link: Option<Link>,
    checkpoints: &'a BTreeMap<u64, Checkpoint>,
    verified: &'a mut Verified,
    /// The first event after the last checkpoint that agreed.
    since: u64,
}

impl Walk<'_> {
    /// Neither event nor link is there between the last one and `next`.
    fn missing_until(&mut self, next: u64) {
        if next <= self.at + 1 {
            return;
        }
        self.is_missing(self.at + 1, next - 1);
        self.link = None;
        // A checkpoint in the gap tells the link to go on from.
        let (from, to) = (self.at + 1, next - 1);
        if let Some((last, checkpoint)) = self.checkpoints.range(from..=to).next_back() {
            self.since = last + 1;
            if *last == to {
                self.link = Some(checkpoint.statement.link);
            }
        }
        self.at = to;
    }

    fn is_missing(&mut self, first: u64, last: u64) {
        if let Some(Finding::EventsMissing { last: before, .. }) = self.verified.findings.last_mut()
            && *before + 1 == first
        {
            *before = last;
        } else {
            self.verified.findings.push(Finding::EventsMissing { first, last });
        }
    }

    fn step(&mut self, id: u64, row: Option<&AuditRow>, link: Option<Link>, last_sealed: u64) {
        self.at = id;
        let computed = self.link.zip(row).map(|(before, row)| before.then(row));
        match (row, link) {
            (None, _) => self.is_missing(id, id),
            (Some(_), Some(link)) if computed.is_some_and(|computed| computed != link) => {
                self.verified.findings.push(Finding::EventChanged { id });
            }
            (Some(_), None) if id <= last_sealed => {
                self.verified.findings.push(Finding::LinkMissing { id });
            }
            _ => {}
        }
        if row.is_some() {
            self.verified.events += 1;
            self.verified.unsealed += u64::from(id > last_sealed);
        }
        self.link = link.or(computed);
        let Some(checkpoint) = self.checkpoints.get(&id) else { return };
        if self.link.is_some_and(|link| link != checkpoint.statement.link) {
            let (first, number) = (self.since, checkpoint.statement.number);
            self.verified.findings.push(Finding::EventsRewritten {
                first,
                last: id,
                checkpoint: number,
            });
        }
        self.link = Some(checkpoint.statement.link);
        self.since = id + 1;
    }
}

/// The events, read in batches.
#[derive(Default)]
struct Rows {
    read: std::collections::VecDeque<AuditRow>,
    after: u64,
    ended: bool,
}

impl Rows {
    async fn peek(&mut self, store: &dyn Store) -> Result<Option<&AuditRow>, StoreError> {
        if self.read.is_empty() && !self.ended {
            self.read = store.audit_rows_after(self.after, BATCH).await?.into();
            self.after = self.read.back().map_or(self.after, |row| row.id);
            self.ended = self.read.is_empty();
        }
        Ok(self.read.front())
    }

    fn next(&mut self) -> Option<AuditRow> {
        self.read.pop_front()
    }
}

/// The links, read in batches.
#[derive(Default)]
struct Links {
    read: std::collections::VecDeque<(u64, Link)>,
    after: u64,
    ended: bool,
}

impl Links {
    async fn peek(&mut self, store: &dyn Store) -> Result<Option<&(u64, Link)>, StoreError> {
        if self.read.is_empty() && !self.ended {
            self.read = store.audit_links_after(self.after, BATCH).await?.into();
            self.after = self.read.back().map_or(self.after, |(id, _)| *id);
            self.ended = self.read.is_empty();
        }
        Ok(self.read.front())
    }

    fn next(&mut self) -> Option<(u64, Link)> {
        self.read.pop_front()
    }
}
