//! Token requests, as their prescriber makes and follows them.
//!
//! | module | subject |
//! | --- | --- |
//! | [`list`], [`request_row`] | the account's requests, each in steps with times |
//! | [`new`] | Request Token: a form, its review, and the request |
//! | [`replace`] | Replace Token: the same, with the old token deactivated |
//! | [`edit`], [`cancel`] | Edit and Cancel |
//! | [`fields`] | mail and address, as they are typed and as they are meant |

mod cancel;
mod edit;
pub(super) mod fields;
mod list;
mod new;
mod replace;
mod request_row;

use axum::{
    Router,
    extract::{Path, rejection::PathRejection},
    response::{IntoResponse, Response},
    routing::get,
};
use registry::{RequestError, RequestId, Session, TokenRequest};

use super::message;
use crate::http::Site;

pub(super) use self::{
    replace::in_words,
    request_row::{RequestRow, open_in_words},
};

pub(super) fn routes() -> Router<Site> {
    Router::new()
        .route("/requests", get(list::page))
        .route("/requests/new", get(new::page).post(new::submit))
        .route("/requests/{id}/edit", get(edit::page).post(edit::submit))
        .route("/requests/{id}/cancel", get(cancel::page).post(cancel::submit))
        .route("/tokens/{serial}/replace", get(replace::page).post(replace::submit))
}

type InAddress = Result<Path<RequestId>, PathRejection>;

/// The session's own request at an address.
async fn request_at(
    site: &Site,
    session: &Session,
    id: InAddress,
) -> Result<TokenRequest, Response> {
    let not_found = || message::not_found().into_response();
    let Path(id) = id.map_err(|_| not_found())?;
    let found = site.registry.request(id).await;
    let found = found.map_err(|error| message::failed(&error).into_response())?;
    found.filter(|request| request.npi == session.account.npi).ok_or_else(not_found)
}

/// The field that an error belongs to; the empty one is the whole form.
const fn field_of(error: &RequestError) -> &'static str {
    match error {
        RequestError::NeedsAddress => "street",
        RequestError::OtherReason => "reason",
        RequestError::LastToken => "last",
        _ => "",
    }
}

/// The steps of a form that is reviewed before it is sent.
#[derive(PartialEq, Eq)]
enum Step {
    /// It was filled in.
    Review,
    /// The review says what is not meant.
    Change,
    /// The review was read.
    Confirm,
}

impl Step {
    fn of(text: &str) -> Self {
        match text {
            "confirm" => Self::Confirm,
            "change" => Self::Change,
            _ => Self::Review,
        }
    }
}
