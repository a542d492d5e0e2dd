//! `GET /v1/requests`.

use core::str::FromStr;

use axum::{
    Json,
    extract::{Query, State, rejection::QueryRejection},
    http::HeaderMap,
};
use oath::UnixTime;
use registry::{RequestId, RequestState, Scope, TokenRequest};
use serde::Deserialize;
use utoipa::IntoParams;

use super::super::{
    super::{Problem, Site},
    asking::{relying_party, request_at, unavailable},
    listing::{List, Page, Rows, asked, word},
    named::{Named, OfRequest},
    problems::{NothingThere, Unanswered},
    shown,
};

/// What the list is asked for.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Search {
    /// Where they are: `requested`, `processed`, `shipped`, `activated` or `cancelled`.
    state: Option<String>,
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
    /// How many rows a page has: 50 where it is left out.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 200)]
    limit: Option<String>,
}

/// The place of a request in the list.
struct Made(UnixTime, RequestId);

impl FromStr for Made {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (at, id) = text.split_once(' ').ok_or(())?;
        Ok(Self(UnixTime(at.parse().map_err(drop)?), id.parse().map_err(drop)?))
    }
}

/// Token requests, in the order in which they were made.
#[utoipa::path(
    get,
    path = "/v1/requests",
    operation_id = "list_requests",
    params(Search),
    responses((status = 200, description = "A page of them.", body = Page<shown::Request>), Unanswered)
)]
pub(super) async fn list(
    State(site): State<Site>,
    headers: HeaderMap,
    query: Result<Query<Search>, QueryRejection>,
) -> Result<Json<Page<shown::Request>>, Problem> {
    relying_party(&site, &headers, Scope::Read).await?;
    let search = asked(query)?;
    let state = word("state", search.state.as_deref(), RequestState::ALL, RequestState::name)?;
    let rows = Rows::of(search.limit.as_deref())?;
    let after = List::Requests.after::<Made>(search.cursor.as_deref())?;
    let after = after.map(|Made(at, id)| (at, id));
    let found = site.registry.requests_after(state, after, rows.and_one()).await;
    let found = found.map_err(|error| unavailable(&error))?;
    let key = |request: &TokenRequest| format!("{} {}", request.requested.0, request.id.as_str());
    Ok(Json(rows.page(List::Requests, found, key, shown::Request::new)))
}

/// One token request.
#[utoipa::path(
    get,
    path = "/v1/requests/{id}",
    operation_id = "read_request",
    params(OfRequest),
    responses((status = 200, description = "The request.", body = shown::Request), Unanswered, NothingThere)
)]
pub(super) async fn one(
    State(site): State<Site>,
    headers: HeaderMap,
    Named(OfRequest { id }): Named<OfRequest>,
) -> Result<Json<shown::Request>, Problem> {
    relying_party(&site, &headers, Scope::Read).await?;
    let request = request_at(&site, &id).await?;
    Ok(Json(shown::Request::new(&request)))
}
