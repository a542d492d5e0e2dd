//! `GET /v1/audit`.

use axum::{
    Json,
    extract::{Query, State, rejection::QueryRejection},
    http::HeaderMap,
};
use oath::UnixTime;
use registry::{Event, EventKind, Outcome, Scope, store::EventSearch};
use serde::Deserialize;
use utoipa::IntoParams;

use super::super::{
    super::{Problem, Site},
    asking::{account_named, malformed, relying_party, unavailable},
    listing::{List, Page, Rows, asked, given, parsed, word},
    problems::Unanswered,
    shown,
};
use crate::time_text;

/// What the list is asked for: all that is given must fit.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Search {
    /// The account that it is about, by NPI or the operator's own ID.
    account: Option<String>,
    /// The token that it is about.
    serial: Option<String>,
    /// What was done, such as `code-judged`.
    kind: Option<String>,
    /// How it went: `attempted`, `success` or `refused`.
    outcome: Option<String>,
    /// The first instant: `2027-03-04T14:05:10Z`, or `2027-03-04` for that day's first.
    from: Option<String>,
    /// The first instant that is too late, written in the same way.
    to: Option<String>,
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
    /// How many rows a page has: 50 where it is left out.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 200)]
    limit: Option<String>,
}

/// The audit, the latest event first.
#[utoipa::path(
    get,
    path = "/v1/audit",
    operation_id = "list_events",
    params(Search),
    responses((status = 200, description = "A page of it.", body = Page<shown::Event>), Unanswered)
)]
pub(super) async fn list(
    State(site): State<Site>,
    headers: HeaderMap,
    query: Result<Query<Search>, QueryRejection>,
) -> Result<Json<Page<shown::Event>>, Problem> {
    relying_party(&site, &headers, Scope::Audit).await?;
    let asked = asked(query)?;
    let search = EventSearch {
        account: match given(asked.account.as_deref()) {
            Some(text) => Some(
                account_named(&site, text)
                    .await?
                    .ok_or_else(|| malformed("account", &registry::Error::UnknownAccount))?,
            ),
            None => None,
        },
        serial: parsed("serial", asked.serial.as_deref())?,
        kind: word("kind", asked.kind.as_deref(), EventKind::ALL, EventKind::name)?,
        outcome: word("outcome", asked.outcome.as_deref(), Outcome::ALL, Outcome::name)?,
        from: instant("from", asked.from.as_deref())?,
        to: instant("to", asked.to.as_deref())?,
    };
    let rows = Rows::of(asked.limit.as_deref())?;
    let before = List::Events.after(asked.cursor.as_deref())?;
    let found = site.registry.events_with(&search, before, rows.and_one()).await;
    let found = found.map_err(|error| unavailable(&error))?;
    let key = |event: &Event| event.id.to_string();
    Ok(Json(rows.page(List::Events, found, key, shown::Event::new)))
}

fn instant(parameter: &str, text: Option<&str>) -> Result<Option<UnixTime>, Problem> {
    let read = given(text).map(time_text::day_or_instant).transpose();
    read.map_err(|error| malformed(parameter, &error))
}
