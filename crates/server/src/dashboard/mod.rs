//! The dashboard: pages made here, that work without JavaScript.
//!
//! | module | subject |
//! | --- | --- |
//! | [`sign_in`], [`sign_in_form`], [`sign_in_code`] | the two factors |
//! | [`new_passphrase`] | where the link for a new passphrase leads |
//! | [`tokens`] | the account's tokens |
//! | [`add_token`] | Add New Token |
//! | [`step_up`] | a code by phone before it |
//! | [`own_token`] | Report lost, I found it, Deactivate, Resynchronise, Unlock, Move to a new phone |
//! | [`sync_again`] | tells the network once more |
//! | [`activate`] | where the link of an activation mail leads |
//! | [`test_code`], [`recent_tests`] | Test a code |
//! | [`signing_test`], [`sample_prescriptions`] | Sign a test prescription |
//! | [`activity`], [`activity_row`] | what the account's tokens did |
//! | [`requests`] | Request Token, Replace Token, and what becomes of a request |
//! | [`admin`] | the administrators' pages, under `/admin` |
//! | [`visitor`] | who asks, and what a form must carry |
//! | [`session_cookie`], [`origin`] | what keeps a session its owner's |
//! | [`form`], [`field_errors`], [`message`] | fields, what is wrong with them, pages that say one thing |
//! | [`loss_text`], [`drift_text`] | a loss, and how a clock or counter went, in words |
//! | [`token_row`] | a token as the pages show it |

mod activate;
mod activity;
mod activity_row;
mod add_token;
mod admin;
mod drift_text;
mod field_errors;
mod form;
mod loss_text;
mod message;
mod new_passphrase;
mod origin;
mod own_token;
mod recent_tests;
mod requests;
mod sample_prescriptions;
mod session_cookie;
mod sign_in;
mod sign_in_code;
mod sign_in_form;
mod signing_test;
mod step_up;
mod sync_again;
mod test_code;
mod token_row;
mod tokens;
mod told;
mod visitor;

use askama::Template;
use axum::{
    Router,
    extract::State,
    http::{StatusCode, header::CONTENT_TYPE},
    middleware,
    response::{Html, IntoResponse, Redirect, Response},
    routing::{get, post},
};

pub(crate) use admin::{StockJobs, Verification};
pub(crate) use drift_text::DriftText;
pub(crate) use field_errors::sentence;
pub(crate) use recent_tests::RecentTests;
pub(crate) use sign_in_form::SignInPlaces;
pub(crate) use told::{told, uploaded};

use crate::http::Site;

/// The shared values first, so that the dashboard's own rules can refer to them.
const STYLE: &str = concat!(
    include_str!("../../../../ui/style/tokens.css"),
    include_str!("../../assets/dashboard.css")
);

/// The mark, drawn in one colour that a page's style sets.
pub(crate) const MARK: &str = include_str!("../../../../ui/mark.svg");

pub(crate) fn router(site: &Site) -> Router<Site> {
    Router::new()
        .route("/", get(Redirect::to("/tokens")))
        .route("/sign-in", get(sign_in::page).post(sign_in::submit_to_the_end))
        .route("/sign-in/code", get(sign_in_code::page).post(sign_in_code::submit))
        .route(
            "/passphrase/{secret}",
            get(new_passphrase::page).post(new_passphrase::submit_to_the_end),
        )
        .route("/sign-out", post(sign_in::sign_out))
        .route("/tokens", get(tokens::page))
        .route("/tokens/new", get(add_token::page).post(add_token::submit))
        .route("/tokens/new/phone", get(step_up::page).post(step_up::send))
        .route("/tokens/new/phone/code", get(step_up::page).post(step_up::confirm))
        .route("/tokens/{serial}/sync", post(sync_again::submit))
        .route("/tokens/{serial}/test", get(test_code::page).post(test_code::submit))
        .route("/signing-test", get(signing_test::page).post(signing_test::submit))
        .route("/activity", get(activity::page))
        .route("/activate/{link}", get(activate::page))
        .route("/activate/{link}/qr.svg", get(activate::qr_code))
        .merge(own_token::routes())
        .merge(requests::routes())
        .merge(admin::routes())
        .fallback(elsewhere)
        .method_not_allowed_fallback(elsewhere)
        .layer(middleware::from_fn_with_state(site.clone(), origin::check))
        .route("/style.css", get(style))
        .route("/mark.svg", get(mark))
}

/// Any other address: the same as a page for whoever is not signed in.
async fn elsewhere(State(_): State<Site>, _: visitor::SignedIn) -> message::Message {
    message::not_found()
}

/// The answer for a handler that was given up.
pub(crate) fn broken_page() -> Response {
    message::broken().into_response()
}

async fn style() -> Response {
    ([(CONTENT_TYPE, "text/css; charset=utf-8")], STYLE).into_response()
}

async fn mark() -> Response {
    ([(CONTENT_TYPE, "image/svg+xml")], MARK).into_response()
}

/// A template as an answer; one that cannot be filled in is our own fault.
fn render(status: StatusCode, page: &impl Template) -> Response {
    match page.render() {
        Ok(html) => (status, Html(html)).into_response(),
        Err(error) => {
            tracing::error!(%error, "a page could not be made");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// What the top of every page of a session shows and its forms carry.
pub(crate) struct Frame {
    /// The prescriber's name.
    pub(crate) name: String,
    /// Shows that a form was sent from a page of this session.
    pub(crate) csrf: String,
}
