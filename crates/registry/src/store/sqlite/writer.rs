//! The one connection that writes, on its own thread, with group commit.

use std::thread;

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
        let mut group = vec![first];
        while group.len() < GROUP
            && let Ok(next) = queue.try_recv()
        {
            group.push(next);
        }
        let (statements, answers): (Vec<_>, Vec<_>) =
            group.into_iter().map(|job| (job.statements, job.answer)).unzip();
        for (answer, result) in answers.into_iter().zip(commit_together(connection, &statements)) {
            // Whoever asked may be gone; what was committed stays committed.
            let _ = answer.send(result);
        }
    }
}

/// Applies each of the changes or none of it, all in one transaction; the results are told only
/// once that is committed.
fn commit_together(connection: &Connection, group: &[Statements]) -> Vec<Result<(), StoreError>> {
    match try_together(connection, group) {
        Ok(results) => results,
        Err(error) => {
            if !connection.is_autocommit() {
                // A transaction that can't be rolled back ends with the next BEGIN's error.
                let _ = connection.execute_batch("ROLLBACK");
            }
            vec![Err(error); group.len()]
        }
    }
}

fn try_together(
    connection: &Connection,
    group: &[Statements],
) -> Result<Vec<Result<(), StoreError>>, StoreError> {
    run(connection, "BEGIN IMMEDIATE")?;
    let mut results = Vec::with_capacity(group.len());
    for statements in group {
        let applied = if statements.hold_by_the_first() {
            running::run_all(connection, statements)
        } else {
            run_whole(connection, statements)?
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
