//! What relying parties ask, each with an API key: JSON under `/v1`, and as privacyIDEA is asked.

mod asking;
mod changing;
mod listing;
mod named;
mod openapi;
mod problems;
mod reading;
mod shown;
mod validate;
mod verify;

use axum::{
    Router,
    routing::{get, post},
};

use super::Site;

pub(super) use asking::shown_key;

pub(super) fn routes() -> Router<Site> {
    Router::new()
        .route("/verify", post(verify::verify))
        .merge(reading::routes())
        .merge(changing::routes())
}

/// Why each request of the API refuses a body that it cannot read.
pub(crate) fn refusals(body: &[u8]) -> Vec<String> {
    validate::read(body);
    verify::refusal(body).into_iter().chain(changing::refusals(body)).collect()
}

/// What is asked elsewhere than under `/v1`.
pub(super) fn other_routes() -> Router<Site> {
    Router::new()
        .route("/openapi.json", get(openapi::document))
        .route("/validate/check", post(validate::check).fallback(validate::not_by_post))
        .route("/as/{key}/validate/check", post(validate::check_as).fallback(validate::not_by_post))
}
