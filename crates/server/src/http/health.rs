//! Whether the server runs, and whether it can do its work.

use axum::{Json, extract::State, http::StatusCode};
use serde::Serialize;

use super::Site;

#[derive(Serialize)]
pub(crate) struct Health {
    status: &'static str,
}

/// The process answers.
pub(crate) async fn health() -> Json<Health> {
    Json(Health { status: "ok" })
}

/// The database can be read and written to; else a balancer is to send requests elsewhere.
pub(crate) async fn ready(State(site): State<Site>) -> (StatusCode, Json<Health>) {
    match site.registry.ready().await {
        Ok(()) => (StatusCode::OK, Json(Health { status: "ready" })),
        Err(error) => {
            tracing::warn!(%error, "not ready");
            (StatusCode::SERVICE_UNAVAILABLE, Json(Health { status: "not ready" }))
        }
    }
}
