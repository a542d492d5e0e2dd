//! Sends the mails that are due, about once a second, while the server runs.

use std::{sync::Arc, time::Duration};

use oath::UnixTime;
use registry::{Error, RequestId};
use tokio::{
    sync::watch,
    task::{JoinHandle, JoinSet},
    time::{MissedTickBehavior, interval, timeout},
};

use super::{
    postman::Postman,
    text::{Letter, Sender},
};
use crate::{clock, http::Site};

const EVERY: Duration = Duration::from_secs(1);
/// How many mails are under way at once, so that one that hangs does not delay the others.
const AT_ONCE: u32 = 4;
/// How long mails that are under way are waited for at the end.
const PATIENCE: Duration = Duration::from_secs(10);

/// The sending of a running server.
pub(crate) struct Sending {
    /// Dropping it asks to stop.
    stop: watch::Sender<()>,
    task: JoinHandle<()>,
}

impl Sending {
    pub(crate) fn start(site: Site, postman: Postman, help_desk: String) -> Self {
        let (stop, stopped) = watch::channel(());
        let office = Arc::new(Office { site, postman, help_desk });
        Self { stop, task: tokio::spawn(keep(office, stopped)) }
    }

    /// Ends after the mails that are under way; one that is not waited for is tried again after the
    /// next start.
    pub(crate) async fn finish(self) {
        drop(self.stop);
        if timeout(PATIENCE, self.task).await.is_err() {
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

async fn keep(office: Arc<Office>, mut stopped: watch::Receiver<()>) {
    let mut tick = interval(EVERY);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut under_way = JoinSet::new();
    loop {
        tokio::select! {
            _ = stopped.changed() => break,
            _ = tick.tick() => {}
        }
        while under_way.try_join_next().is_some() {}
        let room = AT_ONCE.saturating_sub(u32::try_from(under_way.len()).unwrap_or(AT_ONCE));
        // What is under way was claimed, and is not due.
        match office.site.registry.mails_due(clock::now(), room).await {
            Ok(due) => due.into_iter().for_each(|id| {
                under_way.spawn(attempt(Arc::clone(&office), id));
            }),
            Err(error) => {
                tracing::error!(%error, "the mails that are due could not be read; trying again");
            }
        }
    }
    while under_way.join_next().await.is_some() {}
}

async fn attempt(office: Arc<Office>, id: RequestId) {
    if let Err(error) = send(&office, id, clock::now()).await {
        tracing::error!(%error, "a mail's fate could not be noted; trying again");
    }
}

async fn send(office: &Office, id: RequestId, now: UnixTime) -> Result<(), Error> {
    let Office { site, postman, help_desk } = office;
    let Some(mail) = site.registry.claim_mail(id, now).await? else { return Ok(()) };
    let base = site.origins.first().map_or("", String::as_str);
    let sender = Sender { issuer: site.issuer.as_str(), base, help_desk };
    let letter = Letter::new(&mail, &sender);
    let result = postman.send(&mail.request, letter, now).await;
    match &result {
        Ok(()) => tracing::info!(request = %id, "an activation mail was handed over"),
        Err(problem) => {
            tracing::error!(request = %id, %problem, "an activation mail could not be sent")
        }
    }
    site.registry.mail_done(&mail, result, clock::now()).await
}
