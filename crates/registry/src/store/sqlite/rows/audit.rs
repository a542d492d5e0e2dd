//! The audit's rows, links and checkpoints.

use rusqlite::{Connection, Row, params};

use super::{change_one, count, find, instant, list, to_sql};
use crate::{
    audit::{
        chain::{AuditRow, Link},
        checkpoint::{Checkpoint, Statement},
        keys::AuditPublicKey,
    },
    store::StoreError,
};

// What was tampered with is to be found, not to stop the search: columns are read byte for byte,
// whatever they say, and a link or checkpoint that is none is passed over, as if it were removed.

pub(in super::super) fn audit_rows_after(
    database: &Connection,
    after: u64,
    limit: u32,
) -> rusqlite::Result<Vec<AuditRow>> {
    list(
        database,
        "SELECT id, CAST(CAST(at AS TEXT) AS BLOB), CAST(actor AS BLOB), CAST(actor_name AS BLOB),
            CAST(actor_token AS BLOB), CAST(kind AS BLOB), CAST(outcome AS BLOB),
            CAST(CAST(account AS TEXT) AS BLOB), CAST(serial AS BLOB), CAST(purpose AS BLOB),
            CAST(cause AS BLOB)
         FROM events WHERE id > ?1 ORDER BY id LIMIT ?2",
        &[&to_sql(after), &limit],
        |row| {
            let mut columns = [const { None }; AuditRow::COLUMNS.len()];
            for (place, column) in columns.iter_mut().enumerate() {
                *column = row.get(place + 1)?;
            }
            Ok(AuditRow { id: count(row, "id")?, columns })
        },
    )
}

pub(in super::super) fn audit_links_after(
    database: &Connection,
    after: u64,
    limit: u32,
) -> rusqlite::Result<Vec<(u64, Link)>> {
    list(
        database,
        "SELECT event, link FROM audit_links
         WHERE event > ?1 AND length(link) = 32 ORDER BY event LIMIT ?2",
        &[&to_sql(after), &limit],
        |row| Ok((count(row, "event")?, Link(row.get("link")?))),
    )
}

/// Whether a row is a checkpoint at all.
const READABLE: &str = "number > 0 AND at >= 0 AND last_event >= 0 AND length(link) = 32
    AND length(before) = 32 AND length(next_key) = 32 AND length(key) = 32 AND length(signature) = 64";

pub(in super::super) fn checkpoints_after(
    database: &Connection,
    after: u64,
    limit: u32,
) -> rusqlite::Result<Vec<Checkpoint>> {
    list(
        database,
        &format!(
            "SELECT * FROM audit_checkpoints WHERE number > ?1 AND {READABLE} ORDER BY number LIMIT ?2"
        ),
        &[&to_sql(after), &limit],
        read,
    )
}

pub(in super::super) fn last_checkpoint(
    database: &Connection,
) -> rusqlite::Result<Option<Checkpoint>> {
    let sql =
        format!("SELECT * FROM audit_checkpoints WHERE {READABLE} ORDER BY number DESC LIMIT 1");
    find(database, &sql, params![], read)
}

pub(in super::super) fn audit_out_of_place(database: &Connection) -> rusqlite::Result<u64> {
    let sql = "SELECT (SELECT count(*) FROM events WHERE id < 1)
        + (SELECT count(*) FROM audit_links WHERE event < 1)
        + (SELECT count(*) FROM audit_checkpoints WHERE number < 1) AS records";
    database.query_row(sql, [], |row| count(row, "records"))
}

fn read(row: &Row<'_>) -> rusqlite::Result<Checkpoint> {
    Ok(Checkpoint {
        statement: Statement {
            number: count(row, "number")?,
            at: instant(row, "at")?,
            last_event: count(row, "last_event")?,
            link: Link(row.get("link")?),
            before: row.get("before")?,
            next_key: AuditPublicKey::from_bytes(row.get("next_key")?),
        },
        key: AuditPublicKey::from_bytes(row.get("key")?),
        signature: row.get("signature")?,
    })
}

pub(super) fn insert_links(database: &Connection, links: &[(u64, Link)]) -> Result<(), StoreError> {
    for (event, link) in links {
        change_one(
            database,
            "INSERT INTO audit_links (event, link) VALUES (?1, ?2)",
            params![to_sql(*event), link.0],
        )?;
    }
    Ok(())
}

pub(super) fn insert_checkpoint(
    database: &Connection,
    checkpoint: &Checkpoint,
) -> Result<(), StoreError> {
    let Statement { number, at, last_event, link, before, next_key } = &checkpoint.statement;
    change_one(
        database,
        "INSERT INTO audit_checkpoints
            (number, at, last_event, link, before, next_key, key, signature)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        params![
            to_sql(*number),
            to_sql(at.0),
            to_sql(*last_event),
            link.0,
            before,
            next_key.as_bytes(),
            checkpoint.key.as_bytes(),
            checkpoint.signature,
        ],
    )
}
