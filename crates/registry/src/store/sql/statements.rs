//! What a database is asked, and what it is to change.

use std::borrow::Cow;

use super::{Row, values::Values};
use crate::store::StoreError;

/// The text of a statement, with parameters as SQLite writes them.
#[derive(Debug, Clone)]
pub(in crate::store) enum Sql {
    /// One that both databases understand.
    Both(Cow<'static, str>),
    /// One for each.
    Each {
        /// SQLite's.
        sqlite: &'static str,
        /// PostgreSQL's.
        postgres: &'static str,
    },
}

impl Sql {
    /// SQLite's.
    pub(in crate::store) fn sqlite(&self) -> &str {
        match self {
            Self::Both(text) => text,
            Self::Each { sqlite, .. } => sqlite,
        }
    }

    /// PostgreSQL's.
    pub(in crate::store) fn postgres(&self) -> &str {
        match self {
            Self::Both(text) => text,
            Self::Each { postgres, .. } => postgres,
        }
    }
}

impl From<&'static str> for Sql {
    fn from(text: &'static str) -> Self {
        Self::Both(Cow::Borrowed(text))
    }
}

impl From<String> for Sql {
    fn from(text: String) -> Self {
        Self::Both(Cow::Owned(text))
    }
}

/// What is asked, and how a row of the answer is read.
#[derive(Debug)]
pub(in crate::store) struct Query<T> {
    pub(in crate::store) sql: Sql,
    pub(in crate::store) values: Values,
    pub(in crate::store) read: fn(&Row<'_>) -> Result<T, StoreError>,
    /// The columns of a row, in their order, where the text names them.
    pub(in crate::store) columns: Option<&'static [&'static str]>,
    pub(in crate::store) reach: Reach,
}

/// How much of a table a query may have to go through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::store) enum Reach {
    /// A few rows, which an index finds.
    Few,
    /// As many as it answers.
    Answer,
    /// All of them: it is a search.
    Whole,
}

impl<T> Query<T> {
    /// A query that finds a few rows only, by an index.
    pub(super) fn few(self) -> Self {
        Self { reach: Reach::Few, ..self }
    }

    /// A search, which may go through the whole table: it never stands in the way of a code.
    pub(super) fn search(self) -> Self {
        Self { reach: Reach::Whole, ..self }
    }

    /// A query whose text names these columns in this order: none has to be looked for.
    pub(super) fn of(self, columns: &'static [&'static str]) -> Self {
        Self { columns: Some(columns), ..self }
    }
}

pub(super) fn query<T>(
    sql: impl Into<Sql>,
    values: Values,
    read: fn(&Row<'_>) -> Result<T, StoreError>,
) -> Query<T> {
    Query { sql: sql.into(), values, read, columns: None, reach: Reach::Answer }
}

/// A statement of a change.
#[derive(Debug)]
pub(in crate::store) struct Statement {
    pub(in crate::store) sql: Sql,
    pub(in crate::store) values: Values,
    /// How many rows it must change or find, where that is a condition.
    pub(in crate::store) rows: Option<u64>,
    /// Whether it cannot conflict with anything.
    pub(in crate::store) sure: bool,
    /// What does the same for many of them at once where every parameter is an array: PostgreSQL's.
    pub(in crate::store) together: Option<&'static str>,
}

/// The statements of one decision's changes, in their order.
#[derive(Debug, Default)]
pub(in crate::store) struct Statements(pub(in crate::store) Vec<Statement>);

impl Statements {
    /// Adds a statement that must change, or find, exactly one row.
    pub(super) fn one(&mut self, sql: impl Into<Sql>, values: Values) {
        self.exactly(1, sql, values);
    }

    /// Adds a statement that must change so many rows.
    pub(super) fn exactly(&mut self, rows: u64, sql: impl Into<Sql>, values: Values) {
        self.add(sql, values, Some(rows), false);
    }

    /// Adds a statement that may change any number of rows.
    pub(super) fn any(&mut self, sql: impl Into<Sql>, values: Values) {
        self.add(sql, values, None, false);
    }

    /// Adds a statement that cannot conflict with anything, whatever else is stored.
    pub(super) fn sure(&mut self, sql: impl Into<Sql>, values: Values) {
        self.add(sql, values, None, true);
    }

    fn add(&mut self, sql: impl Into<Sql>, values: Values, rows: Option<u64>, sure: bool) {
        self.0.push(Statement { sql: sql.into(), values, rows, sure, together: None });
    }

    /// Says how the statement that was added last is run for many at once.
    pub(super) fn or_together(&mut self, sql: &'static str) {
        if let Some(last) = self.0.last_mut() {
            last.together = Some(sql);
        }
    }

    /// Whether all of them hold if the first does, which changes or finds one row or none: then a
    /// conflict leaves nothing behind that would have to be taken back. So it is for a judged code.
    pub(in crate::store) fn hold_by_the_first(&self) -> bool {
        let Some((first, others)) = self.0.split_first() else { return true };
        (first.sure || first.rows == Some(1)) && others.iter().all(|other| other.sure)
    }
}
