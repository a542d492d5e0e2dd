//! Imports of stock, their tokens before they are taken, and what was found in their files.

use oath::{SerialNumber, UnixTime};

use super::{
    Query, Row, Statements, count, events::actor_to_sql, instant, maybe_count, maybe_instant,
    named_params, params, parsed, query, to_sql, word,
};
use crate::{
    event::{Actor, EventKind, Outcome},
    stock::{
        StagedToken, StockCounts, StockFinding, StockImport, StockImportId, StockImportRecord,
        StockKnown, StockState, StockWhat,
    },
    store::StoreError,
    token::TokenState,
};

pub(in super::super) fn stock_import(id: StockImportId) -> Query<StockImportRecord> {
    query("SELECT * FROM stock_imports WHERE id = ?1", params![id.as_bytes()], read_import)
}

pub(in super::super) fn stock_imports(limit: u32) -> Query<StockImportRecord> {
    let sql = "SELECT * FROM stock_imports ORDER BY begun DESC, id LIMIT ?1";
    query(sql, params![limit], read_import)
}

fn read_import(row: &Row<'_>) -> Result<StockImportRecord, StoreError> {
    let import = StockImport {
        id: StockImportId::from_bytes(row.get("id")?),
        state: word(row, "state", StockState::ALL, StockState::name)?,
        by: row.get("by_name")?,
        file: parsed(row, "file")?,
        begun: instant(row, "begun")?,
        ended: maybe_instant(row, "ended")?,
        counts: StockCounts {
            new: count(row, "fresh")?,
            twice: count(row, "twice")?,
            there: count(row, "there")?,
            other: count(row, "other")?,
            damaged: count(row, "damaged")?,
            skipped: count(row, "skipped")?,
        },
    };
    Ok(StockImportRecord { import, version: count(row, "version")? })
}

pub(in super::super) fn stock_findings(
    id: StockImportId,
    after: u64,
    limit: u32,
) -> Query<StockFinding> {
    query(
        "SELECT * FROM stock_findings WHERE import = ?1 AND place > ?2 ORDER BY place LIMIT ?3",
        params![id.as_bytes(), to_sql(after), limit],
        |row| {
            Ok(StockFinding {
                place: count(row, "place")?,
                line: count(row, "line")?,
                serial: row.get("serial")?,
                what: word(row, "what", StockWhat::ALL, StockWhat::name)?,
                cause: row.get("cause")?,
            })
        },
    )
}

pub(in super::super) fn stock_known(id: StockImportId, serial: &SerialNumber) -> Query<StockKnown> {
    query(
        "SELECT (SELECT line FROM stock_tokens WHERE import = ?1 AND serial = ?2) AS line,
            (SELECT sealed_seed FROM tokens WHERE serial = ?2) AS sealed_seed",
        params![id.as_bytes(), serial.as_str()],
        |row| {
            Ok(StockKnown { line: maybe_count(row, "line")?, sealed_seed: row.get("sealed_seed")? })
        },
    )
}

pub(in super::super) fn staged_serials(id: StockImportId, limit: u32) -> Query<SerialNumber> {
    query(
        "SELECT serial FROM stock_tokens WHERE import = ?1 ORDER BY serial LIMIT ?2",
        params![id.as_bytes(), limit],
        |row| parsed(row, "serial"),
    )
}

pub(super) fn insert_import(statements: &mut Statements, record: &StockImportRecord) {
    let import = &record.import;
    statements.one(
        "INSERT INTO stock_imports (id, version, state, by_name, file, begun, ended, fresh, twice,
            there, other, damaged, skipped)
         VALUES (?1, 1, ?2, ?3, ?4, ?5, ?6, 0, 0, 0, 0, 0, 0)",
        params![
            import.id.as_bytes(),
            import.state.name(),
            import.by,
            import.file.as_str(),
            to_sql(import.begun.0),
            import.ended.map(|at| to_sql(at.0)),
        ],
    );
}

