//! `GET /v1/tokens`.

use axum::{
    Json,
    extract::{Query, State, rejection::QueryRejection},
    http::HeaderMap,
};
use oath::SerialNumber;
use registry::{Scope, Token};
use serde::Deserialize;
use utoipa::IntoParams;

use super::super::{
    super::{Problem, Site},
    asking::{relying_party, token_at, unavailable},
    listing::{List, Page, Rows, asked, sought},
    named::{Named, OfToken},
    problems::{NothingThere, Unanswered},
    shown,
};
use crate::clock;

/// What the list is asked for.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Search {
    /// Part of a credential ID or serial number, of the token's name, or of its owner's name or NPI.
    #[param(max_length = 100)]
    text: Option<String>,
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
    /// How many rows a page has: 50 where it is left out.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 200)]
    limit: Option<String>,
}

/// Tokens, in the order of their serial numbers.
#[utoipa::path(
    get,
    path = "/v1/tokens",
    operation_id = "list_tokens",
    params(Search),
    responses((status = 200, description = "A page of them.", body = Page<shown::Token>), Unanswered)
)]
pub(super) async fn list(
    State(site): State<Site>,
    headers: HeaderMap,
    query: Result<Query<Search>, QueryRejection>,
) -> Result<Json<Page<shown::Token>>, Problem> {
    relying_party(&site, &headers, Scope::Read).await?;
    let search = asked(query)?;
    let text = sought(search.text.as_deref())?;
    let rows = Rows::of(search.limit.as_deref())?;
    let after = List::Tokens.after::<SerialNumber>(search.cursor.as_deref())?;
    let now = clock::now();
    let found = site.registry.tokens_with(text, after.as_ref(), rows.and_one(), now).await;
    let found = found.map_err(|error| unavailable(&error))?;
    let key = |token: &Token| token.serial.as_str().to_owned();
    Ok(Json(rows.page(List::Tokens, found, key, |token| shown::Token::new(token, now))))
}

/// One token, as it is now.
#[utoipa::path(
    get,
    path = "/v1/tokens/{serial}",
    operation_id = "read_token",
    params(OfToken),
    responses((status = 200, description = "The token.", body = shown::Token), Unanswered, NothingThere)
)]
pub(super) async fn one(
    State(site): State<Site>,
    headers: HeaderMap,
    Named(OfToken { serial }): Named<OfToken>,
) -> Result<Json<shown::Token>, Problem> {
    relying_party(&site, &headers, Scope::Read).await?;
    let token = token_at(&site, &serial).await?;
    Ok(Json(shown::Token::new(&token, clock::now())))
}
