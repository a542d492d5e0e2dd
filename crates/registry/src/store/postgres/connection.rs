//! One connection: its statements, prepared once, and what its errors mean.

use core::{future::poll_fn, pin::Pin};
use std::{
    collections::HashMap,
    error::Error as _,
    sync::{Arc, Mutex, PoisonError},
};

use futures_util::TryStreamExt as _;
use tokio_postgres::{
    Client, Error, Row as PgRow, Statement as Prepared,
    error::{Severity, SqlState},
    types::{ToSql, Type},
};

use super::translating::{array_of, placed, translated, type_of};
use crate::store::{
    StoreError,
    sql::{Query, Row, Statement, Value, Values},
};

/// A connection that is open, or was.
#[derive(Debug)]
pub(super) struct Connection {
    client: Client,
    prepared: Mutex<HashMap<Arc<str>, Prepared>>,
    /// Whether it is for searches, which have a time limit.
    searches: bool,
}

/// What went wrong with a request.
#[derive(Debug)]
pub(super) enum Trouble {
    /// The connection is of no use any more; what it was asked may or may not have been done.
    Lost(StoreError),
    /// The database refuses it.
    Refused(StoreError),
}

impl From<StoreError> for Trouble {
    fn from(error: StoreError) -> Self {
        Self::Refused(error)
    }
}

impl From<Trouble> for StoreError {
    fn from(trouble: Trouble) -> Self {
        let (Trouble::Lost(error) | Trouble::Refused(error)) = trouble;
        error
    }
}

impl Connection {
    pub(super) fn new(client: Client, searches: bool) -> Self {
        Self { client, prepared: Mutex::default(), searches }
    }

    pub(super) fn is_closed(&self) -> bool {
        self.client.is_closed()
    }

    /// Runs statements without parameters.
    pub(super) async fn run(&self, sql: &str) -> Result<(), Trouble> {
        self.client.batch_execute(sql).await.map_err(|error| self.trouble(&error))
    }

    /// Ends a transaction: what it changed may be there, whatever is answered, unless that clearly says no.
    pub(super) async fn commit(&self) -> Result<(), StoreError> {
        self.client.batch_execute("COMMIT").await.map_err(|error| match refuses(&error) {
            true => self.trouble(&error).into(),
            false => StoreError::NotKnown { reason: reason(&error) },
        })
    }

    /// The numbers in the one row that a statement finds; 0 for none.
    pub(super) async fn numbers<const COLUMNS: usize>(
        &self,
        sql: &str,
    ) -> Result<[i64; COLUMNS], Trouble> {
        let row = self.client.query_one(sql, &[]).await.map_err(|error| self.trouble(&error))?;
        let mut numbers = [0; COLUMNS];
        for (column, number) in numbers.iter_mut().enumerate() {
            let found: Option<i64> = row.try_get(column).map_err(|error| self.trouble(&error))?;
            *number = found.unwrap_or_default();
        }
        Ok(numbers)
    }

    pub(super) async fn rows<T>(&self, query: &Query<T>) -> Result<Vec<PgRow>, Trouble> {
        let prepared = self.prepared(query.sql.postgres(), &query.values, type_of).await?;
        self.found(&prepared, &query.values).await
    }

    /// The rows that each of the queries finds, all asked at once.
    pub(super) async fn each<T>(&self, queries: &[Query<T>]) -> Result<Vec<Vec<PgRow>>, Trouble> {
        let mut under_way = Vec::with_capacity(queries.len());
        for query in queries {
            let prepared = self.prepared(query.sql.postgres(), &query.values, type_of).await?;
            under_way.push(begun(async move { self.found(&prepared, &query.values).await }).await);
        }
        ended(under_way).await.into_iter().collect()
    }

    async fn found(&self, prepared: &Prepared, values: &Values) -> Result<Vec<PgRow>, Trouble> {
        let rows = self.client.query_raw(prepared, placed(values).into_iter().map(bound)).await;
        let rows = rows.map_err(|error| self.trouble(&error))?;
        rows.try_collect().await.map_err(|error| self.trouble(&error))
    }

    fn trouble(&self, error: &Error) -> Trouble {
        match error.code() {
            Some(&SqlState::QUERY_CANCELED) if self.searches => StoreError::TookTooLong.into(),
            _ => trouble(error),
        }
    }

    /// Runs statements one after the other, all sent at once, and tells of each in order how many
    /// rows it changed or found.
    pub(super) async fn run_all(
        &self,
        runs: &[Run<'_>],
    ) -> Result<Vec<Result<u64, Trouble>>, Trouble> {
        let mut ready = Vec::with_capacity(runs.len());
        for run in runs {
            let first = run.first();
            let prepared = match run {
                Run::One(statement) => {
                    self.prepared(statement.sql.postgres(), &first.values, type_of).await?
                }
                Run::Many(sql, _) => self.prepared(sql, &first.values, array_of).await?,
            };
            ready.push((prepared, run.columns()));
        }
        let mut under_way = Vec::with_capacity(ready.len());
        for (prepared, columns) in &ready {
            let run = async move {
                let met = self.client.execute_raw(prepared, columns.iter().map(Column::bound));
                met.await.map_err(|error| self.trouble(&error))
            };
            under_way.push(begun(run).await);
        }
        Ok(ended(under_way).await)
    }

    async fn prepared(
        &self,
        sql: &str,
        values: &Values,
        type_of: fn(&Value) -> Type,
    ) -> Result<Prepared, Trouble> {
        let known = |prepared: &Mutex<HashMap<_, _>>| {
            prepared.lock().unwrap_or_else(PoisonError::into_inner).get(sql).cloned()
        };
        if let Some(prepared) = known(&self.prepared) {
            return Ok(prepared);
        }
        let types: Vec<_> = placed(values).into_iter().map(type_of).collect();
        let prepared = self.client.prepare_typed(&translated(sql, values), &types).await;
        let prepared: Prepared = prepared.map_err(|error| self.trouble(&error))?;
        let mut all = self.prepared.lock().unwrap_or_else(PoisonError::into_inner);
        all.insert(sql.into(), prepared.clone());
        Ok(prepared)
    }
}

/// One statement, or many of the same text that are run as one.
#[derive(Debug)]
pub(super) enum Run<'a> {
    /// One.
    One(&'a Statement),
    /// The text for all of them, and at least one.
    Many(&'static str, Vec<&'a Statement>),
}

impl<'a> Run<'a> {
    fn first(&self) -> &'a Statement {
        match self {
            Self::One(statement) => statement,
            Self::Many(_, statements) => statements[0],
        }
    }

