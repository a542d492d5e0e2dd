//! What relying parties read: accounts, tokens, requests, activations, and the audit.

mod accounts;
mod audit;
mod tokens;

use axum::{Router, routing::get};
use utoipa::OpenApi;

use super::super::Site;

#[derive(OpenApi)]
#[openapi(paths(
    accounts::list,
    accounts::one,
    accounts::tokens,
    tokens::list,
    tokens::one,
    audit::list
))]
pub(super) struct Api;

pub(super) fn routes() -> Router<Site> {
    Router::new()
        .route("/accounts", get(accounts::list))
        .route("/accounts/{account}", get(accounts::one))
        .route("/accounts/{account}/tokens", get(accounts::tokens))
        .route("/tokens", get(tokens::list))
        .route("/tokens/{serial}", get(tokens::one))
        .route("/audit", get(audit::list))
}
