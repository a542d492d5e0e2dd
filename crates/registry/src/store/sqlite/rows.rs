//! Records as rows, and rows as records.

mod access;
mod administrators;
mod audit;
mod drifts;
mod events;
mod losses;
mod passphrase_resets;
mod people;
mod requests;
mod step_ups;
mod stock;
mod tokens;

use core::str::FromStr;

use oath::UnixTime;
use rusqlite::{
    Connection, OptionalExtension, Params, Row, ToSql,
    types::{FromSqlError, Type},
};

pub(super) use access::{
    access, changes as access_changes, executed as executed_access, pending as pending_access,
    to_tidy as access_to_tidy,
};
pub(super) use administrators::{administrator, administrators, session as administrator_session};
pub(super) use audit::{
    audit_links_after, audit_out_of_place, audit_rows_after, checkpoints_after, last_checkpoint,
};
pub(super) use drifts::drift_samples;
pub(super) use events::{events, events_between, events_with};
pub(super) use losses::loss;
pub(super) use passphrase_resets::{passphrase_reset, passphrase_resets_of};
pub(super) use people::{
    account, accounts_with, activation, association, open_activation, secret, session,
};
pub(super) use requests::{
    request, request_shipping, requests_by_key, requests_in, requests_of, requests_to_mail,
};
pub(super) use step_ups::{step_up, step_up_sends};
pub(super) use stock::{staged_serials, stock_findings, stock_import, stock_imports, stock_known};
pub(super) use tokens::{
    report, sealed_seed, token, tokens_after, tokens_given_up, tokens_of, tokens_to_sync,
    tokens_with,
};

use super::{Changes, StoreError, failed};
use crate::{rules::lock::Lock, store::Write};

/// Applies changes inside the transaction that is open.
pub(super) fn apply(database: &Connection, changes: &Changes) -> Result<(), StoreError> {
    for write in &changes.writes {
        apply_one(database, write)?;
    }
    for event in &changes.events {
        events::insert(database, event)?;
    }
    Ok(())
}

fn apply_one(database: &Connection, write: &Write) -> Result<(), StoreError> {
    match write {
        Write::InsertSecret { name, sealed, made } => {
            people::insert_secret(database, name, sealed, *made)
        }
        Write::InsertAccount(record) => people::insert_account(database, record),
        Write::UpdateAccount(record) => people::update_account(database, record),
        Write::InsertActivation(record) => people::insert_activation(database, record),
        Write::UpdateActivation(record) => people::update_activation(database, record),
        Write::InsertToken(record) => tokens::insert(database, record),
        Write::UpdateToken(record) => tokens::update(database, record),
        Write::ExpectToken { serial, version } => tokens::expect(database, serial, *version),
        Write::ExpectTokensOf { npi, number } => tokens::expect_number(database, *npi, *number),
        Write::ExpectSession { id, version } => people::expect_session(database, *id, *version),
        Write::Nothing => people::write_nothing(database),
        Write::InsertSession(record) => people::insert_session(database, record),
        Write::UpdateSession(record) => people::update_session(database, record),
        Write::TouchSession { id, seen } => people::touch_session(database, *id, *seen),
        Write::DeleteSession(id) => people::delete_session(database, *id),
        Write::ForgetSessions { npi, before } => people::forget_sessions(database, *npi, *before),
        Write::ForgetSessionsBy { npi, serial, except } => {
            people::forget_sessions_by(database, *npi, serial, *except)
        }
        Write::InsertAssociation { npi, key, serial, at } => {
            people::insert_association(database, *npi, key, serial, *at)
        }
        Write::InsertReport { reporter, id, lost, at } => {
            tokens::insert_report(database, reporter, *id, lost, *at)
        }
        Write::InsertRequest(record) => requests::insert(database, record),
        Write::UpdateRequest(record) => requests::update(database, record),
        Write::InsertStockImport(record) => stock::insert_import(database, record),
        Write::UpdateStockImport(record) => stock::update_import(database, record),
        Write::StageTokens { import, tokens } => stock::stage(database, *import, tokens),
        Write::NoteFindings { import, findings } => stock::note(database, *import, findings),
        Write::TakeStock { import, actor, at } => stock::take(database, *import, actor, *at),
        Write::ForgetStaged { import, until } => stock::forget_staged(database, *import, until),
        Write::InsertLinks(links) => audit::insert_links(database, links),
        Write::InsertCheckpoint(checkpoint) => audit::insert_checkpoint(database, checkpoint),
        Write::InsertAccess(record) => access::insert(database, record),
        Write::UpdateAccess(record) => access::update(database, record),
        Write::NoteDrift(sample) => drifts::note(database, sample),
        Write::InsertLoss(record) => losses::insert(database, record),
        Write::UpdateLoss(record) => losses::update(database, record),
        Write::InsertStepUp(record) => step_ups::insert(database, record),
        Write::UpdateStepUp(record) => step_ups::update(database, record),
        Write::ForgetStepUps { npi, before } => step_ups::forget(database, *npi, *before),
        Write::InsertStepUpSends(record) => step_ups::insert_sends(database, record),
        Write::UpdateStepUpSends(record) => step_ups::update_sends(database, record),
        Write::InsertPassphraseReset(record) => passphrase_resets::insert(database, record),
        Write::UpdatePassphraseReset(record) => passphrase_resets::update(database, record),
        Write::InsertAdministrator(record) => administrators::insert(database, record),
        Write::UpdateAdministrator(record) => administrators::update(database, record),
        Write::InsertAdministratorSession(record) => {
            administrators::insert_session(database, record)
        }
        Write::TouchAdministratorSession { id, seen } => {
            administrators::touch_session(database, *id, *seen)
        }
        Write::ExpectAdministratorSession(id) => administrators::expect_session(database, *id),
        Write::DeleteAdministratorSession { id, version } => {
            administrators::delete_session(database, *id, *version)
        }
        Write::ForgetAdministratorSessions { key, before } => {
            administrators::forget_sessions(database, key, *before)
        }
    }
}

