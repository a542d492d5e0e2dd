//! `GET /v1/accounts`, and what is under each.

use axum::{
    Json,
    extract::{Query, State, rejection::QueryRejection},
    http::HeaderMap,
};
use registry::{Account, Npi, Scope};
use serde::Deserialize;
use utoipa::IntoParams;

use super::super::{
    super::{Problem, Site},
    asking::{account_at, relying_party, unavailable},
    listing::{List, Page, Rows, asked, sought},
    named::{Named, OfAccount},
    problems::{NothingThere, Unanswered},
    shown,
};
use crate::clock;

/// What the list is asked for.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Search {
    /// Part of an NPI, an operator's own ID, a name or a mail address.
    #[param(max_length = 100)]
    text: Option<String>,
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
    /// How many rows a page has: 50 where it is left out.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 200)]
    limit: Option<String>,
}

/// Accounts, in the order of their NPIs.
#[utoipa::path(
    get,
    path = "/v1/accounts",
    operation_id = "list_accounts",
    params(Search),
    responses((status = 200, description = "A page of them.", body = Page<shown::Account>), Unanswered)
)]
pub(super) async fn list(
    State(site): State<Site>,
    headers: HeaderMap,
    query: Result<Query<Search>, QueryRejection>,
) -> Result<Json<Page<shown::Account>>, Problem> {
    relying_party(&site, &headers, Scope::Read).await?;
    let search = asked(query)?;
    let text = sought(search.text.as_deref())?;
    let rows = Rows::of(search.limit.as_deref())?;
    let after = List::Accounts.after::<Npi>(search.cursor.as_deref())?;
    let found = site.registry.accounts_with(text, after, rows.and_one()).await;
    let found = found.map_err(|error| unavailable(&error))?;
    let now = clock::now();
    let key = |account: &Account| account.npi.to_string();
    let shown = |account: &Account| shown::Account::new(account, now);
    Ok(Json(rows.page(List::Accounts, found, key, shown)))
}

/// One account.
#[utoipa::path(
    get,
    path = "/v1/accounts/{account}",
    operation_id = "read_account",
    params(OfAccount),
    responses((status = 200, description = "The account.", body = shown::Account), Unanswered, NothingThere)
)]
pub(super) async fn one(
    State(site): State<Site>,
    headers: HeaderMap,
    Named(OfAccount { account }): Named<OfAccount>,
) -> Result<Json<shown::Account>, Problem> {
    relying_party(&site, &headers, Scope::Read).await?;
    let account = account_at(&site, &account).await?;
    Ok(Json(shown::Account::new(&account, clock::now())))
}

/// All tokens of an account, the first associated first.
#[utoipa::path(
    get,
    path = "/v1/accounts/{account}/tokens",
    operation_id = "list_tokens_of_account",
    params(OfAccount),
    responses((status = 200, description = "All of them; `next_cursor` is `null`.", body = Page<shown::Token>), Unanswered, NothingThere)
)]
pub(super) async fn tokens(
    State(site): State<Site>,
    headers: HeaderMap,
    Named(OfAccount { account }): Named<OfAccount>,
) -> Result<Json<Page<shown::Token>>, Problem> {
    relying_party(&site, &headers, Scope::Read).await?;
    let account = account_at(&site, &account).await?;
    let now = clock::now();
    let found = site.registry.tokens(&account.npi, now).await;
    let found = found.map_err(|error| unavailable(&error))?;
    Ok(Json(Page::whole(found.iter().map(|token| shown::Token::new(token, now)).collect())))
}

/// All token requests of an account, the latest first.
#[utoipa::path(
    get,
    path = "/v1/accounts/{account}/requests",
    operation_id = "list_requests_of_account",
    params(OfAccount),
    responses((status = 200, description = "All of them; `next_cursor` is `null`.", body = Page<shown::Request>), Unanswered, NothingThere)
)]
pub(super) async fn requests(
    State(site): State<Site>,
    headers: HeaderMap,
    Named(OfAccount { account }): Named<OfAccount>,
) -> Result<Json<Page<shown::Request>>, Problem> {
    relying_party(&site, &headers, Scope::Read).await?;
    let account = account_at(&site, &account).await?;
    let found = site.registry.requests(&account.npi).await;
    let found = found.map_err(|error| unavailable(&error))?;
    Ok(Json(Page::whole(found.iter().map(shown::Request::new).collect())))
}

/// The account's open activation, where there is one.
#[utoipa::path(
    get,
    path = "/v1/accounts/{account}/activations",
    operation_id = "list_activations_of_account",
    params(OfAccount),
    responses((status = 200, description = "It, or none; `next_cursor` is `null`.", body = Page<shown::Activation>), Unanswered, NothingThere)
)]
pub(super) async fn activations(
    State(site): State<Site>,
    headers: HeaderMap,
    Named(OfAccount { account }): Named<OfAccount>,
) -> Result<Json<Page<shown::Activation>>, Problem> {
    relying_party(&site, &headers, Scope::Read).await?;
    let account = account_at(&site, &account).await?;
    let found = site.registry.open_activation(&account.npi, clock::now()).await;
    let found = found.map_err(|error| unavailable(&error))?;
    Ok(Json(Page::whole(found.iter().map(shown::Activation::new).collect())))
}
