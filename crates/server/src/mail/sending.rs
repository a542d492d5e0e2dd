//! Sends the mails that are due, about once a second, while the server runs.

use std::time::Duration;

use oath::UnixTime;
use registry::{Error, RequestId};
use tokio::{
    sync::watch,
    task::JoinHandle,
    time::{MissedTickBehavior, interval, timeout},
};

use super::{
    postman::Postman,
    text::{Letter, Sender},
};
use crate::{clock, http::Site};

const EVERY: Duration = Duration::from_secs(1);
/// How many mails are looked for at a time.
const BATCH: u32 = 20;
/// How long a mail that is under way is waited for at the end.
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
        Self { stop, task: tokio::spawn(keep(site, postman, help_desk, stopped)) }
    }

    /// Ends after the mail that is under way; one that is not waited for is tried again after the
    /// next start.
    pub(crate) async fn finish(self) {
        drop(self.stop);
        if timeout(PATIENCE, self.task).await.is_err() {
            tracing::warn!("stopped while a mail was being sent: it is tried again later");
        }
    }
}

async fn keep(site: Site, postman: Postman, help_desk: String, mut stopped: watch::Receiver<()>) {
    let mut tick = interval(EVERY);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = stopped.changed() => return,
            _ = tick.tick() => {}
        }
        let due = site.registry.mails_due(clock::now(), BATCH).await.unwrap_or_else(|error| {
            tracing::error!(%error, "the mails that are due could not be read; trying again");
            Vec::new()
        });
        for id in due {
            if stopped.has_changed().is_err() {
                return;
            }
            if let Err(error) = send(&site, &postman, &help_desk, id, clock::now()).await {
                tracing::error!(%error, "a mail's fate could not be noted; trying again");
            }
        }
    }
}

async fn send(
    site: &Site,
    postman: &Postman,
    help_desk: &str,
    id: RequestId,
    now: UnixTime,
) -> Result<(), Error> {
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
