//! Lists, a page at a time, and what the address of a list asks for.
//!
//! A cursor is the key of the last row that was given, in the order of the list: what is added or changed
//! meanwhile neither repeats nor loses a row that was there.

use core::{fmt::Display, str::FromStr};

use axum::extract::{Query, rejection::QueryRejection};
use data_encoding::BASE64URL_NOPAD;
use serde::Serialize;
use utoipa::ToSchema;

use super::{super::Problem, asking::malformed};

/// How many rows a page has where nothing else is asked.
const ROWS: u32 = 50;
/// How many it has at most.
const MOST_ROWS: u32 = 200;
/// The longest text that is looked for, in characters.
const MOST_TEXT: usize = 100;

/// A page of a list.
#[derive(Serialize, ToSchema)]
pub(super) struct Page<T> {
    items: Vec<T>,
    /// Where the next page begins; `null` where there is none.
    #[schema(required)]
    next_cursor: Option<String>,
}

impl<T> Page<T> {
    /// All that there is.
    pub(super) fn whole(items: Vec<T>) -> Self {
        Self { items, next_cursor: None }
    }
}

/// How many rows are asked for.
#[derive(Clone, Copy)]
pub(super) struct Rows(u32);

impl Rows {
    pub(super) fn of(limit: Option<&str>) -> Result<Self, Problem> {
        let Some(text) = given(limit) else { return Ok(Self(ROWS)) };
        let number = text.parse().ok().filter(|rows| (1..=MOST_ROWS).contains(rows));
        let why = format!("this is a number from 1 to {MOST_ROWS}");
        number.map(Self).ok_or_else(|| malformed("limit", &why))
    }

    /// How many are to be read, so that it is seen whether there are more.
    pub(super) const fn and_one(self) -> u32 {
        self.0 + 1
    }

    /// The page of what was read.
    pub(super) fn page<R, T>(
        self,
        list: List,
        mut read: Vec<R>,
        key: impl Fn(&R) -> String,
        shown: impl Fn(&R) -> T,
    ) -> Page<T> {
        let rows = self.0 as usize;
        let more = read.len() > rows;
        read.truncate(rows);
        let next_cursor = read.last().filter(|_| more).map(|last| list.cursor(&key(last)));
        Page { items: read.iter().map(shown).collect(), next_cursor }
    }
}

/// Which list a cursor is of.
#[derive(Clone, Copy)]
pub(super) enum List {
    Accounts,
    Tokens,
    Requests,
    Events,
}

impl List {
    const fn mark(self) -> &'static str {
        match self {
            Self::Accounts => "accounts:",
            Self::Tokens => "tokens:",
            Self::Requests => "requests:",
            Self::Events => "events:",
        }
    }

    fn cursor(self, key: &str) -> String {
        BASE64URL_NOPAD.encode(format!("{}{key}", self.mark()).as_bytes())
    }

    /// The key of the row after which a page begins; none at the beginning.
    pub(super) fn after<K: FromStr>(self, cursor: Option<&str>) -> Result<Option<K>, Problem> {
        let Some(text) = given(cursor) else { return Ok(None) };
        let bytes = BASE64URL_NOPAD.decode(text.as_bytes()).ok();
        let key = bytes.and_then(|bytes| String::from_utf8(bytes).ok()).and_then(|text| {
            let key = text.strip_prefix(self.mark())?;
            key.parse().ok()
        });
        let why = "this is no `next_cursor` of this list: leave it out to begin at the beginning";
        key.map(Some).ok_or_else(|| malformed("cursor", &why))
    }
}

/// What an address asks, in its own words; what it may not ask is told.
pub(super) fn asked<T>(query: Result<Query<T>, QueryRejection>) -> Result<T, Problem> {
    query.map(|Query(asked)| asked).map_err(|error| malformed("the address", &error.body_text()))
}

/// A parameter that is there; an empty one is not.
pub(super) fn given(parameter: Option<&str>) -> Option<&str> {
    parameter.map(str::trim).filter(|text| !text.is_empty())
}

/// A parameter that is read by its own rules.
pub(super) fn parsed<T: FromStr<Err: Display>>(
    name: &str,
    parameter: Option<&str>,
) -> Result<Option<T>, Problem> {
    given(parameter).map(|text| text.parse().map_err(|error| malformed(name, &error))).transpose()
}

/// A parameter that is one of some words.
pub(super) fn word<T: Copy>(
    parameter: &str,
    text: Option<&str>,
    all: &[T],
    name: fn(T) -> &'static str,
) -> Result<Option<T>, Problem> {
    let Some(text) = given(text) else { return Ok(None) };
    let found = all.iter().copied().find(|known| name(*known) == text);
    let known = || all.iter().map(|known| name(*known)).collect::<Vec<_>>().join(", ");
    found.map(Some).ok_or_else(|| malformed(parameter, &format!("this is one of {}", known())))
}

/// The text that is looked for; empty where none is.
pub(super) fn sought(text: Option<&str>) -> Result<&str, Problem> {
    let text = given(text).unwrap_or_default();
    let fits = text.chars().count() <= MOST_TEXT && !text.chars().any(char::is_control);
    let why = format!("this has up to {MOST_TEXT} characters on one line");
    if fits { Ok(text) } else { Err(malformed("text", &why)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_of_one_list_only() {
        let cursor = List::Events.cursor("41");
        assert_eq!(List::Events.after(Some(&cursor)).ok(), Some(Some(41_u64)));
        assert_eq!(List::Events.after::<u64>(Some("")).ok(), Some(None));
        let other_key = List::Events.cursor("forty");
        for wrong in [List::Tokens.cursor("41"), other_key, "41".to_owned(), "é".to_owned()] {
            assert!(List::Events.after::<u64>(Some(&wrong)).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_page_says_where_the_next_begins() {
        let page = |read: Vec<u64>| {
            Rows(2).page(List::Events, read, ToString::to_string, |number| *number)
        };
        let first = page(vec![9, 8, 7]);
        assert_eq!(first.items, [9, 8]);
        assert_eq!(List::Events.after(first.next_cursor.as_deref()).ok(), Some(Some(8_u64)));
        assert_eq!(page(vec![7, 6]).next_cursor, None);
        for (limit, rows) in [(None, Some(50)), (Some("1"), Some(1)), (Some("200"), Some(200))] {
            assert_eq!(Rows::of(limit).ok().map(|rows| rows.0), rows);
        }
        for limit in ["0", "201", "-1", "many"] {
            assert!(Rows::of(Some(limit)).is_err(), "{limit}");
        }
    }
}
