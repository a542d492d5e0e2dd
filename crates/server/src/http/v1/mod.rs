//! What relying parties ask: JSON under `/v1`, each with an API key.

mod asking;
mod verify;

use axum::{Router, routing::post};

use super::Site;

pub(super) fn routes() -> Router<Site> {
    Router::new().route("/verify", post(verify::verify))
}
