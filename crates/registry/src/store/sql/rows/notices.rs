//! Mails that tell prescribers what was done, and how far the audit was read for them.

use oath::UnixTime;

use super::{
    Query, Row, Statements, count, instant, maybe_instant, named_params, params, query, to_sql,
};
use crate::{
    event::EventKind,
    notice::{CursorRecord, NoticeRecord},
    rules::mail_tries::latest_due,
    store::StoreError,
};

pub(in super::super) fn cursor(name: &str) -> Query<CursorRecord> {
    query("SELECT * FROM cursors WHERE name = ?1", params![name], |row| {
        Ok(CursorRecord { event: count(row, "event")?, version: count(row, "version")? })
    })
    .few()
}

pub(in super::super) fn notice(event: u64) -> Query<NoticeRecord> {
    query("SELECT * FROM notices WHERE event = ?1", params![to_sql(event)], read).few()
}

pub(in super::super) fn notices_due(now: UnixTime, each: u32, limit: u32) -> Query<NoticeRecord> {
    // Those of no account, or of an event that is gone, share one turn.
    let known: Vec<_> = EventKind::ALL.iter().map(|kind| format!("'{kind}'")).collect();
    // What else is a word is a kind of a newer version, which may know what to mail of it.
    let sql = format!(
        "SELECT * FROM (
            SELECT n.*, row_number() OVER (PARTITION BY e.account ORDER BY n.due, n.event) AS turn
            FROM notices n LEFT JOIN events e ON e.id = n.event
            WHERE (n.due <= ?1 OR n.due > ?2 OR n.attempts = 0) AND n.given_up IS NULL
                AND (e.kind IS NULL OR e.kind = '' OR e.kind IN ({})
                    OR ltrim(e.kind, 'abcdefghijklmnopqrstuvwxyz-') <> '')
         ) AS waiting WHERE turn <= ?3 ORDER BY turn, due, event LIMIT ?4",
        known.join(", ")
    );
    let latest = latest_due(now);
    query(sql, params![to_sql(now.0), to_sql(latest.0), each, limit], read)
}

pub(in super::super) fn notices_failing(limit: u32) -> Query<NoticeRecord> {
    let sql = "SELECT * FROM notices WHERE problem IS NOT NULL ORDER BY due, event LIMIT ?1";
    query(sql, params![limit], read)
}

fn read(row: &Row<'_>) -> Result<NoticeRecord, StoreError> {
    Ok(NoticeRecord {
        event: count(row, "event")?,
        attempts: row.get("attempts")?,
        due: instant(row, "due")?,
        problem: row.get("problem")?,
        given_up: maybe_instant(row, "given_up")?,
        version: count(row, "version")?,
    })
}

pub(super) fn insert_cursor(statements: &mut Statements, name: &str, event: u64) {
    let sql = "INSERT INTO cursors (name, version, event) VALUES (?1, 1, ?2)";
    statements.one(sql, params![name, to_sql(event)]);
}

pub(super) fn move_cursor(statements: &mut Statements, name: &str, version: u64, event: u64) {
    statements.one(
        "UPDATE cursors SET version = version + 1, event = ?3 WHERE name = ?1 AND version = ?2",
        params![name, to_sql(version), to_sql(event)],
    );
}

pub(super) fn insert(statements: &mut Statements, event: u64, due: UnixTime) {
    statements.one(
        "INSERT INTO notices (event, version, attempts, due) VALUES (?1, 1, 0, ?2)",
        params![to_sql(event), to_sql(due.0)],
    );
}

pub(super) fn update(statements: &mut Statements, record: &NoticeRecord) {
    statements.one(
        "UPDATE notices SET version = version + 1, attempts = :attempts, due = :due,
            problem = :problem, given_up = :given_up
         WHERE event = :event AND version = :version",
        named_params! {
            ":event": to_sql(record.event),
            ":version": to_sql(record.version),
            ":attempts": record.attempts,
            ":due": to_sql(record.due.0),
            ":problem": record.problem.as_deref(),
            ":given_up": record.given_up.map(|at| to_sql(at.0)),
        },
    );
}

pub(super) fn delete(statements: &mut Statements, event: u64, version: u64) {
    statements.one(
        "DELETE FROM notices WHERE event = ?1 AND version = ?2",
        params![to_sql(event), to_sql(version)],
    );
}

pub(super) fn forget(statements: &mut Statements, before: UnixTime) {
    statements.sure("DELETE FROM notices WHERE given_up < ?1", params![to_sql(before.0)]);
}
