//! Webhooks: added, given a new secret, removed; and what is to be posted next. Who posts it is the
//! server's business.
//!
//! What the audit's checkpoints cover is told, and nothing after it: the events up to a checkpoint are
//! all there, whatever other servers write meanwhile, and none that was told can be gone unnoticed.

use oath::UnixTime;
use provisioning::Label;
use rand_core::CryptoRng;

use super::{ATTEMPTS, Registry, only_the_help_desk};
use crate::{
    Error,
    event::{Actor, Event, EventKind, NewEvent, Outcome},
    master_key::What,
    rules::webhooks::{HookKind, claimed, delivered, is_due, not_delivered},
    store::{Changes, Write},
    webhook::{WebhookError, WebhookId, WebhookRecord, WebhookSecret, WebhookUrl},
};

/// How many events are read at a time.
const BATCH: u32 = 500;
/// Of more events it is not counted which wait.
const MOST_LOOKED_AT: usize = 10_000;
/// For how many seconds the secret before signs too.
const FORMER_LASTS: u64 = 24 * 60 * 60;

/// A webhook that is to be added.
#[derive(Debug, Clone)]
pub struct NewWebhook {
    /// Whose it is.
    pub party: Label,
    /// Where it is posted to.
    pub url: WebhookUrl,
    /// What is told; everything where it is empty.
    pub kinds: Vec<HookKind>,
}

/// What is to be posted now. Whoever holds it has claimed it for a minute.
#[derive(Debug)]
pub struct Delivery {
    /// Which webhook it is for.
    pub webhook: WebhookId,
    /// Where it is posted to.
    pub url: WebhookUrl,
    /// What the event is to the webhook.
    pub kind: HookKind,
    /// The event.
    pub event: Event,
    /// The secret, and the one before while that signs too.
    secrets: Vec<WebhookSecret>,
    claimed_until: UnixTime,
    /// Where the webhook was before this.
    cursor: u64,
}

/// What became of a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It is noted as taken.
    Taken,
    /// It is tried again.
    Again {
        /// When.
        at: UnixTime,
        /// Whether the webhook is failing from now on.
        failing: bool,
    },
    /// Somebody else went on with it meanwhile, or the webhook was removed.
    Overtaken,
}

impl Delivery {
    /// Names the message: the same at each try. The event's number alone would be another event's in a
    /// database that was brought back from a backup, and be taken for one that was received before.
    #[must_use]
    pub fn message_id(&self) -> String {
        format!("{}-{}", self.event.id, self.event.what.at.0)
    }

    /// The signatures of what is posted, as Standard Webhooks writes them.
    #[must_use]
    pub fn signatures(&self, at: UnixTime, body: &str) -> String {
        let message = self.message_id();
        let signed = self.secrets.iter().map(|secret| secret.sign(&message, at, body));
        signed.collect::<Vec<_>>().join(" ")
    }
}

impl Registry {
    /// Adds a webhook, which is told of what happens from now on. Its secret is shown this once; it is
    /// stored under the master key.
    ///
    /// # Errors
    /// [`Error::NotAllowed`], or what the store cannot do.
    pub async fn add_webhook(
        &self,
        actor: &Actor,
        new: NewWebhook,
        now: UnixTime,
        rng: &mut (impl CryptoRng + Send),
    ) -> Result<(WebhookSecret, WebhookRecord), Error> {
        only_the_help_desk(actor)?;
        let id = WebhookId::generate(rng);
        let (secret, sealed_secret) = self.made_webhook_secret(&id, rng);
        let NewWebhook { party, url, kinds } = new;
        let record = WebhookRecord {
            id,
            party,
            url,
            kinds,
            sealed_secret,
            former: None,
            made: now,
            cursor: self.last_event().await?,
            attempts: 0,
            due: now,
            trouble: None,
            delivered: None,
            version: 1,
        };
        let event = noted(actor, EventKind::WebhookAdded, &record, now);
        let write = Write::InsertWebhook(Box::new(record.clone()));
        match self.commit(Changes::new([write], [event])).await? {
            true => Ok((secret, record)),
            // Of 2^64 IDs, the same one.
            false => Err(Error::Busy),
        }
    }

    /// Every webhook, those of one relying party beside each other, the earlier first.
    ///
    /// # Errors
    /// What the store cannot do.
    pub async fn webhooks(&self) -> Result<Vec<WebhookRecord>, Error> {
        Ok(self.store.webhooks().await?)
    }

