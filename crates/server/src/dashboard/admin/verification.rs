//! The verification of the audit that was begun on the dashboard: one at a time, apart from the
//! request that began it, as a long audit takes longer than a request may.
//!
//! In memory only: after a restart, or on another server, it is begun anew.

use core::sync::atomic::{AtomicU64, Ordering};
use std::{
    io::ErrorKind,
    path::Path,
    sync::{Arc, Mutex, OnceLock, PoisonError},
    time::Duration,
};

use oath::UnixTime;
use registry::audit::{
    checkpoint::Checkpoint,
    verifying::{Outside, Verified},
};
use tokio::{task::spawn_blocking, time::timeout};

use crate::{checkpoint_file, clock, failure::Failure, http::Site};

/// How long whoever begins one waits for its end: a short audit is told at once.
const PATIENCE: Duration = Duration::from_secs(8);

/// The last verification that was begun here.
#[derive(Default)]
pub(crate) struct Verification(Mutex<Option<Arc<Run>>>);

/// One verification.
pub(super) struct Run {
    pub(super) begun: UnixTime,
    come_to: AtomicU64,
    ended: OnceLock<Result<Verified, String>>,
}

impl Run {
    /// Up to which event it has come.
    pub(super) fn come_to(&self) -> u64 {
        self.come_to.load(Ordering::Relaxed)
    }

    /// What it came to, once it has ended.
    pub(super) fn ended(&self) -> Option<&Result<Verified, String>> {
        self.ended.get()
    }
}

impl Verification {
    /// The last one.
    pub(super) fn last(&self) -> Option<Arc<Run>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// A new one; `None` while one goes on.
    fn new_run(&self) -> Option<Arc<Run>> {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if last.as_ref().is_some_and(|run| run.ended().is_none()) {
            return None;
        }
        let (come_to, ended) = (AtomicU64::new(0), OnceLock::new());
        let run = Arc::new(Run { begun: clock::now(), come_to, ended });
        *last = Some(run.clone());
        Some(run)
    }
}

/// Begins one where none goes on, and waits a little for its end.
pub(super) async fn begin(site: &Site) {
    let Some(run) = site.verification.new_run() else { return };
    let verifying = tokio::spawn(verify(site.clone(), run));
    // It goes on though nobody waits for it any more.
    let _ = timeout(PATIENCE, verifying).await;
}

async fn verify(site: Site, run: Arc<Run>) {
    let path = site.checkpoints.clone();
    let kept = spawn_blocking(move || kept(&path)).await;
    let kept = kept.unwrap_or_else(|_| Err("the file of checkpoints could not be read".to_owned()));
    let ended = match kept {
        Ok(checkpoints) => {
            let outside = Outside { checkpoints, first_key: None };
            let verified = site.registry.verify_audit(&outside, &run.come_to).await;
            verified.map_err(|error| error.to_string())
        }
        Err(error) => Err(error),
    };
    if let Err(error) = &ended {
        tracing::error!(%error, "the audit could not be verified");
    }
    // Nobody else sets it.
    let _ = run.ended.set(ended);
}

/// The checkpoints of the server's own file; none where it is not there yet.
fn kept(path: &Path) -> Result<Vec<Checkpoint>, String> {
    match checkpoint_file::read(path) {
        Ok(kept) => Ok(kept.checkpoints),
        Err(Failure::File { cause, .. }) if cause.kind() == ErrorKind::NotFound => Ok(Vec::new()),
        Err(failure) => Err(failure.to_string()),
    }
}
