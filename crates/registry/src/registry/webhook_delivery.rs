//! What a webhook is told next. Who posts it is the server's business.
//!
//! What the audit's checkpoints cover is told, and nothing after it: the events up to a checkpoint are
//! all there, whatever other servers write meanwhile, and none that was told can be gone unnoticed.

use oath::UnixTime;
use rand_core::CryptoRng;

use super::{
    ATTEMPTS, Registry,
    webhooks::{noted, wanted},
};
use crate::{
    Error,
    event::{Actor, Event, EventKind, NewEvent},
    master_key::What,
    rules::webhooks::{HookKind, claimed, delivered, is_due, not_delivered, without_expired},
    store::{Changes, StoreError, Write},
    webhook::{DeliveryError, WebhookId, WebhookRecord, WebhookSecret, WebhookUrl},
};

/// How many events are read at a time.
const BATCH: u32 = 500;

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

/// The next events, as far as they can be read.
pub(super) enum Readable {
    /// These; none where there are none.
    Events(Vec<Event>),
    /// Not even the next one, which has this number.
    NotThis(u64),
}

/// What is next for a webhook.
enum Next {
    Event(HookKind, Event),
    /// An event that cannot be read: it may be for the webhook.
    Unreadable(u64),
    Nothing,
}

impl Registry {
    /// Claims what a webhook is to be told next; nothing where there is nothing, where it is not time
    /// yet, or where somebody else does it. What it cannot be told is noted as not delivered, and
    /// tried again like what was not taken.
    ///
    /// # Errors
    /// [`DeliveryError`].
    pub async fn begin_delivery(
        &self,
        id: &WebhookId,
        now: UnixTime,
    ) -> Result<Option<Delivery>, DeliveryError> {
        let Some(stored) = self.store.webhook(id).await? else { return Ok(None) };
        let mut record = without_expired(&stored, now);
        let next = match is_due(&record, now) {
            true => self.next(&mut record).await?,
            false => Next::Nothing,
        };
        let told = match next {
            Next::Event(kind, event) => {
                self.webhook_secrets(&record).map(|secrets| (kind, event, secrets))
            }
            Next::Unreadable(event) => Err(format!(
                "event {event} cannot be read: it is damaged, or of a newer version of this program"
            )),
            Next::Nothing => {
                if record != stored {
                    // So much that is not for it need not be looked at again.
                    self.commit(Changes::new([Write::UpdateWebhook(Box::new(record))], [])).await?;
                }
                return Ok(None);
            }
        };
        let record = claimed(&record, now);
        let (kind, event, secrets) = match told {
            Ok(told) => told,
            Err(why) => {
                // Nobody else posts it at the same instant, so that the pauses need no chance.
                let (after, events, fate) = went_wrong(&record, &why, 0, now);
                let write = Write::UpdateWebhook(Box::new(after));
                return match self.commit(Changes::new([write], events)).await? {
                    true => Err(DeliveryError::CannotTell { why, fate }),
                    false => Ok(None),
                };
            }
        };
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
                Err(why) if goes_on && record.claimed_until == Some(delivery.claimed_until) => {
                    went_wrong(&record, why, seed, now)
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

    /// The number of the event that a webhook is told of next.
    pub(super) async fn next_number(&self, record: &WebhookRecord) -> Result<Option<u64>, Error> {
        Ok(match self.next(&mut record.clone()).await? {
            Next::Event(_, event) => Some(event.id),
            Next::Unreadable(event) => Some(event),
            Next::Nothing => None,
        })
    }

    /// What is next for a webhook. The cursor moves over what it is not told of, as far as that is
    /// much.
    async fn next(&self, record: &mut WebhookRecord) -> Result<Next, Error> {
        let until = self.sealed_until().await?;
        let (mut cursor, mut passed) = (record.cursor, 0);
        loop {
            let batch = match self.readable_events(cursor, until).await? {
                Readable::Events(batch) => batch,
                Readable::NotThis(event) => return Ok(Next::Unreadable(event)),
            };
            let Some(last) = batch.last().map(|last| last.id) else { return Ok(Next::Nothing) };
            passed += batch.len();
            let mut events = batch.into_iter();
            let next = events.find_map(|event| Some((wanted(record, &event)?, event)));
            if let Some((kind, event)) = next {
                return Ok(Next::Event(kind, event));
            }
            cursor = last;
            if passed >= BATCH as usize {
                (record.cursor, passed) = (cursor, 0);
            }
        }
    }

    /// The next events up to one, without the judged codes.
    pub(super) async fn readable_events(
        &self,
        after: u64,
        until: u64,
    ) -> Result<Readable, StoreError> {
        let mut events = self.store.events_but_codes(after, until, BATCH).await?;
        // Whoever knows it may tell it.
        let is_closed =
            |event: &Event| matches!(event.what.kind, EventKind::Unknown | EventKind::Unreadable);
        match events.iter().position(is_closed) {
            Some(0) => return Ok(Readable::NotThis(events[0].id)),
            Some(place) => events.truncate(place),
            None => {}
        }
        Ok(Readable::Events(events))
    }

    /// The secret of a webhook, and the one before where that opens; or why nothing can be signed.
    fn webhook_secrets(&self, record: &WebhookRecord) -> Result<Vec<WebhookSecret>, String> {
        let opened = |sealed: &[u8]| {
            let whose = record.id.as_str().as_bytes();
            let opened = self.master.open(What::WebhookSecret, whose, sealed).ok()?;
            opened.as_slice().try_into().ok().map(WebhookSecret::from_bytes)
        };
        let Some(secret) = opened(&record.sealed_secret) else {
            return Err("its secret does not open under the master key: `webhook rotate-secret` makes another".to_owned());
        };
        let former = record.former.as_ref().and_then(|(sealed, _)| opened(sealed));
        Ok([secret].into_iter().chain(former).collect())
    }
}

/// A claimed webhook once its try went wrong, and what follows.
fn went_wrong(
    record: &WebhookRecord,
    why: &str,
    seed: u64,
    now: UnixTime,
) -> (WebhookRecord, Vec<NewEvent>, Fate) {
    let (after, failing) = not_delivered(record, why, seed, now);
    let event = failing.then(|| noted(&Actor::System, EventKind::WebhookFailing, &after, now));
    let fate = Fate::Again { at: after.due, failing };
    (after, event.into_iter().collect(), fate)
}
