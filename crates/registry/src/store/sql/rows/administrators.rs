//! Administrators and their sessions.

use oath::{Drift, UnixTime};

use super::{
    Query, Row, Statements, count, instant, lock, lock_to_sql, maybe_count, maybe_instant,
    named_params, params, parsed, query, to_sql,
};
use crate::{
    administrator::{Administrator, AdministratorRecord, AdministratorSessionRecord},
    store::StoreError,
    values::SessionId,
};

pub(in super::super) fn administrator(key: &str) -> Query<AdministratorRecord> {
    query("SELECT * FROM administrators WHERE key = ?1", params![key], read)
}

pub(in super::super) fn administrators() -> Query<AdministratorRecord> {
    query("SELECT * FROM administrators ORDER BY key", params![], read)
}

fn read(row: &Row<'_>) -> Result<AdministratorRecord, StoreError> {
    let administrator = Administrator {
        name: parsed(row, "name")?,
        roles: parsed(row, "roles")?,
        added: instant(row, "added")?,
        removed: maybe_instant(row, "removed")?,
        sign_in_failures: row.get("sign_in_failures")?,
        sign_in_pause: lock(row, "sign_in_pause")?,
        drift: Drift::from_parts(row.get("drift_resync")?, row.get("drift_learnt")?),
        last_accepted: maybe_count(row, "last_accepted")?,
        last_used: maybe_instant(row, "last_used")?,
        code_failures: row.get("code_failures")?,
        code_lock: lock(row, "code_lock")?,
    };
    Ok(AdministratorRecord {
        administrator,
        passphrase_hash: row.get("passphrase_hash")?,
        sealed_seed: row.get("sealed_seed")?,
        version: count(row, "version")?,
    })
}

pub(super) fn insert(statements: &mut Statements, record: &AdministratorRecord) {
    let administrator = &record.administrator;
    let (resynchronised, learnt) = administrator.drift.parts();
    statements.one(
        "INSERT INTO administrators (key, version, name, roles, passphrase_hash, sealed_seed, added,
            removed, sign_in_failures, sign_in_pause, drift_resync, drift_learnt, last_accepted,
            last_used, code_failures, code_lock)
         VALUES (:key, 1, :name, :roles, :passphrase_hash, :sealed_seed, :added, :removed,
            :sign_in_failures, :sign_in_pause, :drift_resync, :drift_learnt, :last_accepted,
            :last_used, :code_failures, :code_lock)",
        named_params! {
            ":key": administrator.name.key(),
            ":name": administrator.name.label().as_str(),
            ":roles": administrator.roles.text(),
            ":passphrase_hash": record.passphrase_hash,
            ":sealed_seed": record.sealed_seed,
            ":added": to_sql(administrator.added.0),
            ":removed": administrator.removed.map(|at| to_sql(at.0)),
            ":sign_in_failures": administrator.sign_in_failures,
            ":sign_in_pause": lock_to_sql(administrator.sign_in_pause),
            ":drift_resync": resynchronised,
            ":drift_learnt": learnt,
            ":last_accepted": administrator.last_accepted.map(to_sql),
            ":last_used": administrator.last_used.map(|at| to_sql(at.0)),
            ":code_failures": administrator.code_failures,
            ":code_lock": lock_to_sql(administrator.code_lock),
        },
    );
}

pub(super) fn update(statements: &mut Statements, record: &AdministratorRecord) {
    let administrator = &record.administrator;
    let (resynchronised, learnt) = administrator.drift.parts();
    statements.one(
        "UPDATE administrators SET version = version + 1, roles = :roles, removed = :removed,
            sign_in_failures = :sign_in_failures, sign_in_pause = :sign_in_pause,
            drift_resync = :drift_resync, drift_learnt = :drift_learnt,
            last_accepted = :last_accepted, last_used = :last_used,
            code_failures = :code_failures, code_lock = :code_lock
         WHERE key = :key AND version = :version",
        named_params! {
            ":key": administrator.name.key(),
            ":version": to_sql(record.version),
            ":roles": administrator.roles.text(),
            ":removed": administrator.removed.map(|at| to_sql(at.0)),
            ":sign_in_failures": administrator.sign_in_failures,
            ":sign_in_pause": lock_to_sql(administrator.sign_in_pause),
            ":drift_resync": resynchronised,
            ":drift_learnt": learnt,
            ":last_accepted": administrator.last_accepted.map(to_sql),
            ":last_used": administrator.last_used.map(|at| to_sql(at.0)),
            ":code_failures": administrator.code_failures,
            ":code_lock": lock_to_sql(administrator.code_lock),
        },
    );
}

pub(in super::super) fn session(id: SessionId) -> Query<AdministratorSessionRecord> {
    let sql = "SELECT * FROM administrator_sessions WHERE id = ?1";
    query(sql, params![id.as_bytes()], |row| {
        Ok(AdministratorSessionRecord {
            id: SessionId::from_bytes(row.get("id")?),
            administrator: row.get("administrator")?,
            full_since: maybe_instant(row, "full_since")?,
            signed_in: instant(row, "signed_in")?,
            last_seen: instant(row, "last_seen")?,
            version: count(row, "version")?,
        })
    })
}

pub(super) fn insert_session(statements: &mut Statements, record: &AdministratorSessionRecord) {
    statements.one(
        "INSERT INTO administrator_sessions (id, version, administrator, signed_in, last_seen,
            full_since)
         VALUES (?1, 1, ?2, ?3, ?4, ?5)",
        params![
            record.id.as_bytes(),
            record.administrator,
            to_sql(record.signed_in.0),
            to_sql(record.last_seen.0),
            record.full_since.map(|at| to_sql(at.0)),
        ],
    );
}

pub(super) fn delete_session(statements: &mut Statements, id: SessionId, version: u64) {
    statements.one(
        "DELETE FROM administrator_sessions WHERE id = ?1 AND version = ?2",
        params![id.as_bytes(), to_sql(version)],
    );
}

pub(super) fn expect_session(statements: &mut Statements, id: SessionId) {
    let sql = "SELECT 1 FROM administrator_sessions WHERE id = ?1";
    statements.one(sql, params![id.as_bytes()]);
}

pub(super) fn touch_session(statements: &mut Statements, id: SessionId, seen: UnixTime) {
    statements.any(
        "UPDATE administrator_sessions SET last_seen = CASE WHEN last_seen < ?2 THEN ?2 ELSE last_seen END WHERE id = ?1",
        params![id.as_bytes(), to_sql(seen.0)],
    );
}

pub(super) fn forget_sessions(statements: &mut Statements, key: &str, before: UnixTime) {
    statements.any(
        "DELETE FROM administrator_sessions WHERE administrator = ?1 AND signed_in < ?2",
        params![key, to_sql(before.0)],
    );
}
