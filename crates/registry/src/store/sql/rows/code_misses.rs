//! Wrong codes that named no token.

use super::{
    Query, Statements, count, lock, lock_to_sql, params, people::npi as read_npi, query, to_sql,
};
use crate::{code_misses::CodeMisses, values::Npi};

pub(in super::super) fn code_misses(npi: Npi) -> Query<CodeMisses> {
    let sql = "SELECT * FROM code_misses WHERE npi = ?1";
    query(sql, params![to_sql(npi.number())], |row| {
        Ok(CodeMisses {
            npi: read_npi(row, "npi")?,
            failures: row.get("failures")?,
            pause: lock(row, "paused_until")?,
            version: count(row, "version")?,
        })
    })
    .few()
}

pub(super) fn insert(statements: &mut Statements, record: &CodeMisses) {
    statements.one(
        "INSERT INTO code_misses (npi, version, failures, paused_until) VALUES (?1, 1, ?2, ?3)",
        params![to_sql(record.npi.number()), record.failures, lock_to_sql(record.pause)],
    );
}

pub(super) fn update(statements: &mut Statements, record: &CodeMisses) {
    statements.one(
        "UPDATE code_misses SET version = version + 1, failures = ?3, paused_until = ?4
         WHERE npi = ?1 AND version = ?2",
        params![
            to_sql(record.npi.number()),
            to_sql(record.version),
            record.failures,
            lock_to_sql(record.pause),
        ],
    );
}

pub(super) fn expect(statements: &mut Statements, npi: Npi, version: u64) {
    let npi = to_sql(npi.number());
    match version {
        0 => statements.exactly(0, "SELECT 1 FROM code_misses WHERE npi = ?1", params![npi]),
        _ => statements.one(
            "SELECT 1 FROM code_misses WHERE npi = ?1 AND version = ?2",
            params![npi, to_sql(version)],
        ),
    }
}
