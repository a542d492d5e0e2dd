//! Checks and imports of stock that go on apart from the request that began them, as a large file takes
//! longer than a person waits.
//!
//! Only how far they have come is kept here, in memory, for an hour: what they come to is in the
//! database. After a restart, or on another server, nothing is known of the way there.

use core::sync::atomic::{AtomicU64, Ordering};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, OnceLock, PoisonError},
    time::Duration,
};

use oath::UnixTime;
use provisioning::Label;
use registry::StockImportId;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    task::JoinHandle,
    time::timeout,
};

use crate::clock;

/// How many files are checked at once.
const CHECKS: usize = 2;
/// How long whoever begins one waits for its end: a short file is told at once.
const PATIENCE: Duration = Duration::from_secs(2);
/// Seconds after which one that has ended is forgotten.
const KEPT: u64 = 3600;

/// Those that were begun on this server.
pub(crate) struct StockJobs {
    jobs: Mutex<HashMap<String, Arc<Job>>>,
    places: Arc<Semaphore>,
}

impl Default for StockJobs {
    fn default() -> Self {
        Self { jobs: Mutex::default(), places: Arc::new(Semaphore::new(CHECKS)) }
    }
}

/// One of them.
pub(super) struct Job {
    pub(super) file: Label,
    pub(super) begun: UnixTime,
    /// How many bytes the file has; none where no file is read.
    pub(super) bytes: Option<u64>,
    read: AtomicU64,
    rows: AtomicU64,
    ended: OnceLock<(UnixTime, JobEnd)>,
}

/// What it came to.
#[derive(Debug, Clone)]
pub(super) enum JobEnd {
    /// The import is in the database, as it is to be.
    Done(StockImportId),
    /// It was refused: the field of the form that it is about, and why.
    Refused(&'static str, String),
    /// The database failed, or this program.
    Broken,
}

impl Job {
    pub(super) fn new(file: Label, bytes: Option<u64>) -> Self {
        let (read, rows) = (AtomicU64::new(0), AtomicU64::new(0));
        Self { file, begun: clock::now(), bytes, read, rows, ended: OnceLock::new() }
    }

    /// Notes that so many more rows are done, and how many bytes were read so far.
    pub(super) fn come_to(&self, rows: usize, bytes: u64) {
        self.rows.fetch_add(rows as u64, Ordering::Relaxed);
        self.read.store(bytes, Ordering::Relaxed);
    }

    /// How many rows are done, and how many bytes were read.
    pub(super) fn so_far(&self) -> (u64, u64) {
        (self.rows.load(Ordering::Relaxed), self.read.load(Ordering::Relaxed))
    }

    /// What it came to, once it has ended.
    pub(super) fn ended(&self) -> Option<&JobEnd> {
        self.ended.get().map(|(_, end)| end)
    }

    fn is_over(&self, now: UnixTime) -> bool {
        self.ended.get().is_some_and(|(at, _)| now.since(*at) > KEPT)
    }
}

/// A place in which a file is checked, for as long as it is held.
pub(super) struct Place(#[expect(dead_code, reason = "held, not read")] OwnedSemaphorePermit);

impl StockJobs {
    /// A place to check a file in; `None` where as many as may be are being checked.
    pub(super) fn place(&self) -> Option<Place> {
        Arc::clone(&self.places).try_acquire_owned().ok().map(Place)
    }

    /// The job of this name, if it is known here.
    pub(super) fn of(&self, name: &str) -> Option<Arc<Job>> {
        let now = clock::now();
        let mut jobs = self.jobs.lock().unwrap_or_else(PoisonError::into_inner);
        jobs.retain(|_, job| !job.is_over(now));
        jobs.get(name).cloned()
    }

    /// Keeps a new job; `false` where one of this name goes on.
    fn keep(&self, name: &str, job: &Arc<Job>) -> bool {
        let mut jobs = self.jobs.lock().unwrap_or_else(PoisonError::into_inner);
        if jobs.get(name).is_some_and(|before| before.ended().is_none()) {
            return false;
        }
        jobs.insert(name.to_owned(), Arc::clone(job));
        true
    }

    /// Begins a job under a name, unless one goes on under it, and waits a little for its end. It goes on to
    /// its end though nobody waits for it.
    pub(super) async fn run(
        &self,
        name: &str,
        job: Arc<Job>,
        work: impl Future<Output = JobEnd> + Send + 'static,
    ) -> Arc<Job> {
        if !self.keep(name, &job) {
            return self.of(name).unwrap_or(job);
        }
        let working: JoinHandle<JobEnd> = tokio::spawn(work);
        let noted = tokio::spawn({
            let job = Arc::clone(&job);
            async move {
                let end = working.await.unwrap_or(JobEnd::Broken);
                // Nobody else sets it.
                let _ = job.ended.set((clock::now(), end));
            }
        });
        let _ = timeout(PATIENCE, noted).await;
        job
    }
}
