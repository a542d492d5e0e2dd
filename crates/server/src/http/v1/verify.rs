//! `POST /v1/verify`: a relying party lets a security code be judged.

use std::borrow::Cow;

use axum::{
    extract::{Request, State},
    response::Response,
};
use oath::{Code, SerialNumber, UnixTime};
use registry::{Accepted, Answer, CodeOrder, CodeRefusal, Npi, Once, Purpose, Scope};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    super::{Problem, Site, problem::Members},
    asking::{
        account_named, body, idempotency_key, json, malformed, not_answered, relying_party, sent,
    },
};
use crate::{clock, time_text};

/// A code, and what it is for.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = VerifyRequest, example = json!({
    "account": "1234567893", "credential_id": "CSST 4F7K 92MQ", "code": "123456",
    "purpose": "signing", "reference": "rx-2041"
}))]
pub(super) struct Asked<'a> {
    /// The prescriber's NPI, or the operator's own ID of the account.
    #[serde(borrow)]
    #[schema(value_type = String)]
    account: Cow<'a, str>,
    /// The token's credential ID or serial number. Without it every token of the account is tried.
    #[serde(borrow)]
    #[schema(value_type = Option<String>)]
    credential_id: Option<Cow<'a, str>>,
    /// The security code as it was typed.
    #[serde(borrow)]
    #[schema(value_type = String)]
    code: Cow<'a, str>,
    #[serde(default)]
    purpose: For,
    /// What is signed, as the relying party calls it; it stands in the audit.
    #[serde(borrow)]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 128)]
    reference: Option<Cow<'a, str>>,
    /// The number of eight digits that the prescriber made the code by, where it is to be good for one
    /// prescription only (OCRA, RFC 6287). A plain code is wrong then.
    #[serde(borrow)]
    #[schema(value_type = Option<String>, example = "1234 5678")]
    challenge: Option<Cow<'a, str>>,
}

/// What a relying party asks codes for.
#[derive(Deserialize, ToSchema, Clone, Copy, Default)]
#[serde(rename_all = "kebab-case")]
#[schema(as = Purpose)]
pub(super) enum For {
    /// A prescription is signed.
    #[default]
    Signing,
    /// Somebody signs in.
    SignIn,
    /// The token is tried; nothing is signed, and a wrong code locks nothing.
    Test,
}

impl From<For> for Purpose {
    fn from(purpose: For) -> Self {
        match purpose {
            For::Signing => Self::Signing,
            For::SignIn => Self::SignIn,
            For::Test => Self::Test,
        }
    }
}

/// What was decided. A refusal is an answer too: its status is 200.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({
    "accepted": false, "at": "2027-03-04T14:05:30Z", "cause": "already-used",
    "message": "This code was already used 20 s ago: wait for the next one, then type that."
}))]
pub(super) struct Verdict<'a> {
    accepted: bool,
    /// When, RFC 3339.
    at: String,
    /// The token that the code was from.
    #[serde(skip_serializing_if = "Option::is_none")]
    credential_id: Option<&'a str>,
    /// What the prescriber calls that token.
    #[serde(skip_serializing_if = "Option::is_none")]
    token_name: Option<&'a str>,
    /// Why it was refused, for programs.
    #[serde(skip_serializing_if = "Option::is_none")]
    cause: Option<&'static str>,
    /// What to tell the prescriber.
    message: String,
    /// In how many seconds codes are judged again, where they are not now.
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_after_seconds: Option<u64>,
}

