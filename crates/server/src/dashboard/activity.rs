//! Activity: what the account's tokens did, the latest first, a page at a time.

use askama::Template;
use axum::{
    extract::{Query, State, rejection::QueryRejection},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde::Deserialize;

use super::{
    Frame,
    activity_row::ActivityRow,
    message, render,
    visitor::{self, SignedIn},
};
use crate::{clock, http::Site};

/// How many events a page has.
const ROWS: usize = 25;

#[derive(Template)]
#[template(path = "activity.html")]
struct Page {
    frame: Frame,
    events: Vec<ActivityRow>,
    /// Whether the page begins with the latest event.
    is_first: bool,
    /// Before which event the next page begins.
    earlier: Option<u64>,
}

/// Before which event the page begins.
#[derive(Deserialize, Default)]
pub(super) struct Asked {
    #[serde(default)]
    before: String,
}

pub(super) async fn page(
    State(site): State<Site>,
    SignedIn(session): SignedIn,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Response {
    let npi = session.account.npi;
    let before = asked.ok().and_then(|Query(asked)| asked.before.parse().ok());
    let tokens = match site.registry.tokens(&npi, clock::now()).await {
        Ok(tokens) => tokens,
        Err(error) => return message::failed(&error).into_response(),
    };
    let found = match site.registry.activity(&npi, before, ROWS).await {
        Ok(found) => found,
        Err(error) => return message::failed(&error).into_response(),
    };
    let page = Page {
        frame: visitor::frame(&session),
        events: found.events.iter().map(|event| ActivityRow::new(event, &tokens)).collect(),
        is_first: before.is_none(),
        earlier: found.earlier,
    };
    render(StatusCode::OK, &page)
}