    /// How many rows it must change or find, where that is a condition.
    pub(super) fn rows(&self) -> Option<u64> {
        match self {
            Self::One(statement) => statement.rows,
            Self::Many(_, statements) => statements.iter().map(|statement| statement.rows).sum(),
        }
    }

    fn columns(&self) -> Vec<Column<'a>> {
        match self {
            Self::One(statement) => {
                placed(&statement.values).into_iter().map(Column::One).collect()
            }
            Self::Many(_, statements) => {
                let rows: Vec<_> =
                    statements.iter().map(|statement| placed(&statement.values)).collect();
                let column =
                    |place| rows.iter().filter_map(|row| row.get(place).copied()).collect();
                let count = rows.first().map_or(0, Vec::len);
                (0..count).map(column).map(Column::Many).collect()
            }
        }
    }
}

/// What a parameter is bound to.
#[derive(Debug)]
enum Column<'a> {
    One(&'a Value),
    Many(Vec<&'a Value>),
}

impl Column<'_> {
    fn bound(&self) -> &(dyn ToSql + Sync) {
        match self {
            Self::One(value) => *value,
            Self::Many(values) => values,
        }
    }
}

/// A row as the query reads it.
pub(super) fn read<T>(query: &Query<T>, row: &PgRow) -> Result<T, StoreError> {
    (query.read)(&Row::Postgres(row))
}

fn bound(value: &Value) -> &(dyn ToSql + Sync) {
    value
}

/// A request that was sent, or its answer.
enum UnderWay<'a, T> {
    Sent(Pin<Box<dyn Future<Output = T> + Send + 'a>>),
    Answered(T),
}

/// Sends a request, which its first poll does, and does not wait for the answer.
async fn begun<'a, T>(request: impl Future<Output = T> + Send + 'a) -> UnderWay<'a, T> {
    let mut request: Pin<Box<dyn Future<Output = T> + Send + 'a>> = Box::pin(request);
    poll_fn(|context| match request.as_mut().poll(context) {
        core::task::Poll::Ready(answer) => core::task::Poll::Ready(Some(answer)),
        core::task::Poll::Pending => core::task::Poll::Ready(None),
    })
    .await
    .map_or(UnderWay::Sent(request), UnderWay::Answered)
}

async fn ended<T>(under_way: Vec<UnderWay<'_, T>>) -> Vec<T> {
    let mut answers = Vec::with_capacity(under_way.len());
    for request in under_way {
        answers.push(match request {
            UnderWay::Sent(request) => request.await,
            UnderWay::Answered(answer) => answer,
        });
    }
    answers
}

/// What an error means to a person, and whether the connection can be used on.
pub(super) fn trouble(error: &Error) -> Trouble {
    let Some(code) = error.code() else {
        let reason = reason(error);
        return match error.is_closed()
            || error
                .source()
                .is_some_and(|source| source.downcast_ref::<std::io::Error>().is_some())
        {
            true => Trouble::Lost(StoreError::Unavailable { reason }),
            false => Trouble::Refused(StoreError::Unavailable { reason }),
        };
    };
    let reason = reason(error);
    // A server that stops, or no longer is the one that writes, or statements that were prepared
    // before a newer server's migration: another connection may do.
    let stale = [SqlState::READ_ONLY_SQL_TRANSACTION, SqlState::FEATURE_NOT_SUPPORTED];
    if code.code().starts_with("57P") || stale.contains(code) {
        return Trouble::Lost(StoreError::Unavailable { reason });
    }
    Trouble::Refused(match *code {
        SqlState::UNIQUE_VIOLATION | SqlState::FOREIGN_KEY_VIOLATION => StoreError::Conflict,
        SqlState::LOCK_NOT_AVAILABLE
        | SqlState::T_R_DEADLOCK_DETECTED
        | SqlState::QUERY_CANCELED => StoreError::Busy,
        SqlState::DATA_CORRUPTED
        | SqlState::INDEX_CORRUPTED
        | SqlState::UNDEFINED_TABLE
        | SqlState::UNDEFINED_COLUMN => StoreError::Damaged { reason },
        _ => StoreError::Unavailable { reason },
    })
}

/// Whether the database says that it rolled a transaction back: by a constraint, or for another's sake.
fn refuses(error: &Error) -> bool {
    error.as_db_error().is_some_and(|error| {
        let code = error.code();
        error.parsed_severity() == Some(Severity::Error)
            && ["23", "40", "44"].iter().any(|class| code.code().starts_with(class))
            && *code != SqlState::T_R_STATEMENT_COMPLETION_UNKNOWN
    })
}

/// What the database says, without the values that stood in the statement.
fn reason(error: &Error) -> String {
    match error.as_db_error() {
        Some(error) => format!("{} ({})", error.message(), error.code().code()),
        None => match error.source() {
            Some(source) => format!("{error}: {source}"),
            None => error.to_string(),
        },
    }
}
