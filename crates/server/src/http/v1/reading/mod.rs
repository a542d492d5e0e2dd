//! What relying parties read: accounts, tokens, requests, activations, and the audit.

mod access;
mod accounts;
mod audit;
mod requests;
mod tokens;

use axum::{Router, routing::get};
use utoipa::OpenApi;

use super::super::Site;

#[derive(OpenApi)]
#[openapi(paths(
    accounts::list,
    accounts::one,
    accounts::tokens,
    accounts::requests,
    accounts::activations,
    requests::list,
    requests::one,
    tokens::list,
    tokens::one,
    audit::list,
    access::one
))]
pub(super) struct Api;

pub(super) fn routes() -> Router<Site> {
    Router::new()
        .route("/accounts", get(accounts::list))
        .route("/accounts/{account}", get(accounts::one))
        .route("/accounts/{account}/tokens", get(accounts::tokens))
        .route("/accounts/{account}/requests", get(accounts::requests))
        .route("/accounts/{account}/activations", get(accounts::activations))
        .route("/requests", get(requests::list))
        .route("/requests/{id}", get(requests::one))
        .route("/tokens", get(tokens::list))
        .route("/tokens/{serial}", get(tokens::one))
        .route("/access/{entry}", get(access::one))
        .route("/audit", get(audit::list))
}