    /// Gives a webhook a new secret. The one before signs too for a day, so that the receiver can
    /// change over without losing anything.
    ///
    /// # Errors
    /// [`WebhookError::Unknown`], or as of [`Registry::add_webhook`].
    pub async fn rotate_webhook_secret(
        &self,
        actor: &Actor,
        id: &WebhookId,
        now: UnixTime,
        rng: &mut (impl CryptoRng + Send),
    ) -> Result<(WebhookSecret, WebhookRecord), WebhookError> {
        only_the_help_desk(actor)?;
        let (secret, sealed_secret) = self.made_webhook_secret(id, rng);
        for _ in 0..ATTEMPTS {
            let record = self.store.webhook(id).await?.ok_or(WebhookError::Unknown)?;
            let former = Some((record.sealed_secret.clone(), now.plus(FORMER_LASTS)));
            let after = WebhookRecord { sealed_secret: sealed_secret.clone(), former, ..record };
            let event = noted(actor, EventKind::WebhookSecretMade, &after, now);
            let write = Write::UpdateWebhook(Box::new(after.clone()));
            if self.commit(Changes::new([write], [event])).await? {
                return Ok((secret, after));
            }
        }
        Err(Error::Busy.into())
    }

    /// Removes a webhook: it is told of nothing any more, also not of what waits.
    ///
    /// # Errors
    /// [`WebhookError::Unknown`], or as of [`Registry::add_webhook`].
    pub async fn remove_webhook(
        &self,
        actor: &Actor,
        id: &WebhookId,
        now: UnixTime,
    ) -> Result<WebhookRecord, WebhookError> {
        only_the_help_desk(actor)?;
        for _ in 0..ATTEMPTS {
            let record = self.store.webhook(id).await?.ok_or(WebhookError::Unknown)?;
            let event = noted(actor, EventKind::WebhookRemoved, &record, now);
            let write = Write::DeleteWebhook { id: id.clone(), version: record.version };
            if self.commit(Changes::new([write], [event])).await? {
                return Ok(record);
            }
        }
        Err(Error::Busy.into())
    }

    /// Lets a webhook be tried at once, where it waits for its next try.
    ///
    /// # Errors
    /// [`WebhookError::Unknown`], or as of [`Registry::add_webhook`].
    pub async fn retry_webhook(
        &self,
        actor: &Actor,
        id: &WebhookId,
        now: UnixTime,
    ) -> Result<WebhookRecord, WebhookError> {
        only_the_help_desk(actor)?;
        for _ in 0..ATTEMPTS {
            let record = self.store.webhook(id).await?.ok_or(WebhookError::Unknown)?;
            if record.trouble.is_none() {
                return Ok(record);
            }
            let after = WebhookRecord { due: now, ..record };
            if self
                .commit(Changes::new([Write::UpdateWebhook(Box::new(after.clone()))], []))
                .await?
            {
                return Ok(after);
            }
        }
        Err(Error::Busy.into())
    }

    /// How many events wait for a webhook, also those that no checkpoint covers yet; of very many, those
    /// among the first that are looked at.
    ///
    /// # Errors
    /// What the store cannot do.
    pub async fn webhook_lag(&self, record: &WebhookRecord) -> Result<u64, Error> {
        let (mut after, until) = (record.cursor, self.last_event().await?);
        let (mut waiting, mut looked_at) = (0, 0);
        while looked_at < MOST_LOOKED_AT {
            let batch = self.store.events_but_codes(after, until, BATCH).await?;
            looked_at += batch.len();
            waiting += batch.iter().filter(|event| wanted(record, event).is_some()).count() as u64;
            match batch.last() {
                Some(last) if batch.len() >= BATCH as usize => after = last.id,
                _ => break,
            }
        }
        Ok(waiting)
    }

    /// Claims what a webhook is to be told next; nothing where there is nothing, where it is not time
    /// yet, or where somebody else does it.
    ///
    /// # Errors
    /// What the store cannot do; [`Error::Damaged`] for a secret that does not open.
    pub async fn begin_delivery(
        &self,
        id: &WebhookId,
        now: UnixTime,
    ) -> Result<Option<Delivery>, Error> {
        let Some(mut record) = self.store.webhook(id).await? else { return Ok(None) };
        if !is_due(&record, now) {
            return Ok(None);
        }
        let cursor = record.cursor;
        let Some((kind, event)) = self.next_event(&mut record).await? else {
            if record.cursor != cursor {
                // So much that is not for it need not be looked at again.
                self.commit(Changes::new([Write::UpdateWebhook(Box::new(record))], [])).await?;
            }
            return Ok(None);
        };
        let secrets = self.webhook_secrets(&record, now)?;
        let record = claimed(&record, now);
        let delivery = Delivery {
            webhook: record.id.clone(),
            url: record.url.clone(),
            kind,
            event,
            secrets,
            claimed_until: record.due,
            cursor: record.cursor,
        };
        let is_ours =
            self.commit(Changes::new([Write::UpdateWebhook(Box::new(record))], [])).await?;
        Ok(is_ours.then_some(delivery))
    }

