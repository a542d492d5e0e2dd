//! The API's errors: problem details, RFC 9457.

use axum::{
    Json,
    http::{
        HeaderValue, StatusCode,
        header::{CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE},
    },
    response::{IntoResponse, Response},
};
use registry::{Error, StoreError};
use serde::Serialize;
use utoipa::ToSchema;

/// The slug where the same request is worked at.
pub(crate) const IN_PROGRESS: &str = "in-progress";
/// When to ask again for what is worked at, in seconds: a change is done sooner.
const UNDER_WAY_SECONDS: u16 = 2;

/// The slug where nobody knows whether something was done.
pub(crate) const UNKNOWN_OUTCOME: &str = "unknown-outcome";

/// One error, in words for a person and by a slug for a program.
pub(crate) struct Problem {
    pub(crate) status: StatusCode,
    /// The last part of `type`, which stays the same across versions.
    pub(crate) slug: &'static str,
    /// What kind of error it is, the same for every occurrence.
    pub(crate) title: &'static str,
    /// What happened and what to do next.
    pub(crate) detail: String,
    /// Where one kind has several causes: which, for a program.
    pub(crate) cause: Option<&'static str>,
}

impl Problem {
    /// The registry could not do it: its database failed, or too many came at once.
    pub(crate) fn failed(error: &registry::Error) -> Self {
        tracing::error!(%error, "the registry could not do it");
        match error {
            Error::Store(StoreError::NotKnown { .. }) => Self::not_known(),
            Error::Store(why @ StoreError::TookTooLong) => {
                Self { slug: "took-too-long", detail: why.to_string(), ..Self::unavailable() }
            }
            _ => Self::unavailable(),
        }
    }

    /// Whether it was done is not known.
    fn not_known() -> Self {
        Self {
            slug: UNKNOWN_OUTCOME,
            title: "How this request ended is not known",
            detail: "it may have been done: ask /v1/verify again under the same Idempotency-Key; of anything else look whether it was done, and if it was not, send it under a new key; without a key a code may be used up".to_owned(),
            ..Self::unavailable()
        }
    }

    pub(crate) fn unavailable() -> Self {
        Self {
            status: StatusCode::SERVICE_UNAVAILABLE,
            slug: "unavailable",
            title: "The server cannot do this now",
            detail: "nothing was changed; try again in a minute".to_owned(),
            cause: None,
        }
    }
}

impl Problem {
    /// The handler was given up; what it did is not known.
    pub(crate) fn given_up() -> Self {
        let detail = "the server could not finish this; send it again: what was taken already is not taken twice";
        Self { detail: detail.to_owned(), ..Self::unavailable() }
    }
}

/// A problem (RFC 9457, section 3.1).
#[derive(Serialize, ToSchema)]
#[schema(as = Problem, example = json!({
    "type": "/problems/malformed",
    "title": "The request cannot be read",
    "status": 400,
    "detail": "account: this is not an NPI: it has ten digits, and one of these is mistyped; check it"
}))]
pub(crate) struct Members {
    /// What kind of error it is, for programs; stays the same across versions.
    r#type: String,
    /// The same in words.
    title: &'static str,
    /// The status of HTTP.
    status: u16,
    /// What happened and what to do next.
    detail: String,
    /// Which cause it has, for programs, where its `type` has several.
    #[serde(skip_serializing_if = "Option::is_none")]
    cause: Option<&'static str>,
}

impl Problem {
    /// As it is sent.
    pub(crate) fn members(self) -> Members {
        Members {
            r#type: format!("/problems/{}", self.slug),
            title: self.title,
            status: self.status.as_u16(),
            detail: self.detail,
            cause: self.cause,
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let (status, slug) = (self.status, self.slug);
        let mut response = (status, Json(self.members())).into_response();
        response
            .headers_mut()
            .insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if slug == IN_PROGRESS {
            response.headers_mut().insert(RETRY_AFTER, UNDER_WAY_SECONDS.into());
        }
        if status == StatusCode::UNAUTHORIZED {
            let scheme = HeaderValue::from_static("Bearer realm=\"countersign\"");
            response.headers_mut().insert(WWW_AUTHENTICATE, scheme);
        }
        response
    }
}

pub(crate) async fn no_such_address() -> Problem {
    Problem {
        status: StatusCode::NOT_FOUND,
        slug: "not-found",
        title: "Nothing is at this address",
        detail: "check the address against the documentation of the API".to_owned(),
        cause: None,
    }
}

pub(crate) async fn no_such_method() -> Problem {
    Problem {
        status: StatusCode::METHOD_NOT_ALLOWED,
        slug: "method-not-allowed",
        title: "This address does not take this method",
        detail: "check the method against the documentation of the API".to_owned(),
        cause: None,
    }
}
