//! Adding the links of new events, and signing checkpoints over them.

use std::collections::BTreeMap;

use oath::UnixTime;
use rand_core::CryptoRng;

use super::{
    chain::{AuditRow, Link},
    checkpoint::{Checkpoint, Statement},
    keys::{AuditKey, AuditPublicKey},
};
use crate::{
    Error, Registry,
    event::{Actor, EventKind, NewEvent, Outcome},
    master_key::What,
    registry::{ATTEMPTS, only_the_help_desk},
    store::{Changes, Write},
};

/// How many events one checkpoint covers at most.
pub const BATCH: u32 = 10_000;

/// What one sealing did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed {
    /// The new checkpoint.
    pub checkpoint: Checkpoint,
    /// How many events of each kind and outcome it covers since the one before; those that cannot be
    /// understood are not among them.
    pub counts: Vec<(EventKind, Outcome, u64)>,
}

impl Registry {
    /// Seals the events after the last checkpoint, which the caller knows to hold, and returns the new
    /// one; `None` where there are none, or another server sealed them first. To be called about once
    /// a second, and again at once while a checkpoint covers [`BATCH`] events.
    ///
    /// # Errors
    /// What the store cannot do; [`Error::Damaged`] for a signing key that does not open;
    /// [`Error::AuditBroken`] where something stands in the new one's place.
    pub async fn seal_audit(
        &self,
        before: Option<&Checkpoint>,
        now: UnixTime,
        rng: &mut (impl CryptoRng + Send),
    ) -> Result<Option<Sealed>, Error> {
        let rows = self.store.audit_rows_after(sealed_until(before), BATCH).await?;
        if rows.is_empty() {
            return Ok(None);
        }
        let (key, mut writes) = self.signing_key(before, now, rng).await?;
        let checkpoint = seal(before, &rows, now, &key, key.public(), &mut writes);
        if self.commit(Changes::new(writes, [])).await? {
            return Ok(Some(Sealed { checkpoint, counts: counts(&rows) }));
        }
        // A conflict is another sealer's work only if that left a checkpoint.
        if self.checkpoints_following(before, 1).await?.is_empty() {
            return Err(broken(before));
        }
        Ok(None)
    }

    /// The checkpoints after one that is known to hold (`None`: from the first on), at most `limit`,
    /// each of them checked to follow from the one before.
    ///
    /// # Errors
    /// [`Error::AuditBroken`] where the known one is not there as it was, or one does not follow; what
    /// the store cannot do.
    pub async fn checkpoints_following(
        &self,
        known: Option<&Checkpoint>,
        limit: u32,
    ) -> Result<Vec<Checkpoint>, Error> {
        let mut before = known.copied();
        let from = known.map_or(0, |known| known.statement.number.saturating_sub(1));
        let with_known = limit + u32::from(known.is_some());
        let mut stored = self.store.checkpoints_after(from, with_known).await?;
        if known.is_some() && (stored.first() != known || stored.drain(..1).count() != 1) {
            return Err(broken(known));
        }
        for checkpoint in &stored {
            if !checkpoint.follows(before.as_ref()) {
                return Err(broken(before.as_ref()));
            }
            before = Some(*checkpoint);
        }
        Ok(stored)
    }

    /// The checkpoints after one, in their order, at most `limit`.
    ///
    /// # Errors
    /// What the store cannot do.
    pub async fn checkpoints_after(
        &self,
        number: u64,
        limit: u32,
    ) -> Result<Vec<Checkpoint>, Error> {
        Ok(self.store.checkpoints_after(number, limit).await?)
    }

    /// The last checkpoint; `None` where nothing has been sealed yet.
    ///
    /// # Errors
    /// What the store cannot do.
    pub async fn last_checkpoint(&self) -> Result<Option<Checkpoint>, Error> {
        Ok(self.store.last_checkpoint().await?)
    }

