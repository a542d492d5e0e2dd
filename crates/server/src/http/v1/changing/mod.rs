//! What relying parties change at a prescriber's wish: tokens, and requests for some. Each is done at most
//! once under an idempotency key. What the prescriber has to show is the registry's rule: where it asks
//! for a sign-in, its two factors stand in the request.

mod accounts;
mod adding;
mod address;
mod changed;
mod once;
mod refused;
mod requests;
mod sign_in;
mod tokens;

use axum::{Router, routing::post};
use utoipa::OpenApi;

use super::{super::Site, asking::refusal};

#[derive(OpenApi)]
#[openapi(
    components(schemas(accounts::EnteredAlready)),
    paths(
        accounts::open,
        accounts::activate,
        adding::associate,
        tokens::suspend,
        tokens::restore,
        tokens::unlock,
        tokens::resynchronise,
        tokens::deactivate,
        requests::request,
        requests::replace
    )
)]
pub(super) struct Api;

/// Why each request refuses a body that it cannot read.
pub(super) fn refusals(body: &[u8]) -> Vec<String> {
    let refused = [
        refusal::<accounts::NewAccount>(body),
        refusal::<accounts::NewActivation>(body),
        refusal::<adding::NewToken>(body),
        refusal::<tokens::Loss>(body),
        refusal::<tokens::ByOther>(body),
        refusal::<tokens::TwoCodes>(body),
        refusal::<tokens::End>(body),
        refusal::<requests::NewRequest>(body),
        refusal::<requests::NewReplacement>(body),
    ];
    refused.into_iter().flatten().collect()
}

pub(super) fn routes() -> Router<Site> {
    Router::new()
        .route("/accounts", post(accounts::open))
        .route("/accounts/{account}/activations", post(accounts::activate))
        .route("/accounts/{account}/tokens", post(adding::associate))
        .route("/accounts/{account}/requests", post(requests::request))
        .route("/tokens/{serial}/suspend", post(tokens::suspend))
        .route("/tokens/{serial}/restore", post(tokens::restore))
        .route("/tokens/{serial}/unlock", post(tokens::unlock))
        .route("/tokens/{serial}/resync", post(tokens::resynchronise))
        .route("/tokens/{serial}/deactivate", post(tokens::deactivate))
        .route("/tokens/{serial}/replace", post(requests::replace))
}
