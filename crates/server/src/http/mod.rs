//! The server: its routes, and what holds for every answer.

mod body;
mod headers;
mod health;
mod log;
mod problem;
mod provisioning;

use std::{any::Any, sync::Arc, time::Duration};

use ::provisioning::IssuerName;
use axum::{
    Router,
    http::StatusCode,
    middleware,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use registry::Registry;
use tower_http::{catch_panic::CatchPanicLayer, timeout::TimeoutLayer};

use crate::dashboard::{RecentTests, SignInPlaces};

pub(crate) use body::{Unread, read};
pub(crate) use problem::Problem;

/// The longest that a request may take, its body's arrival included.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(20);

/// What every handler knows.
pub(crate) type Site = Arc<SiteParts>;

pub(crate) struct SiteParts {
    pub(crate) registry: Registry,
    /// What was answered to tested codes.
    pub(crate) recent_tests: RecentTests,
    /// Where sign-in forms are read.
    pub(crate) sign_in_places: SignInPlaces,
    /// Who issues the tokens that are added here.
    pub(crate) issuer: IssuerName,
    /// Whether browsers reach this server by HTTPS (of a proxy before it).
    pub(crate) https: bool,
    /// The origins of our own pages.
    pub(crate) origins: Vec<String>,
}

pub(crate) fn router(site: Site) -> Router {
    let api = Router::new()
        .route("/provisioning", post(provisioning::provision))
        .fallback(problem::no_such_address)
        .method_not_allowed_fallback(problem::no_such_method);
    Router::new()
        .route("/healthz", get(health::health))
        .nest("/v1", api)
        .merge(crate::dashboard::router(&site))
        .layer(TimeoutLayer::with_status_code(StatusCode::REQUEST_TIMEOUT, REQUEST_TIMEOUT))
        .layer(CatchPanicLayer::custom(after_a_panic))
        .layer(middleware::from_fn_with_state(site.clone(), headers::set))
        .layer(middleware::from_fn(log::line))
        .with_state(site)
}

/// What a panic says may hold what it worked on, so that neither log nor answer repeats it.
fn after_a_panic(_: Box<dyn Any + Send>) -> Response {
    tracing::error!("a handler panicked; the request was given up");
    Problem::unavailable().into_response()
}
