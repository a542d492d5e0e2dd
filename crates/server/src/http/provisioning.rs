//! `POST /v1/provisioning`: an app hands in the sealed token of its activation.

use axum::{
    Json,
    body::Body,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use oath::UnixTime;
use provisioning::{Error, MAX_TEXT_LENGTH, SealedToken};
use serde::Serialize;

use super::{Problem, Site, Unread, client};
use crate::{clock, randomness};

#[derive(Serialize)]
struct Answer {
    credential_id: String,
    repeated: bool,
    /// The server's clock in Unix seconds, so that the app can tell its device's by it.
    now: UnixTime,
}

/// Takes a token: 201 for the first time, 200 for the same bytes or the same token again.
pub(super) async fn provision(
    State(site): State<Site>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let body = super::read(body, MAX_TEXT_LENGTH).await.map_err(unread)?;
    let text = str::from_utf8(&body).map_err(|_| not_text())?;
    let sealed = SealedToken::parse(text).map_err(|error| refusal(&error))?;
    if sealed.activation().is_none() {
        return Err(without_activation());
    }
    let from = client::address(&site, &headers);
    let consumed = site
        .registry
        .consume_from(&sealed, from, clock::now(), &mut randomness::rng())
        .await
        .map_err(|error| consume_refusal(&error))?;
    let status = if consumed.repeated { StatusCode::OK } else { StatusCode::CREATED };
    let answer = Answer {
        credential_id: consumed.credential_id.as_str().to_owned(),
        repeated: consumed.repeated,
        now: clock::now(),
    };
    Ok((status, Json(answer)).into_response())
}

fn unread(why: Unread) -> Problem {
    match why {
        Unread::Broken => damaged("the provisioning data did not arrive whole: send it again"),
        Unread::TooLarge => Problem {
            status: StatusCode::PAYLOAD_TOO_LARGE,
            slug: "too-large",
            title: "Too large",
            detail:
                "this is larger than any provisioning data: send what the app made, nothing else"
                    .to_owned(),
            cause: None,
        },
    }
}

fn damaged(detail: &str) -> Problem {
    Problem {
        status: StatusCode::BAD_REQUEST,
        slug: "damaged",
        title: "Damaged provisioning data",
        detail: detail.to_owned(),
        cause: None,
    }
}

fn not_text() -> Problem {
    damaged("this is not the text that the app made: send it again, or export it anew")
}

/// Here an app proves by its activation that it was invited; what anybody could have sealed is taken
/// from an operator only.
fn without_activation() -> Problem {
    Problem {
        status: StatusCode::UNPROCESSABLE_ENTITY,
        slug: "cannot-open",
        title: "Provisioning data cannot be opened",
        detail: "this provisioning data was exported for an issuer card: hand the file to the issuer, who imports it".to_owned(), cause: None }
}

fn refusal(error: &Error) -> Problem {
    let (status, slug, title) = match error {
        Error::UnknownVersion { .. } => {
            (StatusCode::BAD_REQUEST, "unknown-version", "Unknown format")
        }
        Error::OtherServer => {
            (StatusCode::UNPROCESSABLE_ENTITY, "other-server", "Sealed to another server")
        }
        Error::CannotOpen => {
            (StatusCode::UNPROCESSABLE_ENTITY, "cannot-open", "Provisioning data cannot be opened")
        }
        _ => (StatusCode::BAD_REQUEST, "damaged", "Damaged provisioning data"),
    };
    Problem { status, slug, title, detail: error.to_string(), cause: None }
}

fn consume_refusal(error: &registry::Error) -> Problem {
    use registry::Error as Refused;
    let (status, slug, title) = match error {
        Refused::Provisioning(error) => return refusal(error),
        Refused::ActivationExpired => {
            (StatusCode::GONE, "activation-expired", "Enrolment link expired")
        }
        Refused::ActivationUsed => {
            (StatusCode::CONFLICT, "activation-used", "Enrolment link used already")
        }
        Refused::CredentialIdTaken => {
            (StatusCode::CONFLICT, "credential-id-taken", "Credential ID taken")
        }
        other => return Problem::failed(other),
    };
    Problem { status, slug, title, detail: error.to_string(), cause: None }
}
