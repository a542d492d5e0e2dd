//! `POST /v1/app`: the app of a token asks how the token is, or reports another lost.

use axum::{
    body::Body,
    extract::State,
    http::{HeaderValue, StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
};
use provisioning::{AppRequest, Error};
use registry::{AppRequestError, ReportRefusal};

use super::{Problem, Site, Unread};
use crate::clock;

/// The most that a request has, in bytes; ours have a few hundred.
const MAX_LENGTH: usize = 4 * 1024;

/// Answers a token's own app; to anybody else all tokens are unknown.
pub(super) async fn answer(State(site): State<Site>, body: Body) -> Result<Response, Problem> {
    let body = super::read(body, MAX_LENGTH).await.map_err(unread)?;
    let text = str::from_utf8(&body).map_err(|_| damaged("this is not text that an app made"))?;
    let request = AppRequest::parse(text).map_err(|error| unreadable(&error))?;
    let answered = site.registry.app_request(&request, clock::now()).await;
    let answer = answered.map_err(|error| refusal(&error))?;
    let mut response = answer.to_json().into_response();
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Ok(response)
}

fn unread(why: Unread) -> Problem {
    match why {
        Unread::Broken => damaged("the request did not arrive whole: send it again"),
        Unread::TooLarge => Problem {
            status: StatusCode::PAYLOAD_TOO_LARGE,
            slug: "too-large",
            title: "Too large",
            detail: "this is larger than any request of an app".to_owned(),
            cause: None,
        },
    }
}

fn damaged(detail: &str) -> Problem {
    Problem {
        status: StatusCode::BAD_REQUEST,
        slug: "damaged",
        title: "Damaged request",
        detail: detail.to_owned(),
        cause: None,
    }
}

fn unreadable(error: &Error) -> Problem {
    match error {
        Error::UnknownVersion { .. } => Problem {
            status: StatusCode::BAD_REQUEST,
            slug: "unknown-version",
            title: "Unknown format",
            detail: error.to_string(),
            cause: None,
        },
        _ => damaged(&error.to_string()),
    }
}

fn refusal(error: &AppRequestError) -> Problem {
    let (status, slug, title) = match error {
        AppRequestError::CannotOpen => {
            (StatusCode::FORBIDDEN, "cannot-open", "Not a request of a known token")
        }
        AppRequestError::Report(refusal) => report_refusal(*refusal),
        AppRequestError::Registry(error) => return Problem::failed(error),
    };
    Problem { status, slug, title, detail: error.to_string(), cause: None }
}

const fn report_refusal(refusal: ReportRefusal) -> (StatusCode, &'static str, &'static str) {
    match refusal {
        ReportRefusal::NotInUse { .. } => {
            (StatusCode::CONFLICT, "not-in-use", "This token cannot report another")
        }
        ReportRefusal::OwnToken => {
            (StatusCode::CONFLICT, "own-token", "A token cannot report itself")
        }
        ReportRefusal::UnknownToken => (StatusCode::NOT_FOUND, "unknown-token", "No such token"),
        ReportRefusal::NotPossible { .. } => {
            (StatusCode::CONFLICT, "not-possible", "Nothing to suspend")
        }
        ReportRefusal::ReportUsed => {
            (StatusCode::CONFLICT, "report-used", "Report used for another token")
        }
    }
}
