//! Who asks, under which idempotency key, and with what body.

use std::sync::Arc;

use axum::{
    body::Body,
    http::{HeaderMap, HeaderValue, StatusCode, header::AUTHORIZATION},
    response::{IntoResponse, Response},
};
use oath::SerialNumber;
use registry::{
    Account, AccountId, Answer, AnswerError, ApiKey, ApiKeyError, IdempotencyKey, Npi,
    RelyingParty, RequestError, RequestId, Scope, Token, TokenRequest,
};
use serde::Deserialize;
use zeroize::Zeroizing;

use super::super::{
    Problem, Site, Unread,
    problem::{IN_PROGRESS, UNKNOWN_OUTCOME},
};
use crate::clock;

/// The most that a request has, in bytes.
const MAX_LENGTH: usize = 16 * 1024;

/// The relying party whose key stands in the request, if it is good for this.
pub(super) async fn relying_party(
    site: &Site,
    headers: &HeaderMap,
    scope: Scope,
) -> Result<Arc<RelyingParty>, Problem> {
    if !headers.contains_key(AUTHORIZATION) {
        let why = "send the API key in the header `Authorization: Bearer csk_...`";
        return Err(unauthorised(why.to_owned()));
    }
    let key = shown_key(headers);
    let key = key.ok_or_else(|| unauthorised(registry::ValueError::ApiKey.to_string()))?;
    let party = site.registry.relying_party(&key, scope, clock::now()).await;
    party.map_err(|error| match error {
        ApiKeyError::Scope(_) => Problem {
            status: StatusCode::FORBIDDEN,
            slug: "scope",
            title: "This API key is not good for this",
            detail: error.to_string(),
            cause: None,
        },
        ApiKeyError::Registry(error) => unavailable(&error),
        ApiKeyError::NotGood | ApiKeyError::Unknown | ApiKeyError::Over => {
            unauthorised(error.to_string())
        }
    })
}

/// The API key that stands in the header, good or not.
pub(in super::super) fn shown_key(headers: &HeaderMap) -> Option<ApiKey> {
    let shown = headers.get(AUTHORIZATION)?.to_str().ok()?;
    // The scheme is written in any case (RFC 9110, section 11.1).
    let (scheme, key) = shown.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| key.trim().parse().ok()).flatten()
}

/// Whose account a text names, by NPI or by the operator's own ID; none where that is nobody's. An NPI
/// is not looked up.
pub(super) async fn account_named(site: &Site, text: &str) -> Result<Option<Npi>, Problem> {
    let why = match text.parse::<Npi>() {
        Ok(npi) => return Ok(Some(npi)),
        Err(why) => why,
    };
    let meant_as_npi = text.chars().all(|c| c.is_ascii_digit() || c.is_whitespace() || c == '-');
    let id = text.parse::<AccountId>().map_err(|other| if meant_as_npi { why } else { other });
    let id = id.map_err(|why| malformed("account", &why))?;
    let found = site.registry.account_by_id(&id).await.map_err(|error| unavailable(&error))?;
    Ok(found.map(|account| account.npi))
}

/// The account at an address.
pub(super) async fn account_at(site: &Site, text: &str) -> Result<Account, Problem> {
    let found = match (text.parse::<Npi>(), text.parse::<AccountId>()) {
        (Ok(npi), _) => site.registry.account(&npi).await,
        (Err(_), Ok(id)) => site.registry.account_by_id(&id).await,
        (Err(_), Err(_)) => Ok(None),
    };
    let found = found.map_err(|error| unavailable(&error))?;
    found.ok_or_else(|| {
        nothing("unknown-account", "No such account", registry::Error::UnknownAccount)
    })
}

/// The token at an address, as it is now.
pub(super) async fn token_at(site: &Site, text: &str) -> Result<Token, Problem> {
    let found = match text.parse::<SerialNumber>() {
        Ok(serial) => {
            let found = site.registry.token(&serial, clock::now()).await;
            found.map_err(|error| unavailable(&error))?
        }
        Err(_) => None,
    };
    found.ok_or_else(|| nothing("unknown-token", "No such token", registry::Error::UnknownToken))
}

/// The token request at an address.
pub(super) async fn request_at(site: &Site, text: &str) -> Result<TokenRequest, Problem> {
    let found = match text.parse::<RequestId>() {
        Ok(id) => site.registry.request(id).await.map_err(|error| unavailable(&error))?,
        Err(_) => None,
    };
    found.ok_or_else(|| nothing("unknown-request", "No such request", RequestError::Unknown))
}

pub(super) fn nothing(slug: &'static str, title: &'static str, why: impl ToString) -> Problem {
    Problem { status: StatusCode::NOT_FOUND, slug, title, detail: why.to_string(), cause: None }
}

fn unauthorised(detail: String) -> Problem {
    Problem {
        status: StatusCode::UNAUTHORIZED,
        slug: "unauthorised",
        title: "No good API key",
        detail,
        cause: None,
    }
}

/// The key under which this request is the same one when it is sent again; with quotation marks, as
/// a string of a structured field, or without.
pub(super) fn idempotency_key(headers: &HeaderMap) -> Result<Option<IdempotencyKey>, Problem> {
    let Some(value) = headers.get("idempotency-key") else { return Ok(None) };
    let text = value.to_str().unwrap_or_default().trim();
    let bare = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(text);
    let key = bare.parse().map_err(|error| malformed("Idempotency-Key", &error))?;
    Ok(Some(key))
}

