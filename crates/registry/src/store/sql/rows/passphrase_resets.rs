//! Passphrase resets.

use super::{
    Query, Row, Statements, count, instant, maybe_instant, maybe_parsed, named_params, params,
    parsed, people::npi, query, to_sql, word,
};
use crate::{
    passphrase_reset::{PassphraseResetRecord, ResetState},
    store::StoreError,
    values::{IdempotencyKey, Npi, ResetId},
};

pub(in super::super) fn passphrase_reset(id: ResetId) -> Query<PassphraseResetRecord> {
    query("SELECT * FROM passphrase_resets WHERE id = ?1", params![id.as_bytes()], read)
}

pub(in super::super) fn passphrase_resets_of(npi: Npi) -> Query<PassphraseResetRecord> {
    query(
        "SELECT * FROM passphrase_resets WHERE npi = ?1 ORDER BY made, id",
        params![to_sql(npi.number())],
        read,
    )
}

fn read(row: &Row<'_>) -> Result<PassphraseResetRecord, StoreError> {
    Ok(PassphraseResetRecord {
        id: ResetId::from_bytes(row.get("id")?),
        npi: npi(row, "npi")?,
        state: word(row, "state", ResetState::ALL, ResetState::name)?,
        seen_by: parsed(row, "seen_by")?,
        tag: row.get("tag")?,
        made: instant(row, "made")?,
        wrong: row.get("wrong")?,
        used: maybe_instant(row, "used")?,
        submit: maybe_parsed(row, "submit")?,
        version: count(row, "version")?,
    })
}

pub(super) fn insert(statements: &mut Statements, record: &PassphraseResetRecord) {
    statements.one(
        "INSERT INTO passphrase_resets (id, version, npi, state, seen_by, tag, made, wrong, used, submit)
         VALUES (:id, 1, :npi, :state, :seen_by, :tag, :made, :wrong, :used, :submit)",
        named_params! {
            ":id": record.id.as_bytes(),
            ":npi": to_sql(record.npi.number()),
            ":state": record.state.name(),
            ":seen_by": record.seen_by.as_str(),
            ":tag": record.tag,
            ":made": to_sql(record.made.0),
            ":wrong": record.wrong,
            ":used": record.used.map(|at| to_sql(at.0)),
            ":submit": record.submit.as_ref().map(IdempotencyKey::as_str),
        },
    );
}

/// Writes what became of it; link, code and whose it is do not change.
pub(super) fn update(statements: &mut Statements, record: &PassphraseResetRecord) {
    statements.one(
        "UPDATE passphrase_resets SET version = version + 1, state = :state, wrong = :wrong,
            used = :used, submit = :submit
         WHERE id = :id AND version = :version",
        named_params! {
            ":id": record.id.as_bytes(),
            ":version": to_sql(record.version),
            ":state": record.state.name(),
            ":wrong": record.wrong,
            ":used": record.used.map(|at| to_sql(at.0)),
            ":submit": record.submit.as_ref().map(IdempotencyKey::as_str),
        },
    );
}
