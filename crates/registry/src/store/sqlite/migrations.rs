//! The tables, and how an older database gets them: forward only, one step a version.

use rusqlite::{Connection, TransactionBehavior};

use super::{StoreError, failed};

/// `CSRG`, in SQLite's own field for whose file it is.
const APPLICATION_ID: u32 = 0x4353_5247;

/// Step n brings a database from version n to n + 1. A step that was released never changes.
const STEPS: &[&str] = &[
    include_str!("schema_1.sql"),
    include_str!("schema_2.sql"),
    include_str!("schema_3.sql"),
    include_str!("schema_4.sql"),
    include_str!("schema_5.sql"),
    include_str!("schema_6.sql"),
    include_str!("schema_7.sql"),
    include_str!("schema_8.sql"),
    include_str!("schema_9.sql"),
    include_str!("schema_10.sql"),
    include_str!("schema_11.sql"),
    include_str!("schema_12.sql"),
    include_str!("schema_13.sql"),
    include_str!("schema_14.sql"),
    include_str!("schema_15.sql"),
    include_str!("schema_16.sql"),
    include_str!("schema_17.sql"),
    include_str!("schema_18.sql"),
    include_str!("schema_19.sql"),
    include_str!("schema_20.sql"),
    include_str!("schema_21.sql"),
    include_str!("schema_22.sql"),
    include_str!("schema_23.sql"),
    include_str!("schema_24.sql"),
    include_str!("schema_25.sql"),
    include_str!("schema_26.sql"),
];

/// Refuses a file that is not ours, or newer than this program; changes nothing.
pub(super) fn check(connection: &Connection) -> Result<(), StoreError> {
    // One transaction, so that all is read before another process's migration, or all after it.
    let _reading = connection.unchecked_transaction().map_err(failed)?;
    check_in_transaction(connection)
}

fn check_in_transaction(connection: &Connection) -> Result<(), StoreError> {
    let found = version(connection)?;
    let known = u32::try_from(STEPS.len()).unwrap_or(u32::MAX);
    let application: u32 = number(connection, "PRAGMA application_id")?;
    let tables: u32 = number(connection, "SELECT count(*) FROM sqlite_schema")?;
    let empty = found == 0 && application == 0 && tables == 0;
    if application != APPLICATION_ID && !empty {
        return Err(StoreError::NotOurs);
    }
    if found > known {
        return Err(StoreError::Newer { found, known });
    }
    Ok(())
}

/// Runs the steps that the database has not seen, in one transaction.
pub(super) fn run(connection: &mut Connection) -> Result<(), StoreError> {
    if usize::try_from(version(connection)?).is_ok_and(|found| found == STEPS.len()) {
        return Ok(());
    }
    let transaction =
        connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(failed)?;
    // Read again: another process may have migrated while this one waited.
    check_in_transaction(&transaction)?;
    let found = version(&transaction)?;
    for (step, sql) in (0..).zip(STEPS).filter(|(step, _)| *step >= found) {
        transaction.execute_batch(sql).map_err(failed)?;
        transaction.pragma_update(None, "user_version", step + 1).map_err(failed)?;
    }
    transaction.pragma_update(None, "application_id", APPLICATION_ID).map_err(failed)?;
    transaction.commit().map_err(failed)
}

/// The version that a database is of; none is 0.
pub(super) fn version(connection: &Connection) -> Result<u32, StoreError> {
    number(connection, "PRAGMA user_version")
}

fn number(connection: &Connection, sql: &str) -> Result<u32, StoreError> {
    connection.query_row(sql, [], |row| row.get(0)).map_err(failed)
}
