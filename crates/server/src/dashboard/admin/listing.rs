//! Lists that are searched, a page at a time, in the address: so a list can be kept and sent.

use axum::extract::{Query, rejection::QueryRejection};
use serde::Deserialize;
use url::form_urlencoded;

use crate::dashboard::form::shown_again;

/// How many rows a page of a list has.
pub(super) const ROWS: usize = 50;

/// What is looked for, and after which row the page begins.
#[derive(Deserialize, Default)]
pub(super) struct Search {
    #[serde(default)]
    q: String,
    #[serde(default)]
    pub(super) after: String,
}

impl Search {
    /// What an address asks for; nothing where it cannot be read.
    pub(super) fn of(query: Result<Query<Self>, QueryRejection>) -> Self {
        query.map(|Query(search)| search).unwrap_or_default()
    }

    /// The text that is looked for, cut where nothing can be as long.
    pub(super) fn text(&self) -> String {
        shown_again(self.q.trim())
    }

    /// The address of the page after a row.
    pub(super) fn next(&self, page: &str, last: &str) -> String {
        let query = form_urlencoded::Serializer::new(String::new())
            .append_pair("q", &self.text())
            .append_pair("after", last)
            .finish();
        format!("{page}?{query}")
    }
}

/// The first rows of what was read, one more than a page has; and the last one's key where there is
/// more.
pub(super) fn page_of<T>(
    mut found: Vec<T>,
    key: impl Fn(&T) -> String,
) -> (Vec<T>, Option<String>) {
    let more = found.len() > ROWS;
    found.truncate(ROWS);
    let last = found.last().filter(|_| more).map(key);
    (found, last)
}
