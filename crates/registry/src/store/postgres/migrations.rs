//! The tables, and how an older database gets them: forward only, one step a version, one server at
//! a time.
//!
//! A step may run while servers of the version before still write: it adds tables, indexes and
//! columns that can be left out, and takes nothing away. An index of a table that is written to for
//! each code is built beside the writing, which no transaction can do: so each step is a transaction
//! of its own, its indexes are there before it, and whoever is cut off goes on where they were.

use std::time::Duration;

use tokio::time::sleep;

use super::connection::{Connection, Trouble};
use crate::store::StoreError;

/// What brings a database from version n to n + 1. One that was released never changes.
struct Step {
    /// Built before the rest, beside whoever writes: each with its name.
    indexes: &'static [(&'static str, &'static str)],
    sql: &'static str,
}

impl Step {
    const fn of(sql: &'static str) -> Self {
        Self { indexes: &[], sql }
    }
}

/// Step n is the nth.
const STEPS: &[Step] = &[
    Step::of(include_str!("schema_1.sql")),
    Step::of(include_str!("schema_2.sql")),
    Step {
        // What is told to others is found without walking past the judged codes.
        indexes: &[("events_but_codes", "events (id) WHERE kind <> 'code-judged'")],
        sql: include_str!("schema_3.sql"),
    },
    Step::of(include_str!("schema_4.sql")),
    Step::of(include_str!("schema_5.sql")),
    Step::of(include_str!("schema_6.sql")),
    Step {
        // Which tokens were reported lost of late is asked of all accounts at once.
        indexes: &[(
            "events_of_losing",
            "events (at) WHERE kind IN ('token-suspended', 'token-deactivated')",
        )],
        sql: "",
    },
];

/// Locks of two numbers: `CSRG`, and what they are for. They end with the connection. Nobody waits at
/// the lock itself: an index is built once no transaction of before is left, and who waits is in one.
const TAKE_OUR_TURN: &str =
    "SELECT CAST(CAST(pg_try_advisory_lock(1129534023, 2) AS INTEGER) AS BIGINT)";
const END_OUR_TURN: &str = "SELECT pg_advisory_unlock(1129534023, 2)";
/// For how many moments another server's migration is waited for.
const TRIES: u32 = 300;
const MOMENT: Duration = Duration::from_millis(200);

/// Whether nothing is in the database; one that is not ours, or newer than this program, is refused.
pub(super) async fn is_new(connection: &Connection) -> Result<bool, Trouble> {
    Ok(version(connection).await? == 0)
}

/// Runs the steps that the database has not seen.
pub(super) async fn run(connection: &Connection) -> Result<(), Trouble> {
    for _ in 0..TRIES {
        if usize::try_from(version(connection).await?).is_ok_and(|found| found == STEPS.len()) {
            return Ok(());
        }
        if connection.numbers(TAKE_OUR_TURN).await? == [1] {
            let migrated = migrate(connection).await;
            let ended = connection.run(END_OUR_TURN).await;
            return migrated.and(ended);
        }
        sleep(MOMENT).await;
    }
    Err(StoreError::Busy.into())
}

async fn migrate(connection: &Connection) -> Result<(), Trouble> {
    // Read again: another server may have migrated meanwhile.
    let found = version(connection).await?;
    for (place, step) in (0..).zip(STEPS).filter(|(place, _)| *place >= found) {
        for (name, of) in step.indexes {
            build(connection, name, of).await?;
        }
        connection.run("BEGIN").await?;
        let done = take(connection, place, step).await;
        connection.run(if done.is_ok() { "COMMIT" } else { "ROLLBACK" }).await?;
        done?;
    }
    Ok(())
}

async fn take(connection: &Connection, place: u32, step: &Step) -> Result<(), Trouble> {
    if place == 0 {
        connection.run("CREATE TABLE schema_version (version BIGINT NOT NULL)").await?;
        connection.run("INSERT INTO schema_version (version) VALUES (0)").await?;
    }
    connection.run(step.sql).await?;
    connection.run("UPDATE schema_version SET version = version + 1").await
}

/// Builds an index beside whoever writes, anew where one was cut off while it was built.
async fn build(connection: &Connection, name: &str, of: &str) -> Result<(), Trouble> {
    let known = format!(
        "SELECT count(*), count(*) FILTER (WHERE i.indisvalid)
         FROM pg_class c JOIN pg_index i ON i.indexrelid = c.oid
         WHERE c.relname = '{name}' AND pg_table_is_visible(c.oid)"
    );
    let [there, valid] = connection.numbers(&known).await?;
    if valid > 0 {
        return Ok(());
    }
    // It waits for whoever is writing, and keeps nobody waiting.
    connection.run("SET lock_timeout = 0").await?;
    if there > 0 {
        connection.run(&format!("DROP INDEX CONCURRENTLY {name}")).await?;
    }
    connection.run(&format!("CREATE INDEX CONCURRENTLY {name} ON {of}")).await?;
    connection.run("SET lock_timeout = '15s'").await
}

/// Which version the database is of; 0 where there is nothing in it.
async fn version(connection: &Connection) -> Result<u32, Trouble> {
    const KNOWN: u32 = STEPS.len() as u32;
    let [ours, tables, utf8] = connection.numbers(WHAT_IS_THERE).await?;
    if utf8 == 0 {
        let reason = "its encoding is not UTF8".to_owned();
        return Err(StoreError::Unavailable { reason }.into());
    }
    if ours == 0 {
        return if tables == 0 { Ok(0) } else { Err(StoreError::NotOurs.into()) };
    }
    let [found] = connection.numbers("SELECT max(version) FROM schema_version").await?;
    match u32::try_from(found) {
        Ok(found) if found <= KNOWN => Ok(found),
        Ok(found) => Err(StoreError::Newer { found, known: KNOWN }.into()),
        Err(_) => Err(StoreError::NotOurs.into()),
    }
}

const WHAT_IS_THERE: &str = "SELECT
    (SELECT count(*) FROM pg_tables
        WHERE schemaname = current_schema() AND tablename = 'schema_version'),
    (SELECT count(*) FROM pg_tables WHERE schemaname = current_schema()),
    CAST(CAST(current_setting('server_encoding') = 'UTF8' AS INTEGER) AS BIGINT)";
