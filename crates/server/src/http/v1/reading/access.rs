//! `GET /v1/access/{entry}`.

use axum::{Json, extract::State, http::HeaderMap};
use registry::{IdempotencyKey, Scope, rules::access::AccessRefusal};

use super::super::{
    super::{Problem, Site},
    asking::{nothing, relying_party, unavailable},
    named::{Named, OfEntry},
    problems::{NothingThere, Unanswered},
    shown,
};
use crate::clock;

/// What you entered of a prescriber's access, as it is now.
#[utoipa::path(
    get,
    path = "/v1/access/{entry}",
    operation_id = "read_entry",
    params(OfEntry),
    responses((status = 200, description = "It.", body = shown::Entered), Unanswered, NothingThere)
)]
pub(super) async fn one(
    State(site): State<Site>,
    headers: HeaderMap,
    Named(OfEntry { entry }): Named<OfEntry>,
) -> Result<Json<shown::Entered>, Problem> {
    let party = relying_party(&site, &headers, Scope::Accounts).await?;
    let found = match entry.parse::<IdempotencyKey>() {
        Ok(id) => site.registry.access_entered_by(&party, &id, clock::now()).await,
        Err(_) => Ok(None),
    };
    let found = found.map_err(|error| unavailable(&error))?;
    let unknown = || nothing("unknown-entry", "No such entry", AccessRefusal::Unknown);
    found.map(|change| Json(shown::Entered::new(&change))).ok_or_else(unknown)
}
