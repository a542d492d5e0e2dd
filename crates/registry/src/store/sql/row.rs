//! What a query found.

use core::{fmt::Display, str::FromStr};

use oath::UnixTime;

use crate::{
    rules::lock::Lock,
    store::{StoreError, sqlite::InOrder},
    values::Mail,
};

/// A row of either database.
#[derive(Debug)]
pub(in crate::store) enum Row<'a> {
    /// Of SQLite.
    Sqlite(InOrder<'a>),
    /// Of PostgreSQL.
    Postgres(&'a tokio_postgres::Row),
}

impl Row<'_> {
    pub(super) fn get<T: FromColumn>(&self, column: &str) -> Result<T, StoreError> {
        T::from_column(self, column)
    }

    fn integer(&self, column: &str) -> Result<Option<i64>, StoreError> {
        match self {
            Self::Sqlite(row) => row.get(column).map_err(|error| damaged(column, error)),
            Self::Postgres(row) => row.try_get(column).map_err(|error| damaged(column, error)),
        }
    }

    fn text(&self, column: &str) -> Result<Option<&str>, StoreError> {
        match self {
            Self::Sqlite(row) => {
                let value = row.get_ref(column).map_err(|error| damaged(column, error))?;
                value.as_str_or_null().map_err(|error| damaged(column, error))
            }
            Self::Postgres(row) => row.try_get(column).map_err(|error| damaged(column, error)),
        }
    }

    fn bytes(&self, column: &str) -> Result<Option<&[u8]>, StoreError> {
        match self {
            Self::Sqlite(row) => {
                let value = row.get_ref(column).map_err(|error| damaged(column, error))?;
                value.as_blob_or_null().map_err(|error| damaged(column, error))
            }
            Self::Postgres(row) => row.try_get(column).map_err(|error| damaged(column, error)),
        }
    }
}

/// What a column can be read as.
pub(super) trait FromColumn: Sized {
    fn maybe_from_column(row: &Row<'_>, column: &str) -> Result<Option<Self>, StoreError>;

    fn from_column(row: &Row<'_>, column: &str) -> Result<Self, StoreError> {
        Self::maybe_from_column(row, column)?.ok_or_else(|| damaged(column, "it is empty"))
    }
}

impl<T: FromColumn> FromColumn for Option<T> {
    fn maybe_from_column(row: &Row<'_>, column: &str) -> Result<Option<Self>, StoreError> {
        T::maybe_from_column(row, column).map(Some)
    }
}

macro_rules! integers {
    ($($integer:ty),*) => {
        $(impl FromColumn for $integer {
            fn maybe_from_column(row: &Row<'_>, column: &str) -> Result<Option<Self>, StoreError> {
                let number = row.integer(column)?.map(Self::try_from).transpose();
                number.map_err(|error| damaged(column, error))
            }
        })*
    };
}

integers!(u8, i32, u32, u64);

impl FromColumn for bool {
    fn maybe_from_column(row: &Row<'_>, column: &str) -> Result<Option<Self>, StoreError> {
        Ok(row.integer(column)?.map(|number| number != 0))
    }
}

impl FromColumn for String {
    fn maybe_from_column(row: &Row<'_>, column: &str) -> Result<Option<Self>, StoreError> {
        Ok(row.text(column)?.map(str::to_owned))
    }
}

impl FromColumn for Vec<u8> {
    fn maybe_from_column(row: &Row<'_>, column: &str) -> Result<Option<Self>, StoreError> {
        Ok(row.bytes(column)?.map(<[u8]>::to_owned))
    }
}

impl<const LENGTH: usize> FromColumn for [u8; LENGTH] {
    fn maybe_from_column(row: &Row<'_>, column: &str) -> Result<Option<Self>, StoreError> {
        let bytes = row.bytes(column)?.map(<[u8; LENGTH]>::try_from).transpose();
        bytes.map_err(|error| damaged(column, error))
    }
}

pub(super) fn count(row: &Row<'_>, column: &str) -> Result<u64, StoreError> {
    row.get(column)
}

pub(super) fn instant(row: &Row<'_>, column: &str) -> Result<UnixTime, StoreError> {
    count(row, column).map(UnixTime)
}

pub(super) fn maybe_count(row: &Row<'_>, column: &str) -> Result<Option<u64>, StoreError> {
    row.get(column)
}

pub(super) fn maybe_instant(row: &Row<'_>, column: &str) -> Result<Option<UnixTime>, StoreError> {
    Ok(maybe_count(row, column)?.map(UnixTime))
}

/// A stored instant or count. Ours stay far below 2^63; a larger one is stored as the largest.
pub(super) fn to_sql(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// How "until unlocked" is stored.
const FOR_GOOD: i64 = i64::MAX;

pub(super) fn lock_to_sql(lock: Option<Lock>) -> Option<i64> {
    lock.map(|lock| match lock {
        Lock::Until(until) => to_sql(until.0),
        Lock::UntilUnlocked => FOR_GOOD,
    })
}

pub(super) fn lock(row: &Row<'_>, column: &str) -> Result<Option<Lock>, StoreError> {
    match row.integer(column)? {
        Some(FOR_GOOD) => Ok(Some(Lock::UntilUnlocked)),
        Some(_) => instant(row, column).map(|until| Some(Lock::Until(until))),
        None => Ok(None),
    }
}

/// A column of text that is one of our types.
pub(super) fn parsed<T: FromStr<Err: Display>>(
    row: &Row<'_>,
    column: &str,
) -> Result<T, StoreError> {
    maybe_parsed(row, column)?.ok_or_else(|| damaged(column, "it is empty"))
}

pub(super) fn maybe_parsed<T: FromStr<Err: Display>>(
    row: &Row<'_>,
    column: &str,
) -> Result<Option<T>, StoreError> {
    row.text(column)?.map(str::parse).transpose().map_err(|error| damaged(column, error))
}

/// A mail address, also one that would not be taken at entry any more.
pub(super) fn mail(row: &Row<'_>) -> Result<Mail, StoreError> {
    let text = row.text("mail")?.ok_or_else(|| damaged("mail", "it is empty"))?;
    Mail::stored(text).map_err(|error| damaged("mail", error))
}

/// A column of text that is one of a few words.
pub(super) fn word<T: Copy>(
    row: &Row<'_>,
    column: &str,
    all: &[T],
    name: impl Fn(T) -> &'static str,
) -> Result<T, StoreError> {
    let text = row.text(column)?.unwrap_or_default();
    let known = all.iter().copied().find(|known| name(*known) == text);
    known.ok_or_else(|| damaged(column, format!("{text} is unknown")))
}

pub(super) fn damaged(column: &str, error: impl Display) -> StoreError {
    StoreError::Damaged { reason: format!("column {column}: {error}") }
}
