//! The audit's rows, links and checkpoints.

use super::{
    super::Sql, Query, Row, Statements, ToValue, Values, count, instant, params, query, to_sql,
};
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

pub(in super::super) fn audit_rows_after(after: u64, limit: u32) -> Query<AuditRow> {
    // A database that is opened for reading only may be from before there was a reference: then the
    // name means the absent one.
    let sql = Sql::Each {
        sqlite: "SELECT id, CAST(CAST(at AS TEXT) AS BLOB) AS at, CAST(actor AS BLOB) AS actor,
            CAST(actor_name AS BLOB) AS actor_name, CAST(actor_token AS BLOB) AS actor_token,
            CAST(kind AS BLOB) AS kind, CAST(outcome AS BLOB) AS outcome,
            CAST(CAST(account AS TEXT) AS BLOB) AS account, CAST(serial AS BLOB) AS serial,
            CAST(purpose AS BLOB) AS purpose, CAST(cause AS BLOB) AS cause,
            (SELECT CAST(reference AS BLOB) FROM events AS own WHERE own.id = events.id) AS reference
         FROM events CROSS JOIN (SELECT NULL AS reference) AS absent
         WHERE id > ?1 ORDER BY id LIMIT ?2",
        postgres: "SELECT id, convert_to(CAST(at AS TEXT), 'UTF8') AS at,
            convert_to(actor, 'UTF8') AS actor, convert_to(actor_name, 'UTF8') AS actor_name,
            convert_to(actor_token, 'UTF8') AS actor_token, convert_to(kind, 'UTF8') AS kind,
            convert_to(outcome, 'UTF8') AS outcome,
            convert_to(CAST(account AS TEXT), 'UTF8') AS account,
            convert_to(serial, 'UTF8') AS serial, convert_to(purpose, 'UTF8') AS purpose,
            convert_to(cause, 'UTF8') AS cause, convert_to(reference, 'UTF8') AS reference
         FROM events WHERE id > ?1 ORDER BY id LIMIT ?2",
    };
    query(sql, params![to_sql(after), limit], |row| {
        let mut columns = [const { None }; AuditRow::COLUMNS.len()];
        for (column, name) in columns.iter_mut().zip(AuditRow::COLUMNS) {
            *column = row.get(name)?;
        }
        Ok(AuditRow { id: count(row, "id")?, columns })
    })
}

pub(in super::super) fn audit_links_after(after: u64, limit: u32) -> Query<(u64, Link)> {
    query(
        "SELECT event, link FROM audit_links
         WHERE event > ?1 AND length(link) = 32 ORDER BY event LIMIT ?2",
        params![to_sql(after), limit],
        |row| Ok((count(row, "event")?, Link(row.get("link")?))),
    )
}

/// Whether a row is a checkpoint at all.
const READABLE: &str = "number > 0 AND at >= 0 AND last_event >= 0 AND length(link) = 32
    AND length(before) = 32 AND length(next_key) = 32 AND length(key) = 32 AND length(signature) = 64";

pub(in super::super) fn checkpoints_after(after: u64, limit: u32) -> Query<Checkpoint> {
    query(
        format!(
            "SELECT * FROM audit_checkpoints WHERE number > ?1 AND {READABLE} ORDER BY number LIMIT ?2"
        ),
        params![to_sql(after), limit],
        read,
    )
}

pub(in super::super) fn last_checkpoint() -> Query<Checkpoint> {
    let sql =
        format!("SELECT * FROM audit_checkpoints WHERE {READABLE} ORDER BY number DESC LIMIT 1");
    query(sql, params![], read)
}

pub(in super::super) fn audit_out_of_place() -> Query<u64> {
    let sql = "SELECT (SELECT count(*) FROM events WHERE id < 1)
        + (SELECT count(*) FROM audit_links WHERE event < 1)
        + (SELECT count(*) FROM audit_checkpoints WHERE number < 1) AS records";
    query(sql, params![], |row| count(row, "records"))
}

fn read(row: &Row<'_>) -> Result<Checkpoint, StoreError> {
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

/// How many links one statement inserts, where there are so many.
const LINKS: usize = 128;

pub(super) fn insert_links(statements: &mut Statements, links: &[(u64, Link)]) {
    let mut insert = |links: &[(u64, Link)]| {
        let rows: Vec<_> =
            (1..=links.len()).map(|row| format!("(?{}, ?{})", 2 * row - 1, 2 * row)).collect();
        let sql = format!("INSERT INTO audit_links (event, link) VALUES {}", rows.join(", "));
        let values =
            links.iter().flat_map(|(event, link)| [to_sql(*event).to_value(), link.0.to_value()]);
        let rows = u64::try_from(links.len()).unwrap_or(u64::MAX);
        statements.exactly(rows, sql, Values::Numbered(values.collect()));
    };
    let (many, rest) = links.as_chunks::<LINKS>();
    for links in many {
        insert(links);
    }
    for link in rest {
        insert(core::slice::from_ref(link));
    }
}

pub(super) fn insert_checkpoint(statements: &mut Statements, checkpoint: &Checkpoint) {
    let Statement { number, at, last_event, link, before, next_key } = &checkpoint.statement;
    statements.one(
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
    );
}
