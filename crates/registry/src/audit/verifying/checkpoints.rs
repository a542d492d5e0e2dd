//! Checking the checkpoints, against each other and against those kept outside.

use std::collections::BTreeMap;

use super::{BATCH, Finding, Outside, Verified, finding::add};
use crate::{
    audit::{checkpoint::Checkpoint, keys::AuditPublicKey},
    store::{Store, StoreError},
};

/// What the events are checked against.
pub(super) struct Held {
    /// The checkpoints that hold, by the last event that each covers.
    pub(super) by_event: BTreeMap<u64, Checkpoint>,
    /// The last event that any checkpoint claims to cover.
    pub(super) covered: u64,
}

pub(super) async fn check(
    store: &dyn Store,
    outside: &Outside,
    verified: &mut Verified,
) -> Result<Held, StoreError> {
    let kept = kept(outside, &mut verified.findings);
    let mut held = Held { by_event: BTreeMap::new(), covered: 0 };
    for kept in kept.values() {
        held.add(kept);
    }
    let mut chain = Chain {
        kept: &kept,
        key: outside.first_key,
        before: Some([0; 32]),
        last_event: 0,
        stored: None,
        in_fork: false,
    };
    let mut number = 0;
    loop {
        let batch = store.checkpoints_after(number, BATCH).await?;
        if batch.is_empty() {
            break;
        }
        for checkpoint in batch {
            chain.gap(number, &checkpoint, &mut verified.findings);
            number = checkpoint.statement.number;
            verified.checkpoints += 1;
            verified.compared += u64::from(kept.contains_key(&number));
            if number == 1 {
                verified.first_key = verified.first_key.or(Some(checkpoint.key));
            }
            if chain.step(&checkpoint, &mut verified.findings) {
                held.add(&checkpoint);
            }
            held.covered = held.covered.max(checkpoint.statement.last_event);
        }
    }
    match kept.last_key_value() {
        Some((must_reach, last)) if *must_reach > number => {
            let last_event = last.statement.last_event;
            let must_reach = *must_reach;
            add(
                &mut verified.findings,
                Finding::RolledBack { ends_at: number, must_reach, last_event },
            );
        }
        _ if number == 0 && outside.first_key.is_some() => {
            verified.findings.push(Finding::NoCheckpoints);
        }
        _ => {}
    }
    Ok(held)
}

impl Held {
    fn add(&mut self, checkpoint: &Checkpoint) {
        // What holds already is never replaced.
        self.by_event.entry(checkpoint.statement.last_event).or_insert(*checkpoint);
        self.covered = self.covered.max(checkpoint.statement.last_event);
    }
}

/// The checkpoints that were kept outside, by number; of two the first that is signed.
fn kept(outside: &Outside, findings: &mut Vec<Finding>) -> BTreeMap<u64, Checkpoint> {
    let mut kept = BTreeMap::new();
    for checkpoint in &outside.checkpoints {
        let number = checkpoint.statement.number;
        let clear =
            checkpoint.is_signed() && kept.entry(number).or_insert(*checkpoint) == checkpoint;
        if !clear {
            add(findings, Finding::OutsideUnclear { number });
        }
    }
    kept
}

/// What the next checkpoint has to follow from.
struct Chain<'a> {
    kept: &'a BTreeMap<u64, Checkpoint>,
    /// The last key that is known; `None` before any is.
    key: Option<AuditPublicKey>,
    /// The digest of the one before; `None` where that is not known.
    before: Option<[u8; 32]>,
    last_event: u64,
    /// The one that is stored before, whether it holds or not.
    stored: Option<Checkpoint>,
    /// Whether that one began another history, or goes on with it.
    in_fork: bool,
}

impl Chain<'_> {
    /// Between the last number and this checkpoint there may be others, which were removed. What was
    /// kept outside bridges the gap; else the key is still the last that is known.
    fn gap(&mut self, after: u64, next: &Checkpoint, findings: &mut Vec<Finding>) {
        let (first, last) = (after + 1, next.statement.number.saturating_sub(1));
        if first > last {
            return;
        }
        add(findings, Finding::CheckpointsMissing { first, last });
        self.before = None;
        if let Some((number, kept)) = self.kept.range(first..=last).next_back() {
            self.go_on_from(kept);
            self.before = self.before.filter(|_| *number == last);
        }
    }

    /// Whether the checkpoint holds.
    fn step(&mut self, checkpoint: &Checkpoint, findings: &mut Vec<Finding>) -> bool {
        let number = checkpoint.statement.number;
        let kept = self.kept.get(&number);
        let is_kept = kept == Some(checkpoint);
        let same_fork = self.in_fork && !is_kept && checkpoint.follows(self.stored.as_ref());
        let allowed = self.allows(checkpoint);
        let differs = same_fork || allowed && kept.is_some() && !is_kept;
        let (first, last) = (number, number);
        if differs {
            add(findings, Finding::CheckpointsDiffer { first, last });
        } else if !allowed {
            add(findings, Finding::CheckpointsForged { first, last });
        }
        self.in_fork = differs;
        self.stored = Some(*checkpoint);
        match kept {
            Some(kept) => self.go_on_from(kept),
            None if allowed && !differs => self.go_on_from(checkpoint),
            None => self.before = None,
        }
        allowed && !differs
    }

    fn allows(&self, checkpoint: &Checkpoint) -> bool {
        checkpoint.is_signed()
            && self.key.is_none_or(|key| key == checkpoint.key)
            && self.before.is_none_or(|before| before == checkpoint.statement.before)
            && checkpoint.statement.last_event >= self.last_event
    }

    fn go_on_from(&mut self, checkpoint: &Checkpoint) {
        self.key = Some(checkpoint.statement.next_key);
        self.before = Some(checkpoint.digest());
        self.last_event = checkpoint.statement.last_event;
    }
}
