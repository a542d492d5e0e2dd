//! The administrators' pages, under `/admin`. Who may do what stands in
//! [`registry::rules::administrators`], and the registry decides it at each request.
//!
//! | module | subject |
//! | --- | --- |
//! | [`sign_in`], [`sign_in_code`] | the two factors |
//! | [`visitor`] | who asks, and whether they may |
//! | [`frame`] | what the top of every page shows |
//! | [`overview`] | where one begins |
//! | [`tokens`], [`token`], [`token_change`] | tokens, and what is done with one |
//! | [`event_text`] | an event in words |
//! | [`stock`], [`stock_import`], [`upload`] | hard tokens from a file, checked before anything changes |
//! | [`stock_jobs`], [`stock_progress`] | checks and imports that take long, and how far they have come |
//! | [`stock_export`] | hard tokens into a file |
//! | [`access`], [`access_account`], [`access_activation`], [`access_order`], [`access_change`] | what opens, ends or eases access, by two people |
//! | [`queue`], [`queue_request`] | the queue of requests |
//! | [`accounts`], [`account`] | accounts of prescribers |
//! | [`audit`], [`audit_report`], [`audit_verify`], [`verification`] | the audit: search, one day, whether it was changed |
//! | [`listing`] | lists that are searched, a page at a time |

mod access;
pub(super) mod access_account;
mod access_activation;
mod access_change;
mod access_order;
mod account;
mod accounts;
mod audit;
mod audit_report;
mod audit_verify;
mod event_text;
mod frame;
mod listing;
mod overview;
mod queue;
mod queue_request;
mod sign_in;
mod sign_in_code;
mod stock;
mod stock_export;
mod stock_import;
mod stock_jobs;
mod stock_progress;
mod token;
mod token_change;
mod tokens;
mod unsent;
pub(super) mod upload;
mod verification;
mod visitor;

use axum::{
    Router,
    extract::DefaultBodyLimit,
    routing::{any, get, post},
};

pub(crate) use event_text::{kind_text, purpose_text, unreadable_text};
pub(crate) use stock_jobs::StockJobs;
pub(crate) use verification::Verification;

use super::message::{self, Message};
use crate::http::Site;

pub(super) fn routes() -> Router<Site> {
    Router::new()
        .route("/admin", get(overview::page))
        .route("/admin/sign-in", get(sign_in::page).post(sign_in::submit_to_the_end))
        .route("/admin/sign-in/code", get(sign_in_code::page).post(sign_in_code::submit))
        .route("/admin/sign-out", post(sign_in::sign_out))
        .route("/admin/tokens", get(tokens::page))
        .route("/admin/tokens/{serial}", get(token::page))
        .route("/admin/tokens/{serial}/notice.txt", get(token::notice_of_loss))
        .route("/admin/tokens/{serial}/{act}", post(token_change::submit))
        .route("/admin/requests", get(queue::page))
        .route("/admin/requests/process", post(queue::process))
        .route("/admin/requests/ship", post(queue::ship))
        .route("/admin/requests/{id}", get(queue_request::page))
        .route("/admin/requests/{id}/{act}", post(queue_request::submit))
        .route("/admin/stock", get(stock::page))
        .route("/admin/stock/export", post(stock_export::submit))
        // A file is larger than a form; how large, its reading says.
        .route("/admin/stock/check", post(stock::check).layer(DefaultBodyLimit::disable()))
        .route("/admin/stock/jobs/{name}", get(stock_progress::page))
        .route("/admin/stock/{id}", get(stock_import::page))
        .route("/admin/stock/{id}/take", post(stock_import::take))
        .route("/admin/stock/{id}/drop", post(stock_import::drop))
        .route("/admin/access", get(access::page))
        .route("/admin/access/account", get(access_account::page).post(access_account::submit))
        .route(
            "/admin/access/activation/{npi}",
            get(access_activation::page).post(access_activation::submit),
        )
        .route("/admin/access/{what}/{npi}", get(access_order::page).post(access_order::submit))
        .route("/admin/access/changes/{id}", get(access_change::page))
        .route("/admin/access/changes/{id}/execute", post(access_change::execute))
        .route("/admin/access/changes/{id}/decline", post(access_change::decline))
        .route("/admin/accounts", get(accounts::page))
        .route("/admin/accounts/{npi}", get(account::page))
        .route("/admin/accounts/{npi}/unlock", post(account::unlock))
        .route("/admin/audit", get(audit::page))
        .route("/admin/audit/report", get(audit_report::page))
        .route("/admin/audit/verify", get(audit_verify::page).post(audit_verify::submit))
        .route("/admin/{*elsewhere}", any(elsewhere))
}

/// Any other address under `/admin`, for whoever is signed in there.
async fn elsewhere(_: visitor::Administering) -> Message {
    message::nothing_to_administer()
}