    /// Changes the key that signs checkpoints: the old one signs that the new one follows.
    ///
    /// # Errors
    /// [`Error::NotAllowed`], [`Error::Busy`], or what the store cannot do.
    pub async fn change_audit_key(
        &self,
        actor: &Actor,
        now: UnixTime,
        rng: &mut (impl CryptoRng + Send),
    ) -> Result<Checkpoint, Error> {
        only_the_help_desk(actor)?;
        for _ in 0..ATTEMPTS {
            let before = self.store.last_checkpoint().await?;
            let rows = self.store.audit_rows_after(sealed_until(before.as_ref()), BATCH).await?;
            let (key, mut writes) = self.signing_key(before.as_ref(), now, rng).await?;
            let next = AuditKey::generate(rng);
            writes.push(self.keep_key(&next, now, rng));
            let checkpoint = seal(before.as_ref(), &rows, now, &key, next.public(), &mut writes);
            let kind = EventKind::AuditKeyChanged;
            let event = NewEvent::new(now, actor.clone(), kind, Outcome::Success)
                .because(format!("followed by {}", next.public()));
            if self.commit(Changes::new(writes, [event])).await? {
                return Ok(checkpoint);
            }
        }
        Err(Error::Busy)
    }

    /// The key that signs the next checkpoint; before the first one, a new one and its write.
    async fn signing_key(
        &self,
        before: Option<&Checkpoint>,
        now: UnixTime,
        rng: &mut (impl CryptoRng + Send),
    ) -> Result<(AuditKey, Vec<Write>), Error> {
        let Some(before) = before else {
            let key = AuditKey::generate(rng);
            let write = self.keep_key(&key, now, rng);
            return Ok((key, vec![write]));
        };
        let next = &before.statement.next_key;
        let key = self.audit_key(next).await?;
        // Only what a key of ours signed is gone on from: nobody else can have sealed it.
        if before.key != *next {
            self.audit_key(&before.key).await.map_err(|_| broken(Some(before)))?;
        }
        if before.is_signed() { Ok((key, Vec::new())) } else { Err(broken(Some(before))) }
    }

    async fn audit_key(&self, key: &AuditPublicKey) -> Result<AuditKey, Error> {
        let damaged = || Error::Damaged { what: "the audit's signing key" };
        let name = secret_name(key);
        let sealed = self.store.secret(&name).await?.ok_or_else(damaged)?;
        let opened = self.master.open(What::AuditKey, name.as_bytes(), &sealed);
        let opened = opened.map_err(|_| damaged())?;
        let bytes = opened.as_slice().try_into().map_err(|_| damaged())?;
        Ok(AuditKey::from_bytes(bytes))
    }

    fn keep_key(&self, key: &AuditKey, made: UnixTime, rng: &mut impl CryptoRng) -> Write {
        let name = secret_name(&key.public());
        let sealed = self.master.seal(What::AuditKey, name.as_bytes(), key.expose_bytes(), rng);
        Write::InsertSecret { name, sealed, made }
    }
}

fn broken(last: Option<&Checkpoint>) -> Error {
    Error::AuditBroken { checkpoint: last.map_or(0, |last| last.statement.number) }
}

fn secret_name(key: &AuditPublicKey) -> String {
    format!("audit key {key}")
}

fn counts(rows: &[AuditRow]) -> Vec<(EventKind, Outcome, u64)> {
    let mut counts = BTreeMap::<_, u64>::new();
    for row in rows {
        *counts.entry(row.kind_and_outcome()).or_default() += 1;
    }
    let understood = |(words, count): ((&[u8], &[u8]), u64)| {
        let kind = EventKind::ALL.iter().find(|kind| kind.name().as_bytes() == words.0)?;
        let outcome = Outcome::ALL.iter().find(|outcome| outcome.name().as_bytes() == words.1)?;
        Some((*kind, *outcome, count))
    };
    counts.into_iter().filter_map(understood).collect()
}

fn sealed_until(before: Option<&Checkpoint>) -> u64 {
    before.map_or(0, |before| before.statement.last_event)
}

/// The checkpoint over these rows, which follow the one before; its writes are added.
fn seal(
    before: Option<&Checkpoint>,
    rows: &[AuditRow],
    at: UnixTime,
    key: &AuditKey,
    next_key: AuditPublicKey,
    writes: &mut Vec<Write>,
) -> Checkpoint {
    let mut link = before.map_or(Link::GENESIS, |before| before.statement.link);
    let mut links = Vec::with_capacity(rows.len());
    for row in rows {
        link = link.then(row);
        links.push((row.id, link));
    }
    let statement = Statement {
        number: before.map_or(1, |before| before.statement.number.saturating_add(1)),
        at,
        last_event: rows.last().map_or_else(|| sealed_until(before), |row| row.id),
        link,
        before: before.map_or([0; 32], Checkpoint::digest),
        next_key,
    };
    let checkpoint = Checkpoint::sign(statement, key);
    writes.push(Write::InsertLinks(links));
    writes.push(Write::InsertCheckpoint(Box::new(checkpoint)));
    checkpoint
}
