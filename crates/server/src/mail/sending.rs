//! Sends the mails that are due, about once a second, while the server runs.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use registry::{Error, RequestId};
use tokio::{
    sync::watch,
    task::{JoinHandle, JoinSet},
    time::{MissedTickBehavior, interval, timeout},
};

use super::{
    postman::{Envelope, Postman},
    text::{Letter, Sender},
};
use crate::{clock, http::Site};

const EVERY: Duration = Duration::from_secs(1);
/// How many mails of a tray are under way at once, so that one that hangs does not delay the others.
const AT_ONCE: usize = 4;
/// How many activation mails are looked up at once.
const ROUND: u32 = 100;
/// How long mails that are under way are waited for at the end.
const PATIENCE: Duration = Duration::from_secs(10);

/// The sending of a running server.
pub(crate) struct Sending {
    /// Dropping it asks to stop.
    stop: watch::Sender<()>,
    tasks: [JoinHandle<()>; 2],
}

impl Sending {
    pub(crate) fn start(site: Site, postman: Postman, help_desk: String) -> Self {
        let (stop, stopped) = watch::channel(());
        let office = Arc::new(Office { site, postman, help_desk });
        let tasks = [Tray::Activations, Tray::Notices]
            .map(|tray| tokio::spawn(keep(Arc::clone(&office), tray, stopped.clone())));
        Self { stop, tasks }
    }

    /// Ends after the mails that are under way; one that is not waited for is tried again after the
    /// next start.
    pub(crate) async fn finish(self) {
        drop(self.stop);
        let [activations, notices] = self.tasks;
        let both = async { tokio::join!(activations, notices) };
        if timeout(PATIENCE, both).await.is_err() {
            tracing::warn!("stopped while a mail was being sent: it is tried again later");
        }
    }
}

/// What each mail needs.
struct Office {
    site: Site,
    postman: Postman,
    help_desk: String,
}

/// What is sent by a task of its own, so that neither kind of mail waits for the other.
#[derive(Clone, Copy)]
enum Tray {
    Activations,
    Notices,
}

/// A mail that is due.
#[derive(Clone, Copy, Debug)]
enum Due {
    Activation(RequestId),
    /// By the event that it tells of.
    Notice(u64),
}

async fn keep(office: Arc<Office>, tray: Tray, mut stopped: watch::Receiver<()>) {
    let mut tick = interval(EVERY);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let (mut under_way, mut round) = (JoinSet::new(), VecDeque::new());
    loop {
        tokio::select! {
            _ = stopped.changed() => break,
            _ = tick.tick() => take_in(&office, tray).await,
            // The next takes its place at once; after trouble it waits for the tick.
            Some(ended) = under_way.join_next() => if !matches!(ended, Ok(true)) { continue },
        }
        while under_way.try_join_next().is_some() {}
        if round.is_empty() {
            // What is under way was claimed, and is not due.
            match due(&office, tray).await {
                Ok(due) => round.extend(due),
                Err(error) => {
                    tracing::error!(%error, "the mails that are due could not be read; trying again");
                }
            }
        }
        while under_way.len() < AT_ONCE
            && let Some(mail) = round.pop_front()
        {
            under_way.spawn(attempt(Arc::clone(&office), mail));
        }
    }
    while under_way.join_next().await.is_some() {}
}

/// Notices are queued, and shown where they can't be sent, also while a round takes long.
async fn take_in(office: &Office, tray: Tray) {
    if let Tray::Notices = tray
        && let Err(error) = office.site.registry.queue_notices(clock::now()).await
    {
        tracing::error!(%error, "notices could not be queued; trying again");
    }
}

/// The next mails of a tray: all of them are tried, each in its turn, before these are asked for again.
async fn due(office: &Office, tray: Tray) -> Result<Vec<Due>, Error> {
    let (registry, now) = (&office.site.registry, clock::now());
    Ok(match tray {
        Tray::Activations => {
            let due = registry.mails_due(now, ROUND).await?;
            due.into_iter().map(Due::Activation).collect()
        }
        Tray::Notices => {
            let due = registry.notices_due(now).await?;
            due.into_iter().map(Due::Notice).collect()
        }
    })
}

/// Whether its fate is noted.
async fn attempt(office: Arc<Office>, mail: Due) -> bool {
    let done = match mail {
        Due::Activation(id) => office.send_activation(id).await,
        Due::Notice(event) => office.send_notice(event).await,
    };
    if let Err(error) = &done {
        tracing::error!(?mail, %error, "a mail could not be made, or its fate not noted; trying again");
    }
    done.is_ok()
}

impl Office {
    async fn send_activation(&self, id: RequestId) -> Result<(), Error> {
        let (registry, now) = (&self.site.registry, clock::now());
        let Some(mail) = registry.claim_mail(id, now).await? else { return Ok(()) };
        let letter = Letter::of_activation(&mail, &self.sender());
        let request = &mail.request;
        let name = format!("{now}-{id}-{}", request.mailing.attempts);
        let envelope = Envelope { to: &request.mail, name };
        let result = self.postman.send(envelope, letter, now).await;
        match &result {
            Ok(()) => tracing::info!(request = %id, "an activation mail was handed over"),
            Err(problem) => {
                tracing::error!(request = %id, %problem, "an activation mail could not be sent")
            }
        }
        registry.mail_done(&mail, result, clock::now()).await
    }

    async fn send_notice(&self, event: u64) -> Result<(), Error> {
        let (registry, now) = (&self.site.registry, clock::now());
        let Some(notice) = registry.claim_notice(event, now).await? else { return Ok(()) };
        let letter = Letter::of_notice(&notice, &self.sender());
        // The same at each try, and another event's in a database that was brought back from a backup.
        let name = format!("{}-event-{event}", notice.at);
        let envelope = Envelope { to: &notice.mail, name };
        let result = self.postman.send(envelope, letter, now).await;
        let kind = notice.kind;
        match &result {
            Ok(()) => tracing::info!(event, %kind, "a notice was handed over"),
            Err(problem) => {
                let attempt = notice.attempt;
                tracing::error!(event, %kind, attempt, %problem, "a notice could not be sent");
            }
        }
        let result = result.as_ref().copied().map_err(String::as_str);
        registry.notice_done(&notice, result, clock::now()).await
    }

    fn sender(&self) -> Sender<'_> {
        let base = self.site.origins.first().map_or("", String::as_str);
        Sender { issuer: self.site.issuer.as_str(), base, help_desk: &self.help_desk }
    }
}
