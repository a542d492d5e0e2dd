//! Queries and statements, run on a connection.

use std::cell::Cell;

use rusqlite::{
    CachedStatement, Connection, Error, ToSql, ffi,
    types::{FromSql, Null, ValueRef},
};

use super::{StoreError, failed};
use crate::store::sql::{Query, Row, Statement, Statements, Value, Values};

/// A row whose columns are mostly asked for in their order: each is looked for from the last one on,
/// among the names that the query's text has or else among those that SQLite tells, which takes longer. To
/// look through all names for each of a token's columns was a tenth of what a code costs.
#[derive(Debug)]
pub(in crate::store) struct InOrder<'a> {
    row: &'a rusqlite::Row<'a>,
    names: Option<&'static [&'static str]>,
    next: Cell<usize>,
}

impl<'a> InOrder<'a> {
    const fn new(row: &'a rusqlite::Row<'a>, names: Option<&'static [&'static str]>) -> Self {
        Self { row, names, next: Cell::new(0) }
    }

    pub(in crate::store) fn get<T: FromSql>(&self, column: &str) -> rusqlite::Result<T> {
        self.row.get(self.place(column)?)
    }

    pub(in crate::store) fn get_ref(&self, column: &str) -> rusqlite::Result<ValueRef<'_>> {
        self.row.get_ref(self.place(column)?)
    }

    fn place(&self, column: &str) -> rusqlite::Result<usize> {
        let (statement, next) = (self.row.as_ref(), self.next.get());
        // The next one, or the last one once more.
        let likely = [next, next.wrapping_sub(1)].into_iter();
        let place = match self.names {
            Some(names) => likely
                .chain(0..names.len())
                .find(|place| names.get(*place).is_some_and(|name| *name == column)),
            None => likely
                .chain(0..statement.column_count())
                .find(|place| statement.column_name(*place).is_ok_and(|name| name == column)),
        };
        let place = place.ok_or_else(|| Error::InvalidColumnName(column.to_owned()))?;
        self.next.set(place + 1);
        Ok(place)
    }
}

pub(super) fn find<T>(database: &Connection, query: &Query<T>) -> Result<Option<T>, StoreError> {
    let mut statement = bound(database, query.sql.sqlite(), &query.values).map_err(failed)?;
    let mut rows = statement.raw_query();
    let row = rows.next().map_err(failed)?;
    row.map(|row| (query.read)(&Row::Sqlite(InOrder::new(row, query.columns)))).transpose()
}

pub(super) fn list<T>(database: &Connection, query: &Query<T>) -> Result<Vec<T>, StoreError> {
    let mut statement = bound(database, query.sql.sqlite(), &query.values).map_err(failed)?;
    let mut rows = statement.raw_query();
    let mut found = Vec::new();
    while let Some(row) = rows.next().map_err(failed)? {
        found.push((query.read)(&Row::Sqlite(InOrder::new(row, query.columns)))?);
    }
    Ok(found)
}

/// Runs statements inside the transaction that is open.
pub(super) fn run_all(database: &Connection, statements: &Statements) -> Result<(), StoreError> {
    statements.0.iter().try_for_each(|statement| run(database, statement))
}

fn run(database: &Connection, statement: &Statement) -> Result<(), StoreError> {
    let met = meet(database, statement);
    let met = met
        .map_err(|error| if is_conflict(&error) { StoreError::Conflict } else { failed(error) })?;
    if statement.rows.is_none_or(|rows| rows == met) { Ok(()) } else { Err(StoreError::Conflict) }
}

/// Runs a statement, and returns how many rows it changed or found.
fn meet(database: &Connection, statement: &Statement) -> rusqlite::Result<u64> {
    let mut prepared = bound(database, statement.sql.sqlite(), &statement.values)?;
    if prepared.column_count() == 0 {
        return prepared.raw_execute().map(|changed| changed as u64);
    }
    let mut rows = prepared.raw_query();
    let mut found = 0;
    while rows.next()?.is_some() {
        found += 1;
    }
    Ok(found)
}

fn bound<'a>(
    database: &'a Connection,
    sql: &str,
    values: &Values,
) -> rusqlite::Result<CachedStatement<'a>> {
    let mut statement = database.prepare_cached(sql)?;
    match values {
        Values::Numbered(values) => {
            for (index, value) in (1..).zip(values) {
                statement.raw_bind_parameter(index, to_sql(value))?;
            }
        }
        Values::Named(values) => {
            for (name, value) in values {
                statement.raw_bind_parameter(*name, to_sql(value))?;
            }
        }
    }
    Ok(statement)
}

fn to_sql(value: &Value) -> &dyn ToSql {
    match value {
        Value::Integer(Some(number)) => number,
        Value::Text(Some(text)) => text,
        Value::Bytes(Some(bytes)) => bytes,
        Value::Integer(None) | Value::Text(None) | Value::Bytes(None) => &Null,
    }
}

/// Whether a row exists that must not, or a row that is referred to does not.
fn is_conflict(error: &rusqlite::Error) -> bool {
    let conflicts = [
        ffi::SQLITE_CONSTRAINT_FOREIGNKEY,
        ffi::SQLITE_CONSTRAINT_PRIMARYKEY,
        ffi::SQLITE_CONSTRAINT_UNIQUE,
    ];
    error.sqlite_error().is_some_and(|error| conflicts.contains(&error.extended_code))
}
