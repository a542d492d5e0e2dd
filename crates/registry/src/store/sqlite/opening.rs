//! Opening the file, and what an error of SQLite's own means.

use std::{fs::OpenOptions, path::Path, time::Duration};

use rusqlite::{Connection, ErrorCode, OpenFlags, config::DbConfig};

use super::StoreError;

/// How long a transaction waits for another process's to end.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// Statements kept prepared on each connection: all that there are.
const STATEMENTS: usize = 128;

pub(super) fn make_private(path: &Path) -> Result<(), StoreError> {
    let mut options = OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
        .open(path)
        .map(drop)
        .map_err(|error| StoreError::Unavailable { reason: format!("{}: {error}", path.display()) })
}

pub(super) fn connect(path: &Path) -> Result<Connection, StoreError> {
    prepared(Connection::open(path).map_err(failed)?)
}

pub(super) fn connect_to_read(path: &Path) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    prepared(Connection::open_with_flags(path, flags).map_err(failed)?)
}

fn prepared(connection: Connection) -> Result<Connection, StoreError> {
    connection.busy_timeout(BUSY_TIMEOUT).map_err(failed)?;
    connection.pragma_update(None, "foreign_keys", true).map_err(failed)?;
    // Otherwise a statement with `LIMIT ?` is planned anew each time that it is run.
    let stable = DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG;
    connection.set_db_config(stable, true).map_err(failed)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    Ok(connection)
}

/// Every commit is on the disk before it is answered. The pages of many codes stay in memory, and are
/// brought from the log into the file together.
pub(super) fn for_writing(connection: &Connection) -> Result<(), StoreError> {
    /// In KiB; SQLite takes a negative number as such.
    const CACHE: i64 = 32 * 1024;
    /// In pages of 4 KiB.
    const LOG: u32 = 16_384;
    connection.pragma_update(None, "synchronous", "FULL").map_err(failed)?;
    connection.pragma_update(None, "cache_size", -CACHE).map_err(failed)?;
    connection.pragma_update(None, "wal_autocheckpoint", LOG).map_err(failed)
}

/// Turns write-ahead logging on. While others open the same new file, SQLite refuses this at once
/// instead of waiting, so it is tried again for as long as a transaction would wait.
pub(super) fn write_ahead(connection: &Connection) -> Result<(), StoreError> {
    const PAUSE: Duration = Duration::from_millis(10);
    let mut waited = Duration::ZERO;
    loop {
        match connection.pragma_update(None, "journal_mode", "WAL").map_err(failed) {
            Err(StoreError::Busy) if waited < BUSY_TIMEOUT => {
                std::thread::sleep(PAUSE);
                waited += PAUSE;
            }
            result => return result,
        }
    }
}

/// What an error of SQLite means to a person.
pub(super) fn failed(error: rusqlite::Error) -> StoreError {
    let reason = error.to_string();
    match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => StoreError::Busy,
        Some(ErrorCode::OperationInterrupted) => StoreError::TookTooLong,
        Some(ErrorCode::NotADatabase) => StoreError::NotOurs,
        Some(ErrorCode::DatabaseCorrupt) => StoreError::Damaged { reason },
        Some(_) => StoreError::Unavailable { reason },
        // No error of SQLite's own: a value that is not of the type that its column should have.
        None => StoreError::Damaged { reason },
    }
}
