//! The account's requests, each in steps with times.

use askama::Template;
use axum::{
    extract::{Query, State, rejection::QueryRejection},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use registry::TokenRequest;
use serde::Deserialize;

use super::request_row::RequestRow;
use crate::{
    clock,
    dashboard::{
        Frame, message, render,
        visitor::{self, SignedIn},
    },
    http::Site,
};

#[derive(Template)]
#[template(path = "requests/list.html")]
struct Page {
    frame: Frame,
    requests: Vec<RequestRow>,
    /// What was done just now; empty where nothing was.
    done: &'static str,
    return_address: String,
}

/// What was done just now, and to which request.
#[derive(Deserialize, Default)]
pub(super) struct Arrival {
    #[serde(default)]
    made: String,
    #[serde(default)]
    edited: String,
    #[serde(default)]
    cancelled: String,
}

pub(super) async fn page(
    State(site): State<Site>,
    SignedIn(session): SignedIn,
    arrival: Result<Query<Arrival>, QueryRejection>,
) -> Response {
    let requests = match site.registry.requests(&session.account.npi).await {
        Ok(requests) => requests,
        Err(error) => return message::failed(&error).into_response(),
    };
    let now = clock::now();
    let done = done(&requests, &arrival.map(|Query(arrival)| arrival).unwrap_or_default());
    // Those that are under way first.
    let (open, over): (Vec<_>, Vec<_>) =
        requests.iter().partition(|request| request.state.is_open());
    let requests = open.into_iter().chain(over);
    let requests = requests.map(|request| RequestRow::new(request, now)).collect();
    let page = Page {
        frame: visitor::frame(&session),
        requests,
        done,
        return_address: site.return_address.clone(),
    };
    render(StatusCode::OK, &page)
}

/// Said only of a request that the account has.
fn done(requests: &[TokenRequest], arrival: &Arrival) -> &'static str {
    let has = |id: &str| requests.iter().any(|request| request.id.as_str() == id);
    if has(&arrival.made) {
        "Your request is in the queue"
    } else if has(&arrival.edited) {
        "Your request is saved as you edited it"
    } else if has(&arrival.cancelled) {
        "Your request is cancelled"
    } else {
        ""
    }
}
