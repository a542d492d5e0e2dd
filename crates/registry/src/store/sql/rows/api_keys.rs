//! API keys of relying parties.

use oath::UnixTime;

use super::{
    Query, Row, Statements, count, damaged, instant, maybe_instant, params, parsed, query, to_sql,
};
use crate::{
    api_key::{ApiKeyId, ApiKeyRecord, Scope},
    store::StoreError,
};

pub(in super::super) fn api_key(id: &ApiKeyId) -> Query<ApiKeyRecord> {
    query("SELECT * FROM api_keys WHERE id = ?1", params![id.as_str()], read).few()
}

pub(in super::super) fn api_keys() -> Query<ApiKeyRecord> {
    query("SELECT * FROM api_keys ORDER BY party, made, id", params![], read)
}

fn read(row: &Row<'_>) -> Result<ApiKeyRecord, StoreError> {
    let scopes: String = row.get("scopes")?;
    let scopes: Result<Vec<Scope>, _> = scopes.split(' ').map(str::parse).collect();
    Ok(ApiKeyRecord {
        id: parsed(row, "id")?,
        party: parsed(row, "party")?,
        scopes: scopes.map_err(|error| damaged("scopes", error))?,
        digest: row.get("digest")?,
        made: instant(row, "made")?,
        ends: maybe_instant(row, "ends")?,
        last_used: maybe_instant(row, "last_used")?,
        version: count(row, "version")?,
    })
}

pub(super) fn insert(statements: &mut Statements, record: &ApiKeyRecord) {
    let scopes: Vec<_> = record.scopes.iter().map(|scope| scope.name()).collect();
    statements.one(
        "INSERT INTO api_keys (id, version, party, scopes, digest, made, ends, last_used)
         VALUES (?1, 1, ?2, ?3, ?4, ?5, ?6, ?7)",
        params![
            record.id.as_str(),
            record.party.as_str(),
            scopes.join(" "),
            record.digest,
            to_sql(record.made.0),
            record.ends.map(|at| to_sql(at.0)),
            record.last_used.map(|at| to_sql(at.0)),
        ],
    );
}

pub(super) fn end(statements: &mut Statements, id: &ApiKeyId, version: u64, ends: UnixTime) {
    statements.one(
        "UPDATE api_keys SET version = version + 1, ends = ?3 WHERE id = ?1 AND version = ?2",
        params![id.as_str(), to_sql(version), to_sql(ends.0)],
    );
}

pub(super) fn touch(statements: &mut Statements, id: &ApiKeyId, used: UnixTime) {
    statements.any(
        "UPDATE api_keys SET last_used = ?2
         WHERE id = ?1 AND (last_used IS NULL OR last_used < ?2)",
        params![id.as_str(), to_sql(used.0)],
    );
}
