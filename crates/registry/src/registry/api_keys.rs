//! Keys of relying parties: made, rotated, revoked, and asked for at every request.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use oath::UnixTime;
use provisioning::Label;
use rand_core::CryptoRng;

use super::{ATTEMPTS, Registry, only_the_help_desk};
use crate::{
    Error,
    api_key::{ApiKey, ApiKeyError, ApiKeyId, ApiKeyRecord, RelyingParty, Scope},
    event::{Actor, EventKind, NewEvent, Outcome},
    store::{Changes, Write},
};

/// For how many seconds a key that was read is believed: a revoked one is good for so long at most.
const BELIEVED_FOR: u64 = 5;
/// How many keys are learnt at most.
const MOST_LEARNT: usize = 10_000;
/// How often the last use of a key is written at most, in seconds.
const USE_NOTED_EVERY: u64 = 60;

/// Keys that were read a moment ago.
#[derive(Debug, Default)]
pub(super) struct KnownKeys(Mutex<HashMap<ApiKeyId, Known>>);

#[derive(Debug, Clone)]
struct Known {
    record: Arc<ApiKeyRecord>,
    party: Arc<RelyingParty>,
    read: UnixTime,
}

impl KnownKeys {
    fn get(&self, id: &ApiKeyId, now: UnixTime) -> Option<Known> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(id).cloned();
        // A clock that was set back does not make a key believed for longer.
        known.filter(|known| known.read <= now && now.since(known.read) < BELIEVED_FOR)
    }

    /// Whether this very key was good when it was last read, however long ago.
    fn has_seen(&self, shown: &ApiKey, now: UnixTime) -> bool {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(shown.id()).cloned();
        known.is_some_and(|known| known.record.is(shown) && known.record.is_good(now))
    }

    fn put(&self, known: Known) {
        let mut keys = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        keys.insert(known.record.id.clone(), known);
    }
}

impl Known {
    fn of(record: ApiKeyRecord, read: UnixTime) -> Self {
        let (key, name, scopes) = (record.id.clone(), record.party.clone(), record.scopes.clone());
        let party = Arc::new(RelyingParty { key, name, scopes });
        Self { record: Arc::new(record), party, read }
    }
}

impl Registry {
    /// Makes a relying party's key. The key is shown this once; only a hash of it is stored.
    ///
    /// # Errors
    /// [`Error::NotAllowed`], or what the store cannot do.
    pub async fn add_api_key(
        &self,
        actor: &Actor,
        party: &Label,
        scopes: &[Scope],
        now: UnixTime,
        rng: &mut (impl CryptoRng + Send),
    ) -> Result<(ApiKey, ApiKeyRecord), Error> {
        only_the_help_desk(actor)?;
        let (key, record) = made(party, scopes, now, rng);
        let writes = [Write::InsertApiKey(Box::new(record.clone()))];
        match self.commit(Changes::new(writes, [key_made(actor, &record, now)])).await? {
            true => Ok((key, record)),
            // Of 2^64 IDs, the same one.
            false => Err(Error::Busy),
        }
    }

    /// Makes the key that follows another, of the same relying party and good for the same; the old
    /// one is good for some seconds more, so that nothing stands still.
    ///
    /// # Errors
    /// [`ApiKeyError::Unknown`], [`ApiKeyError::Over`], or as of [`Registry::add_api_key`].
    pub async fn rotate_api_key(
        &self,
        actor: &Actor,
        id: &ApiKeyId,
        overlap: u64,
        now: UnixTime,
        rng: &mut (impl CryptoRng + Send),
    ) -> Result<(ApiKey, ApiKeyRecord), ApiKeyError> {
        only_the_help_desk(actor)?;
        for _ in 0..ATTEMPTS {
            let old = self.store.api_key(id).await?.ok_or(ApiKeyError::Unknown)?;
            if !old.is_good(now) {
                return Err(ApiKeyError::Over);
            }
            let (key, record) = made(&old.party, &old.scopes, now, rng);
            let (write, event) = ended(actor, old, now.plus(overlap), now);
            let writes = [Write::InsertApiKey(Box::new(record.clone())), write];
            if self.commit(Changes::new(writes, [key_made(actor, &record, now), event])).await? {
                return Ok((key, record));
            }
        }
        Err(Error::Busy.into())
    }

