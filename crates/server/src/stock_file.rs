//! From a file of stock to a checked import: read on a thread of its own, so that reading and
//! writing go on side by side, a thousand rows at a time.

use std::{
    io::{self, BufReader, Read},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use provisioning::{
    Label, PskcKey,
    stock::{SeedText, StockFile, StockFileError, StockRow},
};
use registry::{Actor, Registry, StockCounts, StockFinding, StockImport};
use tokio::{
    sync::mpsc,
    task::{JoinError, spawn_blocking},
};

use crate::{clock, randomness};

/// How many rows are checked at a time.
const BATCH: usize = 1_000;
/// How many such batches may wait to be checked.
const AHEAD: usize = 2;
const BUFFER: usize = 64 * 1024;

/// Why a file was not checked; nothing of it is kept then.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CheckError {
    #[error(transparent)]
    File(#[from] StockFileError),
    #[error(transparent)]
    Registry(#[from] registry::Error),
}

/// The name of a file as it came, fit to be kept and shown.
pub(crate) fn name_of(name: &str) -> Result<Label, provisioning::Error> {
    let printable: String = name.chars().filter(|c| !c.is_control()).take(64).collect();
    printable.parse().or_else(|_| "a file".parse())
}

/// What opens a file of stock, and says how it is read.
#[derive(Default)]
pub(crate) struct Opening {
    /// What an encrypted PSKC file is under.
    pub(crate) key: Option<PskcKey>,
    /// How a CSV file writes its seeds, where its first line does not say.
    pub(crate) seeds: Option<SeedText>,
}

/// Checks a file to its end. `watch` is told what each batch of rows came to, and how many bytes
/// were read so far.
pub(crate) async fn check(
    registry: &Registry,
    actor: &Actor,
    name: &Label,
    file: impl Read + Send + 'static,
    opening: Opening,
    mut watch: impl FnMut(Vec<StockFinding>, u64),
) -> Result<StockImport, CheckError> {
    let read = Arc::new(AtomicU64::new(0));
    let file = BufReader::with_capacity(BUFFER, Counted { file, read: Arc::clone(&read) });
    let (batches, mut queue) = mpsc::channel(AHEAD);
    let reading = spawn_blocking(move || read_rows(file, &opening, &batches));
    let first = queue.recv().await;
    if first.is_none() {
        // A file that does not open, or has no rows: for the former nothing is begun.
        ended(reading.await)?;
        return without_rows(registry, actor, name).await;
    }
    let mut rng = randomness::rng();
    let mut check = registry.begin_stock(actor, name, clock::now(), &mut rng).await?;
    let id = check.id();
    let mut checked = Ok(());
    let mut next = first;
    while let Some(rows) = next {
        match registry.check_stock(&mut check, rows, &mut rng).await {
            Ok(findings) => watch(findings, read.load(Ordering::Relaxed)),
            Err(error) => {
                checked = Err(error);
                break;
            }
        }
        next = queue.recv().await;
    }
    // The reader ends by itself when nobody takes its rows.
    drop(queue);
    let read_to_the_end = ended(reading.await).map_err(CheckError::from);
    if let Err(error) = checked.map_err(CheckError::from).and(read_to_the_end) {
        // What is wrong with the file is told also where its import cannot be given up.
        if let Err(left) = registry.drop_stock(actor, id, clock::now()).await {
            tracing::warn!(error = %left, "an import that failed could not be given up");
        }
        return Err(error);
    }
    Ok(registry.end_stock_check(check).await?)
}

async fn without_rows(
    registry: &Registry,
    actor: &Actor,
    name: &Label,
) -> Result<StockImport, CheckError> {
    let check = registry.begin_stock(actor, name, clock::now(), &mut randomness::rng()).await?;
    Ok(registry.end_stock_check(check).await?)
}

/// How the reading thread ended.
fn ended(thread: Result<Result<(), StockFileError>, JoinError>) -> Result<(), StockFileError> {
    thread.unwrap_or_else(|panicked| Err(StockFileError::Read { reason: panicked.to_string() }))
}

fn read_rows(
    file: impl io::BufRead,
    opening: &Opening,
    batches: &mpsc::Sender<Vec<StockRow>>,
) -> Result<(), StockFileError> {
    let mut rows = StockFile::open(file, opening.key.as_ref(), opening.seeds)?;
    loop {
        let mut batch = Vec::with_capacity(BATCH);
        let mut ended = None;
        while batch.len() < BATCH && ended.is_none() {
            match rows.next() {
                Some(Ok(row)) => batch.push(row),
                Some(Err(error)) => ended = Some(Err(error)),
                None => ended = Some(Ok(())),
            }
        }
        // What was read before the error is told too.
        if !batch.is_empty() && batches.blocking_send(batch).is_err() {
            return Ok(());
        }
        if let Some(ended) = ended {
            return ended;
        }
    }
}

/// Counts the bytes of a file as they are read.
struct Counted<R> {
    file: R,
    read: Arc<AtomicU64>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let length = self.file.read(into)?;
        self.read.fetch_add(length as u64, Ordering::Relaxed);
        Ok(length)
    }
}

/// What was found, in a sentence.
pub(crate) fn in_words(counts: &StockCounts) -> String {
    let StockCounts { new, twice, there, other, damaged, skipped } = *counts;
    let parts = [
        (twice, "on a second line of the same file"),
        (there, "here already"),
        (other, "with the serial number of another token that is here"),
        (damaged, "damaged"),
        (skipped, "no token"),
    ];
    let parts = parts.iter().filter(|(count, _)| *count > 0);
    let parts: Vec<String> = parts.map(|(count, what)| format!("{count} {what}")).collect();
    let rows = number_of(counts.rows(), "row");
    if parts.is_empty() {
        format!("{rows}, all new tokens")
    } else {
        format!("{rows}: {}, {}", number_of(new, "new token"), parts.join(", "))
    }
}

/// A count with its noun.
pub(crate) fn number_of(count: u64, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}