pub(super) fn update_import(statements: &mut Statements, record: &StockImportRecord) {
    let StockImport { id, state, ended, counts, .. } = &record.import;
    statements.one(
        "UPDATE stock_imports SET version = version + 1, state = :state, ended = :ended,
            fresh = :fresh, twice = :twice, there = :there, other = :other, damaged = :damaged,
            skipped = :skipped
         WHERE id = :id AND version = :version",
        named_params! {
            ":id": id.as_bytes(),
            ":version": to_sql(record.version),
            ":state": state.name(),
            ":ended": ended.map(|at| to_sql(at.0)),
            ":fresh": to_sql(counts.new),
            ":twice": to_sql(counts.twice),
            ":there": to_sql(counts.there),
            ":other": to_sql(counts.other),
            ":damaged": to_sql(counts.damaged),
            ":skipped": to_sql(counts.skipped),
        },
    );
}

pub(super) fn stage(statements: &mut Statements, import: StockImportId, tokens: &[StagedToken]) {
    for StagedToken { line, record } in tokens {
        let token = &record.token;
        let (resynchronised, _) = token.drift.parts();
        statements.one(
            "INSERT INTO stock_tokens (import, serial, line, name, manufacturer, token_type, otp,
                algorithm, digits, period, drift_resync, last_accepted, sealed_seed)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
            params![
                import.as_bytes(),
                token.serial.as_str(),
                to_sql(*line),
                token.name.as_str(),
                token.manufacturer.name(),
                token.token_type.name(),
                token.otp.kind(),
                token.otp.algorithm().name(),
                token.otp.digits().count(),
                token.otp.period().map_or(0, u32::from),
                resynchronised,
                token.last_accepted.map(to_sql),
                record.sealed_seed,
            ],
        );
    }
}

pub(super) fn note(statements: &mut Statements, import: StockImportId, findings: &[StockFinding]) {
    for finding in findings {
        statements.one(
            "INSERT INTO stock_findings (import, place, line, serial, what, cause)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            params![
                import.as_bytes(),
                to_sql(finding.place),
                to_sql(finding.line),
                finding.serial,
                finding.what.name(),
                finding.cause,
            ],
        );
    }
}

/// Copies an import's tokens into the tokens, each with its event. In the order of their serial
/// numbers, as both tables are, so that neither is searched.
pub(super) fn take(
    statements: &mut Statements,
    import: StockImportId,
    actor: &Actor,
    at: UnixTime,
) {
    statements.any(
        "INSERT INTO tokens (serial, version, state, name, manufacturer, token_type, device,
            platform, otp, algorithm, digits, period, drift_resync, drift_learnt, last_accepted,
            failures, near_misses, rehearsal_misses, provisioned, sealed_seed)
         SELECT serial, 1, ?2, name, manufacturer, token_type, '', '', otp, algorithm, digits,
            period, drift_resync, 0, last_accepted, 0, 0, 0, ?3, sealed_seed
         FROM stock_tokens WHERE import = ?1 ORDER BY serial",
        params![import.as_bytes(), TokenState::Provisioned.name(), to_sql(at.0)],
    );
    let (actor, actor_name, actor_token) = actor_to_sql(actor);
    statements.any(
        "INSERT INTO events (at, actor, actor_name, actor_token, kind, outcome, serial, cause)
         SELECT ?2, ?3, ?4, ?5, ?6, ?7, serial, ?8 || line
         FROM stock_tokens WHERE import = ?1 ORDER BY serial",
        params![
            import.as_bytes(),
            to_sql(at.0),
            actor,
            actor_name,
            actor_token,
            EventKind::TokenProvisioned.name(),
            Outcome::Success.name(),
            format!("stock import {import}, line "),
        ],
    );
}

pub(super) fn forget_staged(
    statements: &mut Statements,
    import: StockImportId,
    until: &SerialNumber,
) {
    statements.any(
        "DELETE FROM stock_tokens WHERE import = ?1 AND serial <= ?2",
        params![import.as_bytes(), until.as_str()],
    );
}