pub(super) async fn body(body: Body) -> Result<Zeroizing<Vec<u8>>, Problem> {
    super::super::read(body, MAX_LENGTH).await.map_err(|why| match why {
        Unread::Broken => not_read("the request did not arrive whole: send it again".to_owned()),
        Unread::TooLarge => Problem {
            status: StatusCode::PAYLOAD_TOO_LARGE,
            slug: "too-large",
            title: "Too large",
            detail: "this is larger than any request of the API".to_owned(),
            cause: None,
        },
    })
}

pub(super) fn json<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<T, Problem> {
    serde_json::from_slice(body).map_err(|error| not_read(without_values(&error.to_string())))
}

/// Why a body is refused as a `T`, where it is.
pub(super) fn refusal<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Option<String> {
    json::<T>(body).err().map(|problem| problem.detail)
}

/// What is wrong with a document, without a value of it, which may be a code or a passphrase.
fn without_values(why: &str) -> String {
    match why.rsplit_once(", expected ") {
        Some((what, expected)) if is_of_a_value(what) => {
            format!("a value is of another kind: expected {}", in_words(expected))
        }
        _ => why.to_owned(),
    }
}

/// What was expected, and where, without the names that this program has for it.
fn in_words(expected: &str) -> String {
    let at = expected.rfind(" at line ").unwrap_or(expected.len());
    let (what, place) = expected.split_at(at);
    let words = match what.split(' ').next() {
        Some("struct" | "map") => "an object",
        Some("enum" | "variant") => "one of the words that stand in the API's description",
        Some("u8" | "u16" | "u32" | "u64" | "usize") => "a whole number",
        _ => what,
    };
    format!("{words}{place}")
}

/// Whether a message is of a value, which it tells, and not of a field's name.
fn is_of_a_value(what: &str) -> bool {
    ["invalid ", "unknown variant "].iter().any(|beginning| what.starts_with(beginning))
}

fn not_read(detail: String) -> Problem {
    Problem {
        status: StatusCode::BAD_REQUEST,
        slug: "malformed",
        title: "The request cannot be read",
        detail,
        cause: None,
    }
}

/// A field that is not well formed.
pub(super) fn malformed(field: &str, error: &dyn core::fmt::Display) -> Problem {
    not_read(format!("{field}: {error}"))
}

pub(super) fn not_answered(error: AnswerError) -> Problem {
    match error {
        AnswerError::KeyReused => Problem {
            status: StatusCode::UNPROCESSABLE_ENTITY,
            slug: "idempotency-key-reused",
            title: "Another request under the same idempotency key",
            detail: error.to_string(),
            cause: None,
        },
        AnswerError::InProgress => Problem {
            status: StatusCode::CONFLICT,
            slug: IN_PROGRESS,
            title: "The same request is under way",
            detail: error.to_string(),
            cause: None,
        },
        AnswerError::UnknownOutcome => Problem {
            status: StatusCode::CONFLICT,
            slug: UNKNOWN_OUTCOME,
            title: "How this request ended is not known",
            detail: error.to_string(),
            cause: None,
        },
        AnswerError::Registry(error) => unavailable(&error),
    }
}

pub(super) fn unavailable(error: &registry::Error) -> Problem {
    Problem::failed(error)
}

/// An answer as it is sent, and whether it was sent before.
pub(super) fn sent(answer: Answer) -> Response {
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::OK);
    let media_type = match status.is_success() {
        true => HeaderValue::from_static("application/json"),
        false => HeaderValue::from_static("application/problem+json"),
    };
    let headers = [(axum::http::header::CONTENT_TYPE, media_type)];
    let mut response = (status, headers, answer.body).into_response();
    if answer.repeated {
        let name = axum::http::HeaderName::from_static("idempotency-replayed");
        response.headers_mut().insert(name, HeaderValue::from_static("true"));
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_under_way_says_when_to_ask_again() {
        let after = |error| {
            let response = not_answered(error).into_response();
            response.headers().get("retry-after").map(|value| value.to_str().unwrap().to_owned())
        };
        assert_eq!(after(AnswerError::InProgress).as_deref(), Some("2"));
        assert_eq!(after(AnswerError::UnknownOutcome), None, "that is not to be sent again");
    }

    #[test]
    fn what_is_wrong_with_a_document_is_told_without_its_values() {
        #[derive(Debug, Deserialize)]
        struct Asked {
            #[expect(dead_code, reason = "only read")]
            code: String,
            #[expect(dead_code, reason = "only read")]
            hours: Option<u32>,
        }
        for body in [r#"{"code": 482913}"#, r#"{"code": [482913]}"#, r#""482913, expected it""#] {
            let why = json::<Asked>(body.as_bytes()).unwrap_err().detail;
            assert!(why.contains("expected ") && !why.contains("482913"), "{why}");
        }
        for (body, expected) in [
            ("7", "expected an object at line 1"),
            ("[]", "expected an object at line 1"),
            (r#"{"code": "1", "hours": "many"}"#, "expected a whole number at line 1"),
        ] {
            let why = json::<Asked>(body.as_bytes()).unwrap_err().detail;
            assert!(why.contains(expected), "{why}");
        }
        let unknown = json::<Asked>(b"{}").unwrap_err().detail;
        assert!(unknown.contains("missing field `code`"), "{unknown}");
    }
}