/// Judges a security code. An accepted one is never accepted again.
#[utoipa::path(
    post,
    path = "/v1/verify",
    operation_id = "verify_code",
    request_body = Asked,
    params(("Idempotency-Key" = Option<String>, Header, pattern = "^[A-Za-z0-9_-]{1,64}$",
        description = "The same request under the same key gets the same answer for 24 hours.")),
    responses(
        (status = 200, description = "It was judged: `accepted` says how.", body = Verdict),
        (status = 400, description = "The request cannot be read.", body = Members, content_type = "application/problem+json"),
        (status = 401, description = "No good API key.", body = Members, content_type = "application/problem+json"),
        (status = 403, description = "The key is not good for this.", body = Members, content_type = "application/problem+json"),
        (status = 413, description = "Too large.", body = Members, content_type = "application/problem+json"),
        (status = 422, description = "Another request was sent under this idempotency key.", body = Members, content_type = "application/problem+json"),
        (status = 503, description = "Nothing was decided, or it is not known: send it again.", body = Members, content_type = "application/problem+json"),
    )
)]
pub(super) async fn verify(
    State(site): State<Site>,
    request: Request,
) -> Result<Response, Problem> {
    let (head, request) = request.into_parts();
    let party = relying_party(&site, &head.headers, Scope::Verify).await?;
    let key = idempotency_key(&head.headers)?;
    let request = body(request).await?;
    let now = clock::now();
    let asked: Asked<'_> = json(&request)?;
    let account = account_named(&site, &asked.account).await?;
    let once = key.as_ref().map(|key| Once { key, request: &request });
    let answer = match order(account, asked)? {
        Ok(order) => {
            let answer = |result: &_| told(result, now);
            site.registry.verify_for(&party, &order, once, now, answer).await
        }
        Err(error) => site.registry.keep_for(&party, once, no_code(&error, now), now).await,
    };
    answer.map(sent).map_err(not_answered)
}

/// What is asked; the inner error is that what was typed is no code.
fn order(
    account: Option<Npi>,
    asked: Asked<'_>,
) -> Result<Result<CodeOrder, oath::Error>, Problem> {
    let serial = asked.credential_id.map(|text| text.parse::<SerialNumber>()).transpose();
    let serial = serial.map_err(|error| malformed("credential_id", &error))?;
    let reference = asked.reference.map(|text| text.parse()).transpose();
    let reference = reference.map_err(|error| malformed("reference", &error))?;
    let challenge = asked.challenge.map(|text| text.parse()).transpose();
    let challenge = challenge.map_err(|error: oath::Error| malformed("challenge", &error))?;
    let purpose = asked.purpose.into();
    let code = asked.code.parse::<Code>();
    Ok(code.map(|code| CodeOrder { account, serial, code, purpose, reference, challenge }))
}

/// Why a body is refused, where it is.
pub(super) fn refusal(body: &[u8]) -> Option<String> {
    json(body).and_then(|asked| order(None, asked)).err().map(|problem| problem.detail)
}

fn told(result: &Result<Accepted, CodeRefusal>, now: UnixTime) -> Answer {
    match result {
        Ok(Accepted { serial, name, at }) => answer(&Verdict {
            accepted: true,
            at: time_text::rfc3339(*at),
            credential_id: Some(serial.as_str()),
            token_name: Some(name.as_str()),
            cause: None,
            message: "This code is accepted, and used up.".to_owned(),
            retry_after_seconds: None,
        }),
        Err(refusal) => {
            answer(&refused(refusal.name(), &refusal.to_string(), refusal.seconds_left(), now))
        }
    }
}

/// Nobody is charged for what is no code, and it is not recorded.
fn no_code(error: &oath::Error, now: UnixTime) -> Answer {
    answer(&refused("malformed", &error.to_string(), None, now))
}

fn refused(
    cause: &'static str,
    why: &str,
    retry_after_seconds: Option<u64>,
    now: UnixTime,
) -> Verdict<'static> {
    Verdict {
        accepted: false,
        at: time_text::rfc3339(now),
        credential_id: None,
        token_name: None,
        cause: Some(cause),
        message: crate::dashboard::sentence(why),
        retry_after_seconds,
    }
}

fn answer(verdict: &Verdict<'_>) -> Answer {
    // Text and numbers only: this does not fail.
    let body = serde_json::to_string(verdict).unwrap_or_default();
    Answer { status: 200, body, repeated: false }
}
