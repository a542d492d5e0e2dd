//! Checking every event against its link, and what lies between two checkpoints against both.

use core::sync::atomic::{AtomicU64, Ordering};
use std::collections::{BTreeMap, VecDeque};

use oath::UnixTime;

use super::{BATCH, Finding, Verified, checkpoints::Held, finding::add};
use crate::{
    audit::{
        chain::{AuditRow, Link},
        checkpoint::Checkpoint,
    },
    store::{Store, StoreError},
};

pub(super) async fn check(
    store: &dyn Store,
    held: &Held,
    verified: &mut Verified,
    come_to: &AtomicU64,
) -> Result<(), StoreError> {
    let last_sealed = held.by_event.last_key_value().map_or(0, |(last, _)| *last);
    let mut walk = Walk {
        at: 0,
        stored: Some(Link::GENESIS),
        proved: Some(Link::GENESIS),
        checkpoints: &held.by_event,
        last_sealed,
        since: 1,
        segment: Vec::new(),
        other_links: None,
        verified,
    };
    let (mut rows, mut links) = (Rows::default(), Links::default());
    let mut linked = 0;
    loop {
        // Links first: an event is always written before its link, also while this reads.
        let link = links.peek(store).await?.map(|(id, _)| *id);
        let row = rows.peek(store).await?.map(|row| row.id);
        let Some(id) = [row, link].into_iter().flatten().min() else { break };
        linked = linked.max(link.unwrap_or(0));
        walk.missing_until(id);
        let row = if row == Some(id) { rows.next() } else { None };
        let link = if link == Some(id) { links.next().map(|(_, link)| link) } else { None };
        walk.step(id, row.as_ref(), link);
        come_to.store(id, Ordering::Relaxed);
    }
    walk.missing_until(last_sealed.saturating_add(1));
    walk.settle(None);
    // What was sealed while this read has a checkpoint by now.
    let last = store.last_checkpoint().await?.map_or(0, |last| last.statement.last_event);
    let covered = held.covered.max(last);
    if linked > covered {
        verified.findings.push(Finding::CheckpointsCutOff { covered, linked });
    }
    Ok(())
}

/// How far the walk along the events has come.
struct Walk<'a> {
    /// The last event.
    at: u64,
    /// Its link as it is stored: what the next row is compared by.
    stored: Option<Link>,
    /// The link that the rows since the last checkpoint come to, whatever the stored ones say.
    proved: Option<Link>,
    checkpoints: &'a BTreeMap<u64, Checkpoint>,
    last_sealed: u64,
    /// The first event after the last checkpoint.
    since: u64,
    /// What was found since then.
    segment: Vec<Finding>,
    /// The first and the last event whose stored link is another than what the rows come to.
    other_links: Option<(u64, u64)>,
    verified: &'a mut Verified,
}

impl Walk<'_> {
    /// Neither event nor link is there between the last one and `next`.
    fn missing_until(&mut self, next: u64) {
        let (first, last) = (self.at.saturating_add(1), next.saturating_sub(1));
        if first > last {
            return;
        }
        add(&mut self.segment, Finding::EventsMissing { first, last });
        (self.stored, self.proved, self.at) = (None, None, last);
        // A checkpoint in the gap tells the link to go on from.
        if let Some((end, checkpoint)) = self.checkpoints.range(first..=last).next_back() {
            self.settle(None);
            self.since = end + 1;
            if *end == last {
                self.stored = Some(checkpoint.statement.link);
                self.proved = self.stored;
            }
        }
    }

    fn step(&mut self, id: u64, row: Option<&AuditRow>, link: Option<Link>) {
        self.at = id;
        let computed = self.stored.zip(row).map(|(before, row)| before.then(row));
        self.proved = self.proved.zip(row).map(|(before, row)| before.then(row));
        let (first, last) = (id, id);
        match (row, link) {
            (None, _) => add(&mut self.segment, Finding::EventsMissing { first, last }),
            (Some(_), Some(link)) if computed.is_some_and(|computed| computed != link) => {
                add(&mut self.segment, Finding::EventChanged { id });
            }
            (Some(_), None) if id <= self.last_sealed => {
                add(&mut self.segment, Finding::LinksMissing { first, last });
            }
            _ => {}
        }
        if link.zip(self.proved).is_some_and(|(link, proved)| link != proved) {
            self.other_links = Some((self.other_links.map_or(id, |(first, _)| first), id));
        }
        if let Some(row) = row {
            self.count(row);
        }
        self.stored = link;
        if let Some(checkpoint) = self.checkpoints.get(&id) {
            self.settle(Some(checkpoint));
            self.stored = self.stored.or(Some(checkpoint.statement.link));
            self.proved = Some(checkpoint.statement.link);
            self.since = id + 1;
        }
    }

    fn count(&mut self, row: &AuditRow) {
        self.verified.events += 1;
        if row.id > self.last_sealed {
            self.verified.unsealed += 1;
            if let Some(at) = row.at() {
                let since = self.verified.unsealed_since.map_or(at.0, |since| since.0.min(at.0));
                self.verified.unsealed_since = Some(UnixTime(since));
            }
        }
    }

    /// Judges what was found since the last checkpoint, by the one that has been reached.
    fn settle(&mut self, checkpoint: Option<&Checkpoint>) {
        let genuine = checkpoint.is_some_and(|now| self.proved == Some(now.statement.link));
        let other_links = self.other_links.take();
        let mut named = false;
        for finding in self.segment.drain(..) {
            let is_event =
                matches!(finding, Finding::EventChanged { .. } | Finding::EventsMissing { .. });
            // The rows come to what was signed: then it is the links that were changed.
            if !(genuine && is_event) {
                add(&mut self.verified.findings, finding);
                named |= is_event;
            }
        }
        let Some(checkpoint) = checkpoint else { return };
        if genuine {
            if let Some((first, last)) = other_links {
                add(&mut self.verified.findings, Finding::LinksChanged { first, last });
            }
        } else if !named || self.stored.is_some_and(|link| link != checkpoint.statement.link) {
            let (first, last) = (self.since, self.at);
            let checkpoint = checkpoint.statement.number;
            add(&mut self.verified.findings, Finding::EventsRewritten { first, last, checkpoint });
        }
    }
}

/// The events, read in batches.
#[derive(Default)]
struct Rows {
    read: VecDeque<AuditRow>,
    after: u64,
}

impl Rows {
    /// Asks again after the last one: events may have come while this reads.
    async fn peek(&mut self, store: &dyn Store) -> Result<Option<&AuditRow>, StoreError> {
        if self.read.is_empty() {
            self.read = store.audit_rows_after(self.after, BATCH).await?.into();
            self.after = self.read.back().map_or(self.after, |row| row.id);
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
    read: VecDeque<(u64, Link)>,
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
