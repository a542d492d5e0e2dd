//! Seals the audit about once a second, and writes its checkpoints down outside the database.

use std::{path::Path, time::Duration};

use registry::{Error, Registry};
use tokio::time::{MissedTickBehavior, interval};

use crate::{checkpoint_file::CheckpointFile, clock, failure::Failure, http::Site, randomness};

const EVERY: Duration = Duration::from_secs(1);
/// How many checkpoints are written down at a time.
const BATCH: u32 = 1_000;

/// The sealer of a running server.
pub(crate) struct Sealer {
    site: Site,
    file: CheckpointFile,
}

impl Sealer {
    /// A sealer that writes to the file at `path`. Says so where the database is older than the file.
    pub(crate) async fn new(site: Site, path: &Path) -> Result<Self, Failure> {
        let file = CheckpointFile::open(path)?;
        if let Some(last) = file.last() {
            let (number, path) = (last.statement.number, path.display());
            let stored = site.registry.checkpoints_after(number.saturating_sub(1), 1).await?;
            if stored.first() != Some(last) {
                tracing::error!(
                    "the audit in the database does not reach checkpoint {number} as {path} has it: an old copy was brought back, or its end was cut off. See `countersign-server audit verify --checkpoints`"
                );
            }
        }
        Ok(Self { site, file })
    }

    /// Seals until it is dropped; a failure is told, and tried again.
    pub(crate) async fn run(&mut self) {
        let mut tick = interval(EVERY);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tick.tick().await;
            self.seal().await;
        }
    }

    /// Seals what there is, and writes it down.
    pub(crate) async fn seal(&mut self) {
        if let Err(error) = seal_all(&self.site.registry).await {
            tracing::error!(%error, "the audit could not be sealed; trying again");
        }
        if let Err(error) = self.write_down().await {
            tracing::error!(%error, "the audit's checkpoints could not be written down; trying again");
        }
    }

    async fn write_down(&mut self) -> Result<(), Failure> {
        loop {
            let after = self.file.last().map_or(0, |last| last.statement.number);
            let checkpoints = self.site.registry.checkpoints_after(after, BATCH).await?;
            if checkpoints.is_empty() {
                return Ok(());
            }
            // A few hundred bytes a second: not worth a thread of its own.
            self.file.add(&checkpoints).map_err(Failure::Output)?;
        }
    }
}

async fn seal_all(registry: &Registry) -> Result<(), Error> {
    while registry.seal_audit(clock::now(), &mut randomness::rng()).await?.is_some() {}
    Ok(())
}
