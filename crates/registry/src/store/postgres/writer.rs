//! The connections that write, with group commit.

use std::sync::Arc;

use tokio::{
    runtime::Handle,
    sync::{Mutex, MutexGuard, mpsc, oneshot},
};

use super::{
    address::DatabaseUrl,
    connection::{Connection, Run, Trouble},
    slot::Slot,
    stopped,
};
use crate::store::{
    Changes, StoreError,
    sql::{Sql, Statement, Statements, Values, statements_of},
};

/// How many connections write: while one waits for the disk, the other's group is under way.
const WRITERS: usize = 2;
/// How many changes may wait before whoever brings more waits too.
const QUEUE: usize = 1_024;
/// How many changes share one transaction at most.
const GROUP: usize = 256;

struct Job {
    statements: Statements,
    answer: oneshot::Sender<Result<(), StoreError>>,
}

/// Where changes are handed to the tasks that write.
#[derive(Debug)]
pub(super) struct Writer {
    jobs: mpsc::Sender<Job>,
}

impl Writer {
    pub(super) fn start(runtime: Handle, url: &DatabaseUrl) -> Self {
        let (jobs, queue) = mpsc::channel(QUEUE);
        let queue = Arc::new(Mutex::new(queue));
        for _ in 0..WRITERS {
            runtime.spawn(work(Slot::to_write(runtime.clone(), url), queue.clone()));
        }
        Self { jobs }
    }

    pub(super) async fn commit(&self, changes: Changes) -> Result<(), StoreError> {
        let (answer, answered) = oneshot::channel();
        let statements = statements_of(&changes);
        self.jobs.send(Job { statements, answer }).await.map_err(|_| stopped())?;
        answered.await.map_err(|_| stopped())?
    }
}

async fn work(slot: Slot, queue: Arc<Mutex<mpsc::Receiver<Job>>>) {
    loop {
        // Before its turn: one that cannot connect keeps the others from nothing. Why not is told to whoever
        // waits when it is tried again.
        let _ = slot.connection().await;
        // Kept until the group's commit is under way: so the next group is made of all that arrived by
        // then, and its statements wait at the database while this one becomes durable.
        let mut queue = queue.lock().await;
        let Some(group) = next_group(&mut queue).await else { return };
        let (changes, answers): (Vec<_>, Vec<_>) =
            group.into_iter().map(|job| (job.statements, job.answer)).unzip();
        let results = match commit_together(&slot, &changes, queue).await {
            Ok(results) => results,
            Err(error) => vec![Err(error); changes.len()],
        };
        for (answer, result) in answers.into_iter().zip(results) {
            // Whoever asked may be gone; what was committed stays committed.
            let _ = answer.send(result);
        }
    }
}

/// All that waits, once anything does.
async fn next_group(queue: &mut mpsc::Receiver<Job>) -> Option<Vec<Job>> {
    let mut group = vec![queue.recv().await?];
    while group.len() < GROUP
        && let Ok(next) = queue.try_recv()
    {
        group.push(next);
    }
    Some(group)
}

/// Applies each of the changes or none of it, all in one transaction; the results are told only
/// once that is committed.
async fn commit_together(
    slot: &Slot,
    group: &[Statements],
    queue: MutexGuard<'_, mpsc::Receiver<Job>>,
) -> Result<Vec<Result<(), StoreError>>, StoreError> {
    let mut connection = slot.connection().await?;
    let results = match apply(&connection, group).await {
        Ok(results) => results,
        Err(trouble) => {
            roll_back(slot, &connection).await;
            connection = slot.another(&connection, trouble).await?;
            match apply(&connection, group).await {
                Ok(results) => results,
                Err(trouble) => {
                    roll_back(slot, &connection).await;
                    return Err(trouble.into());
                }
            }
        }
    };
    drop(queue);
    // From here on it may be done, whatever is answered: it is not tried again.
    let ended = match results.contains(&Ok(())) {
        true => connection.commit().await,
        false => connection.run("ROLLBACK").await.map_err(StoreError::from),
    };
    if let Err(error) = ended {
        slot.give_up(&connection).await;
        return Err(error);
    }
    Ok(results)
}

