//! The tables, and how an older database gets them: forward only, one step a version, one server at
//! a time.
//!
//! A step may run while servers of the version before still write: it adds tables, indexes and
//! columns that can be left out, and takes nothing away.

use super::connection::{Connection, Trouble};
use crate::store::StoreError;

/// Step n brings a database from version n to n + 1. A step that was released never changes.
const STEPS: &[&str] = &[
    include_str!("schema_1.sql"),
    include_str!("schema_2.sql"),
    include_str!("schema_3.sql"),
    include_str!("schema_4.sql"),
    include_str!("schema_5.sql"),
];

/// One lock of two numbers: `CSRG`, and what it is for. It ends with the transaction.
const ONE_AT_A_TIME: &str = "SELECT pg_advisory_xact_lock(1129534023, 2)";

/// Whether nothing is in the database; one that is not ours, or newer than this program, is refused.
pub(super) async fn is_new(connection: &Connection) -> Result<bool, Trouble> {
    Ok(version(connection).await? == 0)
}

/// Runs the steps that the database has not seen, in one transaction.
pub(super) async fn run(connection: &Connection) -> Result<(), Trouble> {
    if usize::try_from(version(connection).await?).is_ok_and(|found| found == STEPS.len()) {
        return Ok(());
    }
    connection.run("BEGIN").await?;
    let migrated = migrate(connection).await;
    connection.run(if migrated.is_ok() { "COMMIT" } else { "ROLLBACK" }).await?;
    migrated
}

async fn migrate(connection: &Connection) -> Result<(), Trouble> {
    connection.run(ONE_AT_A_TIME).await?;
    // Read again: another server may have migrated while this one waited.
    let found = version(connection).await?;
    if found == 0 {
        connection.run("CREATE TABLE schema_version (version BIGINT NOT NULL)").await?;
        connection.run("INSERT INTO schema_version (version) VALUES (0)").await?;
    }
    for (_, sql) in (0..).zip(STEPS).filter(|(step, _)| *step >= found) {
        connection.run(sql).await?;
        connection.run("UPDATE schema_version SET version = version + 1").await?;
    }
    Ok(())
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
