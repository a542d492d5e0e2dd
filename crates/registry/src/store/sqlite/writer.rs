//! The one connection that writes, on its own thread, with group commit.

use std::{iter, thread};

use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot};

use super::{StoreError, failed, running};
use crate::store::sql::Statements;

/// How many changes may wait before whoever brings more waits too.
const QUEUE: usize = 1_024;
/// How many changes share one transaction at most.
const GROUP: usize = 256;

struct Job {
    statements: Statements,
    answer: oneshot::Sender<Result<(), StoreError>>,
}

/// Where changes are handed to the writing thread. Dropping it waits until what was handed over is
/// committed and the file is closed.
#[derive(Debug)]
pub(super) struct Writer {
    jobs: Option<mpsc::Sender<Job>>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Writer {
    pub(super) fn start(connection: Connection) -> Result<Self, StoreError> {
        let (jobs, queue) = mpsc::channel(QUEUE);
        let thread = thread::Builder::new()
            .name("registry-writer".to_owned())
            .spawn(move || work(&connection, queue))
            .map_err(|error| StoreError::Unavailable { reason: error.to_string() })?;
        Ok(Self { jobs: Some(jobs), thread: Some(thread) })
    }

    pub(super) async fn commit(&self, statements: Statements) -> Result<(), StoreError> {
        let stopped = || StoreError::Unavailable { reason: "writing has stopped".to_owned() };
        let (answer, answered) = oneshot::channel();
        let jobs = self.jobs.as_ref().ok_or_else(stopped)?;
        jobs.send(Job { statements, answer }).await.map_err(|_| stopped())?;
        answered.await.map_err(|_| stopped())?
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        drop(self.jobs.take());
        if let Some(thread) = self.thread.take() {
            // A thread that panicked has told so already.
            let _ = thread.join();
        }
    }
}

fn work(connection: &Connection, mut queue: mpsc::Receiver<Job>) {
    while let Some(first) = queue.blocking_recv() {
        let mut answers = Vec::new();
        let waiting = iter::once(first).chain(iter::from_fn(|| queue.try_recv().ok()));
        let mut group = waiting.take(GROUP).map(|job| {
            answers.push(job.answer);
            job.statements
        });
        let results = try_together(connection, group.by_ref());
        if results.is_err() {
            if !connection.is_autocommit() {
                // A transaction that can't be rolled back ends with the next BEGIN's error.
                let _ = connection.execute_batch("ROLLBACK");
            }
            // What waits is told now, not after as long a wait for the next transaction.
            group.for_each(drop);
        }
        let mut results = results.map(Vec::into_iter);
        for answer in answers {
            let result = match &mut results {
                Ok(results) => results.next().unwrap_or(Err(StoreError::Busy)),
                Err(error) => Err(error.clone()),
            };
            // Whoever asked may be gone; what was committed stays committed.
            let _ = answer.send(result);
        }
    }
}

/// Applies each of the changes or none of it, all in one transaction; the results are told only once
/// that is committed. A change that arrives while others are applied still gets into it.
fn try_together(
    connection: &Connection,
    group: impl Iterator<Item = Statements>,
) -> Result<Vec<Result<(), StoreError>>, StoreError> {
    run(connection, "BEGIN IMMEDIATE")?;
    let mut results = Vec::new();
    for statements in group {
        let applied = if statements.hold_by_the_first() {
            running::run_all(connection, &statements)
        } else {
            run_whole(connection, &statements)?
        };
        match applied {
            Ok(()) | Err(StoreError::Conflict) => results.push(applied),
            // A full or failing disk: nothing of the group can be trusted to be kept.
            Err(error) => return Err(error),
        }
    }
    run(connection, "COMMIT")?;
    Ok(results)
}

/// Runs statements under a savepoint: a conflict takes back what was written before it was found.
fn run_whole(
    connection: &Connection,
    statements: &Statements,
) -> Result<Result<(), StoreError>, StoreError> {
    run(connection, "SAVEPOINT one")?;
    let applied = running::run_all(connection, statements);
    if applied.is_err() {
        run(connection, "ROLLBACK TO one")?;
    }
    run(connection, "RELEASE one")?;
    Ok(applied)
}

fn run(connection: &Connection, sql: &str) -> Result<(), StoreError> {
    connection
        .prepare_cached(sql)
        .and_then(|mut statement| statement.execute([]))
        .map_err(failed)?;
    Ok(())
}