/// Ends a transaction of which nothing is kept; a connection on which that fails is given up.
async fn roll_back(slot: &Slot, connection: &Arc<Connection>) {
    if connection.run("ROLLBACK").await.is_err() {
        slot.give_up(connection).await;
    }
}

/// Applies changes in a transaction that is left open: all of them at once, and where one conflicts,
/// from the start one by one.
async fn apply(
    connection: &Connection,
    group: &[Statements],
) -> Result<Vec<Result<(), StoreError>>, Trouble> {
    if all_hold(connection, &[BEGIN, OUR_TURN, NO_GAP], together(group)).await? {
        return Ok(vec![Ok(()); group.len()]);
    }
    if group.len() == 1 {
        return Ok(vec![Err(StoreError::Conflict)]);
    }
    connection.run("ROLLBACK").await?;
    one_by_one(connection, group).await
}

/// The statements of a group's changes. Those that hold by their first, as judged codes do, may be run in
/// any order: so what is said of each of them in the same words is run as one statement.
fn together(group: &[Statements]) -> Vec<Run<'_>> {
    let mut runs: Vec<Run<'_>> = Vec::new();
    for changes in group {
        let in_any_order = changes.hold_by_the_first();
        for statement in &changes.0 {
            let Some(sql) = statement.together.filter(|_| in_any_order) else {
                runs.push(Run::One(statement));
                continue;
            };
            let same = |run: &&mut Run<'_>| matches!(run, Run::Many(text, _) if *text == sql);
            match runs.iter_mut().find(same) {
                Some(Run::Many(_, statements)) => statements.push(statement),
                _ => runs.push(Run::Many(sql, vec![statement])),
            }
        }
    }
    runs
}

async fn one_by_one(
    connection: &Connection,
    group: &[Statements],
) -> Result<Vec<Result<(), StoreError>>, Trouble> {
    let mut results = Vec::with_capacity(group.len());
    let mut first: &[&'static str] = &[BEGIN, OUR_TURN, NO_GAP, "SAVEPOINT one"];
    for changes in group {
        let runs = changes.0.iter().map(Run::One).collect();
        if all_hold(connection, first, runs).await? {
            results.push(Ok(()));
            first = &["RELEASE SAVEPOINT one", "SAVEPOINT one"];
        } else {
            results.push(Err(StoreError::Conflict));
            first = &["ROLLBACK TO SAVEPOINT one", NO_GAP];
        }
    }
    if results.last() == Some(&Err(StoreError::Conflict)) {
        connection.run("ROLLBACK TO SAVEPOINT one").await?;
    }
    Ok(results)
}

const BEGIN: &str = "BEGIN";
/// One lock of two numbers: `CSRG`, and what it is for. It ends with the transaction.
const OUR_TURN: &str = "SELECT pg_advisory_xact_lock(1129534023, 1)";
/// Lets the next event have the next number, though others were rolled back since the last.
const NO_GAP: &str =
    "SELECT setval('event_ids', (SELECT coalesce(max(id), 0) + 1 FROM events), false)";

/// Runs statements, all sent at once, and tells whether the conditions of all hold.
async fn all_hold(
    connection: &Connection,
    first: &[&'static str],
    changes: Vec<Run<'_>>,
) -> Result<bool, Trouble> {
    let plain = |sql: &&'static str| Statement {
        sql: Sql::from(*sql),
        values: Values::Numbered(Vec::new()),
        rows: None,
        sure: true,
        together: None,
    };
    let first: Vec<_> = first.iter().map(plain).collect();
    let runs: Vec<_> = first.iter().map(Run::One).chain(changes).collect();
    let met = connection.run_all(&runs).await?;
    for (run, met) in runs.iter().zip(met) {
        match met {
            // The statements after this one were refused for its sake.
            Err(Trouble::Refused(StoreError::Conflict)) => return Ok(false),
            Err(trouble) => return Err(trouble),
            Ok(met) if run.rows().is_some_and(|rows| rows != met) => return Ok(false),
            Ok(_) => {}
        }
    }
    Ok(true)
}
