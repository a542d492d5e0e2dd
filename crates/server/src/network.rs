//! Tells the e-prescribing network of tokens that were associated: what is due is the registry's to
//! say; here it is posted, and what came of it handed back.
//!
//! A record is JSON, under an `Idempotency-Key` that is the same at each attempt. Any answer of 200 to
//! 299 acknowledges it, but for 202: then the network has it, has not done it yet, and is asked again.
//!
//! Where no network is configured, a token that is added waits for none. One of before goes on waiting:
//! that the server was started once without its network must not make tokens good that the network does
//! not know, nor end those that they were to take the place of; neither could be taken back. Only where
//! somebody says that there is no network any more does none wait: not one that was given up either,
//! nor one that somebody begins to tell anew.

use std::{path::PathBuf, sync::Arc, time::Duration};

use oath::{SerialNumber, UnixTime};
use provisioning::ServerUrl;
use registry::{Registry, SyncRecord};
use tokio::{
    sync::watch,
    task::{JoinHandle, JoinSet, spawn_blocking},
    time::{MissedTickBehavior, interval},
};

use crate::{clock, failure::Failure, http::Site, webhook::Webhook};

/// How often it is looked for what is due.
const EVERY: Duration = Duration::from_secs(1);
/// How many are told at once.
const AT_ONCE: u32 = 16;

/// Where the network is.
pub(crate) struct Network(Webhook);

/// The telling of a running server; it ends with this value.
pub(crate) struct Telling {
    /// Dropping it asks to stop.
    stop: watch::Sender<()>,
    task: JoinHandle<()>,
}

impl Network {
    /// Reads the key, if there is one.
    pub(crate) fn new(url: ServerUrl, key_file: Option<PathBuf>) -> Result<Self, Failure> {
        Webhook::new(url, key_file).map(Self)
    }

    /// Sends one record; why it is not acknowledged, in a few words.
    fn tell(&self, record: &SyncRecord) -> Result<(), String> {
        match self.0.post(&record.key, record)? {
            202 => Err("taken, not yet done".to_owned()),
            200..=299 => Ok(()),
            status => Err(format!("answer {status}")),
        }
    }
}

impl Telling {
    /// Starts to tell what is due, now and from now on.
    /// With neither a network nor `none_any_more`, what waits goes on waiting.
    pub(crate) fn start(site: Site, network: Option<Network>, none_any_more: bool) -> Self {
        let (stop, mut stopped) = watch::channel(());
        let network = network.map(Arc::new);
        let task = tokio::spawn(async move {
            if network.is_some() || none_any_more {
                keep(site, network, stopped).await;
            } else {
                let _ = stopped.changed().await;
            }
        });
        Self { stop, task }
    }

    /// Lets what was begun end. What is left is due at the next start.
    pub(crate) async fn finish(self) {
        drop(self.stop);
        // A task that panicked has told so already.
        let _ = self.task.await;
    }
}

/// Where there is no network any more, what an earlier one did not acknowledge waits no longer either. None is given up
/// while this runs, so that once is enough.
async fn take_along(site: &Site) -> Result<(), registry::Error> {
    for serial in site.registry.syncs_given_up(u32::MAX).await? {
        site.registry.sync_not_needed(&serial, clock::now()).await?;
    }
    Ok(())
}

async fn keep(site: Site, network: Option<Arc<Network>>, mut stopped: watch::Receiver<()>) {
    if network.is_none()
        && let Err(error) = take_along(&site).await
    {
        tracing::error!(%error, "tokens that wait for a network could not be taken into use");
    }
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
        // Without a network nothing is waited for.
        let until = if network.is_some() { clock::now() } else { UnixTime(u64::MAX) };
        match site.registry.syncs_due(until, room).await {
            Ok(due) => due.into_iter().for_each(|serial| {
                under_way.spawn(attempt(site.clone(), network.clone(), serial));
            }),
            Err(error) => tracing::error!(%error, "what the network is to be told cannot be read"),
        }
    }
    while under_way.join_next().await.is_some() {}
}

async fn attempt(site: Site, network: Option<Arc<Network>>, serial: SerialNumber) {
    let done = match network {
        Some(network) => tell(&site.registry, network, &serial).await,
        None => site.registry.sync_not_needed(&serial, clock::now()).await.map(drop),
    };
    if let Err(error) = done {
        tracing::error!(%error, "telling the network could not be recorded");
    }
}

async fn tell(
    registry: &Registry,
    network: Arc<Network>,
    serial: &SerialNumber,
) -> Result<(), registry::Error> {
    let Some(record) = registry.begin_sync_attempt(serial, clock::now()).await? else {
        return Ok(());
    };
    let answer = spawn_blocking(move || network.tell(&record)).await;
    match answer.unwrap_or_else(|_| Err("the sending failed".to_owned())) {
        Ok(()) => registry.sync_acknowledged(serial, clock::now()).await.map(drop),
        Err(why) => {
            tracing::warn!(%serial, %why, "the network did not acknowledge a token; trying again");
            registry.sync_failed(serial, &why, clock::now()).await
        }
    }
}
