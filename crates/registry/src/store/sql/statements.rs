//! What a database is asked, and what it is to change.

use std::borrow::Cow;

use super::{Row, values::Values};
use crate::store::StoreError;

/// What is asked, and how a row of the answer is read.
#[derive(Debug)]
pub(in crate::store) struct Query<T> {
    pub(in crate::store) sql: Cow<'static, str>,
    pub(in crate::store) values: Values,
    pub(in crate::store) read: fn(&Row<'_>) -> Result<T, StoreError>,
}

pub(super) fn query<T>(
    sql: impl Into<Cow<'static, str>>,
    values: Values,
    read: fn(&Row<'_>) -> Result<T, StoreError>,
) -> Query<T> {
    Query { sql: sql.into(), values, read }
}

/// A statement of a change.
#[derive(Debug)]
pub(in crate::store) struct Statement {
    pub(in crate::store) sql: Cow<'static, str>,
    pub(in crate::store) values: Values,
    /// How many rows it must change or find, where that is a condition.
    pub(in crate::store) rows: Option<u64>,
}

/// The statements of one decision's changes, in their order.
#[derive(Debug, Default)]
pub(in crate::store) struct Statements(pub(in crate::store) Vec<Statement>);

impl Statements {
    /// Adds a statement that must change, or find, exactly one row.
    pub(super) fn one(&mut self, sql: impl Into<Cow<'static, str>>, values: Values) {
        self.exactly(1, sql, values);
    }

    /// Adds a statement that must change so many rows.
    pub(super) fn exactly(&mut self, rows: u64, sql: impl Into<Cow<'static, str>>, values: Values) {
        self.0.push(Statement { sql: sql.into(), values, rows: Some(rows) });
    }

    /// Adds a statement that may change any number of rows.
    pub(super) fn any(&mut self, sql: impl Into<Cow<'static, str>>, values: Values) {
        self.0.push(Statement { sql: sql.into(), values, rows: None });
    }
}
