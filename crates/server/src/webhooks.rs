//! Posts to webhooks what the registry says is due: each its own way, in the events' order, signed as
//! Standard Webhooks asks for. Whatever answers 200 to 299 within 10 s has taken it.

use std::{collections::HashSet, time::Duration};

use registry::{
    Delivery, DeliveryError, Error, Event, Fate, HookKind, WebhookId, WebhookState,
    rules::webhooks::{fixed_cause, moved_to, request_of},
};
use serde::Serialize;
use tokio::{
    sync::watch,
    task::{JoinHandle, JoinSet, spawn_blocking},
    time::{MissedTickBehavior, interval},
};

use crate::{clock, http::Site, randomness, time_text, webhook};

/// How often it is looked for what is due.
const EVERY: Duration = Duration::from_secs(1);
/// How many webhooks are posted to at once.
const AT_ONCE: usize = 16;
/// After so many looks, what waits is counted anew.
const COUNTED_EVERY: u32 = 5;

/// The delivering of a running server; it ends with this value.
pub(crate) struct Delivering {
    /// Dropping it asks to stop.
    stop: watch::Sender<()>,
    task: JoinHandle<()>,
}

impl Delivering {
    pub(crate) fn start(site: Site) -> Self {
        let (stop, stopped) = watch::channel(());
        let agents = Agents { https: webhook::agent(true), loopback: webhook::agent(false) };
        Self { stop, task: tokio::spawn(keep(site, agents, stopped)) }
    }

    /// Lets what was begun end. What is left waits for the next start, or another server.
    pub(crate) async fn finish(self) {
        drop(self.stop);
        // A task that panicked has told so already.
        let _ = self.task.await;
    }
}

#[derive(Clone)]
struct Agents {
    https: ureq::Agent,
    loopback: ureq::Agent,
}

async fn keep(site: Site, agents: Agents, mut stopped: watch::Receiver<()>) {
    let mut tick = interval(EVERY);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let (mut under_way, mut busy) = (JoinSet::new(), HashSet::new());
    let (mut looks, mut last) = (0_u32, None);
    loop {
        tokio::select! {
            _ = stopped.changed() => break,
            _ = tick.tick() => {}
        }
        while let Some(ended) = under_way.try_join_next() {
            if let Ok(id) = ended {
                busy.remove(&id);
            }
        }
        if under_way.is_empty() {
            // Also of what a task that panicked was busy with.
            busy.clear();
        }
        match site.registry.webhooks().await {
            Ok(webhooks) => {
                let ids: Vec<_> = webhooks.into_iter().map(|record| record.id).collect();
                for id in in_turn(ids, last.as_ref()) {
                    if busy.len() < AT_ONCE && busy.insert(id.clone()) {
                        let (site, agents, stopped) =
                            (site.clone(), agents.clone(), stopped.clone());
                        last = Some(id.clone());
                        under_way.spawn(deliver_all(site, agents, id, stopped));
                    }
                }
            }
            Err(error) => tracing::error!(%error, "the webhooks cannot be read; trying again"),
        }
        if looks == 0
            && let Err(error) = count(&site).await
        {
            tracing::error!(%error, "what waits for webhooks cannot be counted; trying again");
        }
        looks = (looks + 1) % COUNTED_EVERY;
    }
    while under_way.join_next().await.is_some() {}
}

/// From the one after the last that was begun with, so that each comes to its turn.
fn in_turn<Id: PartialEq>(mut ids: Vec<Id>, last: Option<&Id>) -> Vec<Id> {
    if let Some(place) = ids.iter().position(|id| Some(id) == last) {
        ids.rotate_left(place + 1);
    }
    ids
}

async fn count(site: &Site) -> Result<(), Error> {
    let mut all = Vec::new();
    for record in site.registry.webhooks().await? {
        let waiting = site.registry.webhook_lag(&record).await?;
        all.push((record.id.clone(), waiting, record.state() == WebhookState::Failing));
    }
    site.metrics.webhooks(&all);
    Ok(())
}

/// Posts to one webhook until nothing is left, a try goes wrong, or the server stops.
async fn deliver_all(
    site: Site,
    agents: Agents,
    id: WebhookId,
    stopped: watch::Receiver<()>,
) -> WebhookId {
    // That nobody can ask to stop any more means that somebody has.
    while stopped.has_changed().is_ok() {
        match deliver_next(&site, &agents, &id).await {
            Ok(true) => {}
            Ok(false) => break,
            Err(error) => {
                tracing::error!(webhook = %id, %error, "a delivery could not be noted; trying again");
                break;
            }
        }
    }
    id
}

