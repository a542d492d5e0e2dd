//! Seals the audit about once a second, and writes its checkpoints down outside the database: two
//! tasks, so that neither requests nor sealing wait for the file. Once a minute it has what time has
//! ended tidied away.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use registry::{
    Error, Registry,
    audit::{
        checkpoint::Checkpoint,
        sealing::{self, Sealed},
    },
};
use tokio::{
    sync::watch,
    task::{JoinHandle, spawn_blocking},
    time::{MissedTickBehavior, interval, timeout},
};

use crate::{checkpoint_file::CheckpointFile, clock, failure::Failure, http::Site, randomness};

const EVERY: Duration = Duration::from_secs(1);
/// How long the file is waited for, at the start and at the end.
const PATIENCE: Duration = Duration::from_secs(10);
/// How many checkpoints are read or written down at a time.
const BATCH: u32 = 1_000;
/// After so many seconds, what time has ended is tidied away once more.
const TIDIED_EVERY: u32 = 60;
/// A failure that stays is told again after so many attempts.
const TOLD_AGAIN: u32 = 60;

/// The sealing of a running server.
pub(crate) struct Sealing {
    /// Dropping it asks to stop.
    stop: watch::Sender<()>,
    task: JoinHandle<()>,
}

impl Sealing {
    /// Starts to seal, and to write down to the file at `path`.
    pub(crate) fn start(site: Site, path: PathBuf) -> Self {
        let (stop, stopped) = watch::channel(());
        Self { stop, task: tokio::spawn(keep(site, path, stopped)) }
    }

    /// Seals what is left and writes it down; the file is not waited for without end.
    pub(crate) async fn finish(self) {
        drop(self.stop);
        if timeout(PATIENCE, self.task).await.is_err() {
            tracing::warn!(
                "stopped before the audit's last checkpoints were written down: the next start does it"
            );
        }
    }
}

async fn keep(site: Site, path: PathBuf, stopped: watch::Receiver<()>) {
    // A file that cannot be had yet is tried again by whoever writes to it.
    let file = timeout(PATIENCE, open(&path)).await.ok().and_then(Result::ok);
    let known = file.as_ref().and_then(CheckpointFile::last).copied();
    let (sealed, news) = watch::channel(());
    let writer = Writer { site: site.clone(), path, file };
    let writing = tokio::spawn(writer.run(news));
    Sealer { site, known }.run(stopped, sealed).await;
    // A task that panicked has told so already.
    let _ = writing.await;
}

async fn open(path: &Path) -> Result<CheckpointFile, Failure> {
    let owned = path.to_owned();
    let opened = spawn_blocking(move || CheckpointFile::open(&owned)).await;
    opened.unwrap_or_else(|_| Err(Failure::Serve(std::io::Error::other("a thread panicked"))))
}

struct Sealer {
    site: Site,
    /// The last checkpoint that is known to hold: what is sealed has to go on from it.
    known: Option<Checkpoint>,
}

impl Sealer {
    /// Seals until asked to stop, and then once more.
    async fn run(mut self, mut stopped: watch::Receiver<()>, sealed: watch::Sender<()>) {
        let mut tick = interval(EVERY);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let (mut failures, mut untidy) = (Failures::default(), Failures::default());
        let (mut unforgotten, mut unlearnt) = (Failures::default(), Failures::default());
        let mut seconds = 0_u32;
        loop {
            let stop = tokio::select! {
                _ = stopped.changed() => true,
                _ = tick.tick() => false,
            };
            if seconds == 0 {
                // Before the sealing, so that what it records is sealed too.
                let result = self.site.registry.tidy_access(clock::now()).await;
                untidy.tell("what is over could not be tidied away; trying again", result);
            }
            if seconds == 0 {
                let learnt = self.site.registry.learn_keys(clock::now()).await;
                unlearnt.tell("API keys could not be read; trying again", learnt);
            }
            seconds = (seconds + 1) % TIDIED_EVERY;
            let forgotten = self.site.registry.forget_old_answers(clock::now()).await;
            unforgotten
                .tell("answers of a day ago could not be forgotten; trying again", forgotten);
            let result = self.seal().await;
            if result.is_ok() {
                self.site.metrics.sealed(clock::now());
            }
            failures.tell("the audit could not be sealed; trying again", result);
            // The writer is gone only if it panicked, which it has told.
            let _ = sealed.send(());
            if stop {
                return;
            }
        }
    }

    async fn seal(&mut self) -> Result<(), Error> {
        let registry: &Registry = &self.site.registry;
        // Also what somebody else sealed meanwhile, as `audit rotate-key` does.
        loop {
            let following = registry.checkpoints_following(self.known.as_ref(), BATCH).await?;
            let Some(last) = following.last() else { break };
            self.known = Some(*last);
        }
        loop {
            let before = self.known.as_ref();
            let from = before.map_or(0, |before| before.statement.last_event);
            let sealed = registry.seal_audit(before, clock::now(), &mut randomness::rng()).await?;
            let Some(Sealed { checkpoint, counts }) = sealed else { return Ok(()) };
            self.known = Some(checkpoint);
            self.site.metrics.recorded(&counts);
            // Events that arrived since wait for the next second: under load there are always some.
            if checkpoint.statement.last_event - from < u64::from(sealing::BATCH) {
                return Ok(());
            }
        }
    }
}

struct Writer {
    site: Site,
    path: PathBuf,
    file: Option<CheckpointFile>,
}

impl Writer {
    /// Writes down whenever something may have been sealed, until the sealer is gone.
    async fn run(mut self, mut news: watch::Receiver<()>) {
        let mut failures = Failures::default();
        while news.changed().await.is_ok() {
            let result = self.write_down().await;
            failures
                .tell("the audit's checkpoints could not be written down; trying again", result);
        }
    }

    async fn write_down(&mut self) -> Result<(), Failure> {
        let mut file = match self.file.take() {
            Some(file) => file,
            None => open(&self.path).await?,
        };
        loop {
            self.file = Some(file.clone());
            let following = self.site.registry.checkpoints_following(file.last(), BATCH).await?;
            if following.is_empty() {
                return Ok(());
            }
            let written = spawn_blocking(move || file.add(&following).map(|()| file)).await;
            let panicked = |_| Failure::Serve(std::io::Error::other("a thread panicked"));
            file = written.map_err(panicked)??;
        }
    }
}

/// Tells a failure when it begins, and now and then while it stays.
#[derive(Default)]
struct Failures {
    text: String,
    times: u32,
}

impl Failures {
    fn tell<E: std::fmt::Display>(&mut self, what: &str, result: Result<(), E>) {
        let text = result.err().map(|error| error.to_string()).unwrap_or_default();
        self.times = if text == self.text { (self.times + 1) % TOLD_AGAIN } else { 0 };
        if self.times == 0 && !text.is_empty() {
            tracing::error!(error = %text, "{what}");
        }
        self.text = text;
    }
}