    /// Notes that what was claimed was taken, or why not; then it is tried again later.
    ///
    /// # Errors
    /// [`Error::Busy`], or what the store cannot do.
    pub async fn end_delivery(
        &self,
        delivery: &Delivery,
        result: Result<(), &str>,
        now: UnixTime,
        rng: &mut (impl CryptoRng + Send),
    ) -> Result<Fate, Error> {
        let seed = rng.next_u64();
        for _ in 0..ATTEMPTS {
            let Some(record) = self.store.webhook(&delivery.webhook).await? else {
                return Ok(Fate::Overtaken);
            };
            let goes_on = record.cursor == delivery.cursor;
            let (after, events, fate) = match result {
                // Also where the claim was over: what was taken was taken.
                Ok(()) if goes_on => {
                    (delivered(&record, delivery.event.id, now), Vec::new(), Fate::Taken)
                }
                Err(why) if goes_on && record.due == delivery.claimed_until => {
                    let (after, failing) = not_delivered(&record, why, seed, now);
                    let kind = EventKind::WebhookFailing;
                    let event = failing.then(|| noted(&Actor::System, kind, &after, now));
                    let fate = Fate::Again { at: after.due, failing };
                    (after, event.into_iter().collect(), fate)
                }
                _ => return Ok(Fate::Overtaken),
            };
            let write = Write::UpdateWebhook(Box::new(after));
            if self.commit(Changes::new([write], events)).await? {
                return Ok(fate);
            }
        }
        Err(Error::Busy)
    }

    /// The next event that the webhook is told of. The cursor moves over what it is not told of, as far
    /// as that fills whole batches.
    async fn next_event(
        &self,
        record: &mut WebhookRecord,
    ) -> Result<Option<(HookKind, Event)>, Error> {
        let until = self.sealed_until().await?;
        loop {
            let batch = self.store.events_but_codes(record.cursor, until, BATCH).await?;
            let last = batch.last().map(|last| last.id);
            let is_full = batch.len() >= BATCH as usize;
            let mut events = batch.into_iter();
            let next = events.find_map(|event| Some((wanted(record, &event)?, event)));
            match (next, last) {
                (None, Some(last)) if is_full => record.cursor = last,
                (next, _) => return Ok(next),
            }
        }
    }

    /// The number of the last event that a checkpoint covers.
    pub(super) async fn sealed_until(&self) -> Result<u64, Error> {
        let last = self.store.last_checkpoint().await?;
        Ok(last.map_or(0, |last| last.statement.last_event))
    }

    /// The number of the last event.
    pub(super) async fn last_event(&self) -> Result<u64, Error> {
        Ok(self.store.events(None, 1).await?.first().map_or(0, |event| event.id))
    }

    fn made_webhook_secret(
        &self,
        id: &WebhookId,
        rng: &mut impl CryptoRng,
    ) -> (WebhookSecret, Vec<u8>) {
        let (secret, whose) = (WebhookSecret::generate(rng), id.as_str().as_bytes());
        let sealed = self.master.seal(What::WebhookSecret, whose, secret.expose_bytes(), rng);
        (secret, sealed)
    }

    fn webhook_secrets(
        &self,
        record: &WebhookRecord,
        now: UnixTime,
    ) -> Result<Vec<WebhookSecret>, Error> {
        let damaged = || Error::Damaged { what: "the secret of a webhook" };
        let former = record.former.as_ref().filter(|(_, until)| now < *until);
        let sealed = [&record.sealed_secret].into_iter().chain(former.map(|(sealed, _)| sealed));
        sealed
            .map(|sealed| {
                let whose = record.id.as_str().as_bytes();
                let opened = self.master.open(What::WebhookSecret, whose, sealed);
                let opened = opened.map_err(|_| damaged())?;
                let bytes = opened.as_slice().try_into().map_err(|_| damaged())?;
                Ok(WebhookSecret::from_bytes(bytes))
            })
            .collect()
    }
}

/// What an event is to this webhook, if it is told of it.
fn wanted(record: &WebhookRecord, event: &Event) -> Option<HookKind> {
    HookKind::of(&event.what).filter(|kind| record.wants(*kind))
}

fn noted(actor: &Actor, kind: EventKind, record: &WebhookRecord, now: UnixTime) -> NewEvent {
    let place = record.url.origin();
    NewEvent::new(now, actor.clone(), kind, Outcome::Success)
        .because(format!("{} of {}, {place}", record.id, record.party))
}