/// Whether something was delivered, so that there may be more.
async fn deliver_next(site: &Site, agents: &Agents, id: &WebhookId) -> Result<bool, Error> {
    let delivery = match site.registry.begin_delivery(id, clock::now()).await {
        Ok(Some(delivery)) => delivery,
        Ok(None) => return Ok(false),
        Err(DeliveryError::CannotTell { why, fate }) => {
            site.metrics.delivered(id, "unposted");
            tell(id, None, &why, fate);
            return Ok(false);
        }
        Err(DeliveryError::Registry(error)) => return Err(error),
    };
    let (outcome, result) = match Posted::of(&delivery) {
        Ok(posted) => {
            let agents = agents.clone();
            let answer = spawn_blocking(move || posted.send(&agents)).await;
            match answer.unwrap_or(Err("the sending failed")) {
                Ok(200..=299) => ("delivered", Ok(())),
                Ok(status) => ("refused", Err(format!("answer {status}"))),
                Err(why) => ("unanswered", Err(why.to_owned())),
            }
        }
        Err(why) => ("unposted", Err(format!("it cannot be written as JSON: {why}"))),
    };
    site.metrics.delivered(id, outcome);
    let result = result.as_ref().copied().map_err(String::as_str);
    let noted =
        site.registry.end_delivery(&delivery, result, clock::now(), &mut randomness::rng()).await?;
    if let Err(why) = result {
        tell(id, Some(delivery.event.id), why, noted);
    }
    Ok(noted == Fate::Taken)
}

/// Logs that a try went wrong.
fn tell(id: &WebhookId, event: Option<u64>, why: &str, fate: Fate) {
    let Fate::Again { at, failing } = fate else { return };
    let next = time_text::rfc3339(at);
    if failing {
        tracing::error!(webhook = %id, event, why, next, "a webhook has taken nothing for a day: see `webhook list`");
    } else {
        tracing::warn!(webhook = %id, event, why, next, "a webhook did not take an event; trying again");
    }
}

/// A message with its headers.
struct Posted {
    url: String,
    https: bool,
    id: String,
    timestamp: String,
    signatures: String,
    body: String,
}

impl Posted {
    fn of(delivery: &Delivery) -> Result<Self, serde_json::Error> {
        let body = body(delivery.kind, &delivery.event)?;
        let now = clock::now();
        Ok(Self {
            url: delivery.url.as_str().to_owned(),
            https: delivery.url.is_https(),
            id: delivery.message_id(),
            timestamp: now.0.to_string(),
            signatures: delivery.signatures(now, &body),
            body,
        })
    }

    /// The status of the answer, or why there is none. Blocks for up to 10 s.
    fn send(&self, agents: &Agents) -> Result<u16, &'static str> {
        let agent = if self.https { &agents.https } else { &agents.loopback };
        let request = agent
            .post(&self.url)
            .header("webhook-id", &self.id)
            .header("webhook-timestamp", &self.timestamp)
            .header("webhook-signature", &self.signatures);
        webhook::send(request, self.body.as_bytes())
    }
}

/// What is posted.
#[derive(Serialize)]
struct Message<'a> {
    r#type: HookKind,
    timestamp: String,
    data: Data<'a>,
}

#[derive(Serialize)]
struct Data<'a> {
    event: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    account: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    credential_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    moved_to: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    request: Option<String>,
    by: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    cause: Option<&'a str>,
}

fn body(kind: HookKind, event: &Event) -> Result<String, serde_json::Error> {
    let what = &event.what;
    let (moved_to, request) = (moved_to(what), request_of(what));
    serde_json::to_string(&Message {
        r#type: kind,
        timestamp: time_text::rfc3339(what.at),
        data: Data {
            event: event.id,
            account: what.account.map(|npi| npi.to_string()),
            credential_id: what.serial.as_ref().map(oath::SerialNumber::as_str),
            moved_to,
            request: request.map(|id| id.to_string()),
            by: what.actor.role(),
            cause: fixed_cause(what),
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_webhook_comes_to_its_turn() {
        let all = || vec![1, 2, 3, 4];
        assert_eq!(in_turn(all(), None), [1, 2, 3, 4]);
        assert_eq!(in_turn(all(), Some(&3)), [4, 1, 2, 3]);
        assert_eq!(in_turn(all(), Some(&4)), [1, 2, 3, 4]);
        assert_eq!(in_turn(all(), Some(&9)), [1, 2, 3, 4], "it was removed");
    }
}
