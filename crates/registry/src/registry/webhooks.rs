//! Webhooks: added, given a new secret, tried again, removed.

use oath::UnixTime;
use provisioning::Label;
use rand_core::CryptoRng;

use super::{ATTEMPTS, Registry, only_the_help_desk, webhook_delivery::Readable};
use crate::{
    Error,
    event::{Actor, Event, EventKind, NewEvent, Outcome},
    master_key::What,
    rules::webhooks::{HookKind, is_claimed, passed, without_expired},
    store::{Changes, Write},
    webhook::{WebhookError, WebhookId, WebhookRecord, WebhookSecret, WebhookUrl},
};

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
            newer_kinds: Vec::new(),
            sealed_secret,
            former: None,
            made: now,
            cursor: self.last_event().await?,
            attempts: 0,
            due: now,
            claimed_until: None,
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
    /// change over without losing anything; `now_only` ends it, and any before it, at once.
    ///
    /// # Errors
    /// [`WebhookError::Unknown`], [`WebhookError::FormerSigns`], or as of [`Registry::add_webhook`].
    pub async fn rotate_webhook_secret(
        &self,
        actor: &Actor,
        id: &WebhookId,
        now_only: bool,
        now: UnixTime,
        rng: &mut (impl CryptoRng + Send),
    ) -> Result<(WebhookSecret, WebhookRecord), WebhookError> {
        only_the_help_desk(actor)?;
        let (secret, sealed_secret) = self.made_webhook_secret(id, rng);
        for _ in 0..ATTEMPTS {
            let record = self.store.webhook(id).await?.ok_or(WebhookError::Unknown)?;
            let former = match without_expired(&record, now).former {
                _ if now_only => None,
                Some((_, until)) => return Err(WebhookError::FormerSigns { until }),
                None => Some((record.sealed_secret.clone(), now.plus(FORMER_LASTS))),
            };
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

    /// Lets an event be lost to a webhook that does not take it, or that cannot be told of it: what comes
    /// after it is told next. It must be named, so that no other is lost.
    ///
    /// # Errors
    /// [`WebhookError::Unknown`], [`WebhookError::NotNext`], [`WebhookError::UnderWay`], or as of
    /// [`Registry::add_webhook`].
    pub async fn skip_webhook_event(
        &self,
        actor: &Actor,
        id: &WebhookId,
        event: Option<u64>,
        now: UnixTime,
    ) -> Result<WebhookRecord, WebhookError> {
        only_the_help_desk(actor)?;
        for _ in 0..ATTEMPTS {
            let record = self.store.webhook(id).await?.ok_or(WebhookError::Unknown)?;
            let next = self.next_number(&record).await?;
            let Some(next) = next.filter(|next| event == Some(*next)) else {
                return Err(WebhookError::NotNext { next });
            };
            if is_claimed(&record, now) {
                return Err(WebhookError::UnderWay);
            }
            let after = passed(&record, next, now);
            let mut given_up = noted(actor, EventKind::WebhookEventSkipped, &after, now);
            given_up.cause = given_up.cause.map(|cause| format!("event {next} for {cause}"));
            let write = Write::UpdateWebhook(Box::new(after.clone()));
            if self.commit(Changes::new([write], [given_up])).await? {
                return Ok(after);
            }
        }
        Err(Error::Busy.into())
    }

    /// How many events wait for a webhook, also those that no checkpoint covers yet; of very many, those
    /// among the first that are looked at; and where one cannot be read, that one and those before it.
    ///
    /// # Errors
    /// What the store cannot do.
    pub async fn webhook_lag(&self, record: &WebhookRecord) -> Result<u64, Error> {
        let (mut cursor, until) = (record.cursor, self.last_event().await?);
        let (mut waiting, mut looked_at) = (0, 0);
        while looked_at < MOST_LOOKED_AT {
            let batch = match self.readable_events(cursor, until).await? {
                Readable::Events(batch) => batch,
                Readable::NotThis(_) => return Ok(waiting + 1),
            };
            looked_at += batch.len();
            waiting += batch.iter().filter(|event| wanted(record, event).is_some()).count() as u64;
            match batch.last() {
                Some(last) => cursor = last.id,
                None => break,
            }
        }
        Ok(waiting)
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
}

/// What an event is to this webhook, if it is told of it.
pub(super) fn wanted(record: &WebhookRecord, event: &Event) -> Option<HookKind> {
    HookKind::of(&event.what).filter(|kind| record.wants(*kind))
}

pub(super) fn noted(
    actor: &Actor,
    kind: EventKind,
    record: &WebhookRecord,
    now: UnixTime,
) -> NewEvent {
    let place = record.url.origin();
    NewEvent::new(now, actor.clone(), kind, Outcome::Success)
        .because(format!("{} of {}, {place}", record.id, record.party))
}
