//! The server: its routes, and what holds for every answer.

mod app;
mod body;
pub(crate) mod client;
mod guard;
mod headers;
mod health;
mod limits;
mod log;
mod metrics;
mod problem;
mod provisioning;
mod v1;

use std::{path::PathBuf, sync::Arc};

use crate::{
    dashboard::{RecentTests, SignInPlaces, StockJobs, Verification},
    listening::note_other_end,
    phone::PhoneSender,
};
use ::provisioning::IssuerName;
use axum::{
    Router,
    extract::{Request, State},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use registry::Registry;

use self::guard::{REQUEST_TIMEOUT, guarded};
pub(crate) use body::{Unread, read};
pub(crate) use client::Addresses;
pub(crate) use guard::log_panics_by_place;
pub(crate) use health::Readiness;
pub(crate) use limits::Limits;
pub(crate) use metrics::Metrics;
pub(crate) use problem::Problem;
pub(crate) use v1::refusals;

/// What every handler knows.
pub(crate) type Site = Arc<SiteParts>;

pub(crate) struct SiteParts {
    pub(crate) registry: Registry,
    pub(crate) metrics: Metrics,
    /// How often relying parties, and those who are none, may ask.
    pub(crate) limits: Limits,
    /// What was found out of the database a moment ago.
    pub(crate) readiness: Readiness,
    /// What was answered to tested codes.
    pub(crate) recent_tests: RecentTests,
    /// Where sign-in forms are read.
    pub(crate) sign_in_places: SignInPlaces,
    /// Who carries codes to phones; none where no code is asked for before a token is added.
    pub(crate) phone: Option<Arc<dyn PhoneSender>>,
    /// Who issues the tokens that are added here.
    pub(crate) issuer: IssuerName,
    /// Where hard tokens are sent back to; empty where the help desk is to be asked.
    pub(crate) return_address: String,
    /// Whether browsers reach this server by HTTPS (of a proxy before it).
    pub(crate) https: bool,
    /// Where addresses of clients are known from.
    pub(crate) addresses: Addresses,
    /// The origins of our own pages.
    pub(crate) origins: Vec<String>,
    /// The audit's last verification from the dashboard.
    pub(crate) verification: Verification,
    /// Checks and imports of stock that were begun on the dashboard.
    pub(crate) stock_jobs: StockJobs,
    /// Where the audit's checkpoints are written down besides the database.
    pub(crate) checkpoints: PathBuf,
}

pub(crate) fn router(site: Site) -> Router {
    let api = Router::new()
        .route("/provisioning", post(provisioning::provision))
        .route("/app", post(app::answer))
        .merge(limits::limited(v1::routes(), &site))
        .fallback(problem::no_such_address)
        .method_not_allowed_fallback(problem::no_such_method);
    let api = Router::new()
        .route("/healthz", get(health::health))
        .merge(limits::limited(v1::other_routes(), &site))
        .route("/readyz", get(health::ready))
        .route("/metrics", get(metrics::show))
        .nest("/v1", api);
    let pages = crate::dashboard::router(&site);
    let all = guarded(api, REQUEST_TIMEOUT, || Problem::given_up().into_response()).merge(guarded(
        pages,
        REQUEST_TIMEOUT,
        crate::dashboard::broken_page,
    ));
    let all = match site.addresses {
        Addresses::OtherEnd => all.layer(middleware::from_fn(note_other_end)),
        Addresses::ThisMachine | Addresses::ForwardedFor | Addresses::Unknown => all,
    };
    all.layer(middleware::from_fn_with_state(site.clone(), answer)).with_state(site)
}

/// What holds for every answer, in one layer: for each layer, all that lie within it are cloned for each request.
async fn answer(State(site): State<Site>, request: Request, next: Next) -> Response {
    let asked = log::Asked::now(&request);
    let mut response = next.run(request).await;
    headers::set(&site, &mut response);
    asked.answered(&site, &response);
    response
}