/// Runs a statement that must change exactly one row.
fn change_one(database: &Connection, sql: &str, parameters: impl Params) -> Result<(), StoreError> {
    match change_any(database, sql, parameters)? {
        1 => Ok(()),
        _ => Err(StoreError::Conflict),
    }
}

/// Runs a statement that may change any number of rows, and returns how many it did.
fn change_any(
    database: &Connection,
    sql: &str,
    parameters: impl Params,
) -> Result<usize, StoreError> {
    let changed = database.prepare_cached(sql).and_then(|mut run| run.execute(parameters));
    changed.map_err(|error| if is_conflict(&error) { StoreError::Conflict } else { failed(error) })
}

/// Whether a row exists that must not, or a row that is referred to does not.
fn is_conflict(error: &rusqlite::Error) -> bool {
    use rusqlite::ffi::{
        SQLITE_CONSTRAINT_FOREIGNKEY, SQLITE_CONSTRAINT_PRIMARYKEY, SQLITE_CONSTRAINT_UNIQUE,
    };
    let conflicts =
        [SQLITE_CONSTRAINT_FOREIGNKEY, SQLITE_CONSTRAINT_PRIMARYKEY, SQLITE_CONSTRAINT_UNIQUE];
    error.sqlite_error().is_some_and(|error| conflicts.contains(&error.extended_code))
}

fn find<T>(
    database: &Connection,
    sql: &str,
    parameters: impl Params,
    read: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
) -> rusqlite::Result<Option<T>> {
    database.prepare_cached(sql)?.query_row(parameters, read).optional()
}

fn list<T>(
    database: &Connection,
    sql: &str,
    parameters: &[&dyn ToSql],
    read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
) -> rusqlite::Result<Vec<T>> {
    database.prepare_cached(sql)?.query_map(parameters, read)?.collect()
}

/// A pattern of `LIKE ... ESCAPE '\\'` for what has this text in it.
fn pattern(text: &str) -> String {
    let mut pattern = String::from("%");
    for character in text.chars() {
        if matches!(character, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(character);
    }
    pattern + "%"
}

/// A stored instant or count. Ours stay far below 2^63; a larger one is stored as the largest.
fn to_sql(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn count(row: &Row<'_>, column: &str) -> rusqlite::Result<u64> {
    let number: i64 = row.get(column)?;
    u64::try_from(number).map_err(|error| damaged(column, error))
}

fn instant(row: &Row<'_>, column: &str) -> rusqlite::Result<UnixTime> {
    count(row, column).map(UnixTime)
}

fn maybe_count(row: &Row<'_>, column: &str) -> rusqlite::Result<Option<u64>> {
    match row.get::<_, Option<i64>>(column)? {
        Some(_) => count(row, column).map(Some),
        None => Ok(None),
    }
}

fn maybe_instant(row: &Row<'_>, column: &str) -> rusqlite::Result<Option<UnixTime>> {
    Ok(maybe_count(row, column)?.map(UnixTime))
}

/// How "until unlocked" is stored.
const FOR_GOOD: i64 = i64::MAX;

fn lock_to_sql(lock: Option<Lock>) -> Option<i64> {
    lock.map(|lock| match lock {
        Lock::Until(until) => to_sql(until.0),
        Lock::UntilUnlocked => FOR_GOOD,
    })
}

fn lock(row: &Row<'_>, column: &str) -> rusqlite::Result<Option<Lock>> {
    match row.get::<_, Option<i64>>(column)? {
        Some(FOR_GOOD) => Ok(Some(Lock::UntilUnlocked)),
        Some(_) => instant(row, column).map(|until| Some(Lock::Until(until))),
        None => Ok(None),
    }
}

/// A column of text that is one of our types.
fn parsed<T: FromStr<Err: core::error::Error + Send + Sync + 'static>>(
    row: &Row<'_>,
    column: &str,
) -> rusqlite::Result<T> {
    row.get_ref(column)?.as_str()?.parse().map_err(|error| damaged(column, error))
}

fn maybe_parsed<T: FromStr<Err: core::error::Error + Send + Sync + 'static>>(
    row: &Row<'_>,
    column: &str,
) -> rusqlite::Result<Option<T>> {
    match row.get::<_, Option<String>>(column)? {
        Some(text) => text.parse().map(Some).map_err(|error| damaged(column, error)),
        None => Ok(None),
    }
}

/// A column of text that is one of a few words.
fn word<T: Copy>(
    row: &Row<'_>,
    column: &str,
    all: &[T],
    name: impl Fn(T) -> &'static str,
) -> rusqlite::Result<T> {
    let text: String = row.get(column)?;
    let known = all.iter().copied().find(|known| name(*known) == text);
    known.ok_or_else(|| damaged(column, FromSqlError::Other(format!("{text} is unknown").into())))
}

fn damaged(
    column: &str,
    error: impl core::error::Error + Send + Sync + 'static,
) -> rusqlite::Error {
    let reason = format!("column {column}: {error}");
    rusqlite::Error::FromSqlConversionFailure(0, Type::Text, reason.into())
}