    /// Ends a key; one that is over stays so.
    ///
    /// # Errors
    /// [`ApiKeyError::Unknown`], or as of [`Registry::add_api_key`].
    pub async fn revoke_api_key(
        &self,
        actor: &Actor,
        id: &ApiKeyId,
        now: UnixTime,
    ) -> Result<ApiKeyRecord, ApiKeyError> {
        only_the_help_desk(actor)?;
        for _ in 0..ATTEMPTS {
            let record = self.store.api_key(id).await?.ok_or(ApiKeyError::Unknown)?;
            if !record.is_good(now) {
                return Ok(record);
            }
            let (write, event) = ended(actor, record.clone(), now, now);
            if self.commit(Changes::new([write], [event])).await? {
                return Ok(ApiKeyRecord { ends: Some(now), ..record });
            }
        }
        Err(Error::Busy.into())
    }

    /// Every key, those of one relying party beside each other, the earlier first.
    ///
    /// # Errors
    /// What the store cannot do.
    pub async fn api_keys(&self) -> Result<Vec<ApiKeyRecord>, Error> {
        Ok(self.store.api_keys().await?)
    }

    /// The relying party that shows this key, if the key is good for what it asks. A key is read
    /// anew after five seconds, and its use is noted once a minute.
    ///
    /// # Errors
    /// [`ApiKeyError::NotGood`], [`ApiKeyError::Scope`], or what the store cannot do.
    pub async fn relying_party(
        &self,
        shown: &ApiKey,
        scope: Scope,
        now: UnixTime,
    ) -> Result<Arc<RelyingParty>, ApiKeyError> {
        let known = match self.known_keys.get(shown.id(), now) {
            Some(known) => known,
            None => self.read_key(shown, now).await?,
        };
        if !known.record.is(shown) || !known.record.is_good(now) {
            return Err(ApiKeyError::NotGood);
        }
        if !known.party.scopes.contains(&scope) {
            return Err(ApiKeyError::Scope(scope));
        }
        Ok(known.party)
    }

    /// Learns the keys that are good, of very many some: each then counts as seen, also before its first
    /// use here.
    ///
    /// # Errors
    /// What the store cannot do.
    pub async fn learn_keys(&self, now: UnixTime) -> Result<(), Error> {
        let good = self.store.api_keys().await?.into_iter().filter(|record| record.is_good(now));
        for record in good.take(MOST_LEARNT) {
            self.known_keys.put(Known::of(record, now));
        }
        Ok(())
    }

    /// Whether this key was good here before, or was learnt: no reason to let it do anything, but one to let it ask
    /// where strangers may not for a while.
    #[must_use]
    pub fn has_seen_key(&self, shown: &ApiKey, now: UnixTime) -> bool {
        self.known_keys.has_seen(shown, now)
    }

    async fn read_key(&self, shown: &ApiKey, now: UnixTime) -> Result<Known, ApiKeyError> {
        let record = self.store.api_key(shown.id()).await?.ok_or(ApiKeyError::NotGood)?;
        let known = Known::of(record, now);
        // Kept before its use is noted, so that of many requests at once few note it.
        self.known_keys.put(known.clone());
        let record = &known.record;
        let noted = record.last_used.is_some_and(|used| now.since(used) < USE_NOTED_EVERY);
        if !noted && record.is(shown) && record.is_good(now) {
            let used = Write::TouchApiKey { id: record.id.clone(), used: now };
            // As well as can be: what can be read is read where nothing can be written.
            drop(self.commit(Changes::new([used], [])).await);
        }
        Ok(known)
    }
}

fn made(
    party: &Label,
    scopes: &[Scope],
    now: UnixTime,
    rng: &mut impl CryptoRng,
) -> (ApiKey, ApiKeyRecord) {
    let key = ApiKey::generate(rng);
    let record = ApiKeyRecord {
        id: key.id().clone(),
        party: party.clone(),
        scopes: scopes.to_vec(),
        digest: key.digest(),
        made: now,
        ends: None,
        last_used: None,
        version: 1,
    };
    (key, record)
}

fn key_made(actor: &Actor, record: &ApiKeyRecord, now: UnixTime) -> NewEvent {
    let scopes: Vec<_> = record.scopes.iter().map(|scope| scope.name()).collect();
    NewEvent::new(now, actor.clone(), EventKind::ApiKeyMade, Outcome::Success).because(format!(
        "{} of {}: {}",
        record.id,
        record.party,
        scopes.join(", ")
    ))
}

fn ended(actor: &Actor, record: ApiKeyRecord, ends: UnixTime, now: UnixTime) -> (Write, NewEvent) {
    // What ends earlier by an earlier word still does.
    let ends = record.ends.map_or(ends, |earlier| earlier.min(ends));
    let event = NewEvent::new(now, actor.clone(), EventKind::ApiKeyEnded, Outcome::Success)
        .because(format!("{} of {}, in {} s", record.id, record.party, ends.since(now)));
    (Write::EndApiKey { id: record.id, version: record.version, ends }, event)
}
