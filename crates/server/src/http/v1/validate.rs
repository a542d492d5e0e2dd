//! `POST /validate/check`, which answers as privacyIDEA's does, so that its plugins work unchanged.
//!
//! Theirs sends no key of its own, so that the key may stand in the address before it: a plugin's base
//! URL is then `https://server/as/csk_...`. Every refusal says the same: whoever reads it may not have
//! signed in to anything.

use axum::{
    Json,
    body::Body,
    extract::State,
    http::{HeaderMap, HeaderValue, StatusCode, header::AUTHORIZATION},
    response::{IntoResponse, Response},
};
use oath::SerialNumber;
use registry::{Accepted, Answer, CodeOrder, CodeRefusal, Purpose, RelyingParty, Scope};
use serde_json::{Value, json};
use url::form_urlencoded;
use utoipa::ToSchema;
use zeroize::Zeroizing;

use super::{
    super::{Problem, Site, problem::Members},
    asking::{account_named, body, relying_party, unavailable},
    named::Named,
};
use crate::clock;

/// As privacyIDEA numbers its errors.
const MISSING_PARAMETER: u16 = 905;
const NOT_AUTHENTICATED: u16 = 4033;

/// Judges a code as privacyIDEA's own address does, for its plugins.
#[utoipa::path(
    post,
    path = "/validate/check",
    operation_id = "validate_check",
    request_body(content = Form, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 200, description = "It was judged: `result.value` says how.", body = Value),
        (status = 400, description = "A parameter is missing, or the body cannot be read.", body = Value),
        (status = 401, description = "No good API key.", body = Value),
        (status = 403, description = "The key is not good for this.", body = Value),
        (status = 413, description = "Too large.", body = Members, content_type = "application/problem+json"),
        (status = 503, description = "Nothing was decided.", body = Members, content_type = "application/problem+json"),
    )
)]
pub(super) async fn check(
    State(site): State<Site>,
    headers: HeaderMap,
    request: Body,
) -> Result<Response, Problem> {
    match relying_party(&site, &headers, Scope::Verify).await {
        Ok(party) => judged(&site, &party, &headers, request).await,
        Err(problem) => not_authenticated(problem),
    }
}

/// What is sent: a user or a serial number, and a code.
#[derive(ToSchema)]
#[schema(as = ValidateCheck, example = json!({ "user": "1234567893", "pass": "123456" }))]
#[expect(dead_code, reason = "says how a form looks that is read by the names of its fields")]
struct Form {
    /// The prescriber's NPI, or the operator's own ID of the account.
    user: Option<String>,
    /// The token's credential ID or serial number.
    serial: Option<String>,
    /// The security code.
    pass: String,
}

/// As [`check`], with the key in the address.
pub(super) async fn check_as(
    State(site): State<Site>,
    Named(key): Named<String>,
    mut headers: HeaderMap,
    request: Body,
) -> Result<Response, Problem> {
    let key = Zeroizing::new(key);
    if let Ok(value) = HeaderValue::from_str(&format!("Bearer {}", *key)) {
        headers.insert(AUTHORIZATION, value);
    }
    check(State(site), headers, request).await
}

async fn judged(
    site: &Site,
    party: &RelyingParty,
    headers: &HeaderMap,
    request: Body,
) -> Result<Response, Problem> {
    let media_type = headers.get("content-type").and_then(|value| value.to_str().ok());
    let is_json = media_type.is_some_and(|text| text.starts_with("application/json"));
    let fields = Fields::parse(is_json, &body(request).await?);
    let (user, serial) = (fields.get("user"), fields.get("serial"));
    let Some(pass) = fields.get("pass") else { return Ok(missing("pass")) };
    if user.is_none() && serial.is_none() {
        return Ok(missing("user"));
    }
    let Some(order) = order(site, user, serial, pass).await? else {
        return Ok(Json(refused()).into_response());
    };
    let result = site.registry.verify_for(party, &order, None, clock::now(), answer).await;
    let answer = result.map_err(super::asking::not_answered)?;
    Ok(super::asking::sent(answer))
}

/// What is asked; none where it can be no token's code, which is refused as a wrong one.
async fn order(
    site: &Site,
    user: Option<&str>,
    serial: Option<&str>,
    pass: &str,
) -> Result<Option<CodeOrder>, Problem> {
    let Ok(code) = pass.parse() else { return Ok(None) };
    let serial = match serial.map(str::parse::<SerialNumber>) {
        Some(Ok(serial)) => Some(serial),
        Some(Err(_)) => return Ok(None),
        None => None,
    };
    let account = match (user, &serial) {
        // Whoever is misspelt is nobody.
        (Some(user), _) => match account_named(site, user).await {
            Err(problem) if problem.status == StatusCode::BAD_REQUEST => None,
            found => found?,
        },
        (None, Some(serial)) => {
            let found = site.registry.token(serial, clock::now()).await;
            found.map_err(|error| unavailable(&error))?.and_then(|token| token.owner)
        }
        (None, None) => None,
    };
    Ok(account.map(|account| CodeOrder {
        account: Some(account),
        serial,
        code,
        purpose: Purpose::SignIn,
        reference: None,
        challenge: None,
    }))
}

/// Reads a body as both kinds that there are.
pub(super) fn read(body: &[u8]) {
    for is_json in [false, true] {
        Fields::parse(is_json, body);
    }
}

/// The fields of a form or of a JSON object.
struct Fields(Vec<(String, Zeroizing<String>)>);

impl Fields {
    fn parse(is_json: bool, body: &[u8]) -> Self {
        if !is_json {
            let fields = form_urlencoded::parse(body);
            return Self(fields.map(|(k, v)| (k.into_owned(), v.into_owned().into())).collect());
        }
        let object: serde_json::Map<String, Value> =
            serde_json::from_slice(body).unwrap_or_default();
        let text = |value| match value {
            Value::String(text) => Some(text),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        };
        let fields = object.into_iter();
        Self(fields.filter_map(|(name, value)| Some((name, text(value)?.into()))).collect())
    }

    fn get(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(key, _)| key == name);
        found.map(|(_, value)| value.as_str()).filter(|text| !text.is_empty())
    }
}

fn answer(result: &Result<Accepted, CodeRefusal>) -> Answer {
    let document = match result {
        Ok(accepted) => document(
            true,
            json!({
                "message": "matching 1 tokens",
                "serial": accepted.serial.as_str(),
            }),
        ),
        Err(_) => refused(),
    };
    Answer { status: 200, body: document.to_string(), repeated: false }
}

fn refused() -> Value {
    document(false, json!({ "message": "wrong otp value" }))
}

fn document(accepted: bool, detail: Value) -> Value {
    let authentication = if accepted { "ACCEPT" } else { "REJECT" };
    json!({
        "detail": detail,
        "id": 1,
        "jsonrpc": "2.0",
        "result": { "status": true, "value": accepted, "authentication": authentication },
        "version": concat!("Countersign ", env!("CARGO_PKG_VERSION")),
    })
}

fn missing(parameter: &str) -> Response {
    let message = format!("ERR905: Missing parameter: '{parameter}'");
    failed(StatusCode::BAD_REQUEST, MISSING_PARAMETER, &message)
}

/// A key that does not do is told as privacyIDEA tells it; that nothing can be decided now, as we do.
fn not_authenticated(problem: Problem) -> Result<Response, Problem> {
    match problem.status {
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
            Ok(failed(problem.status, NOT_AUTHENTICATED, &problem.detail))
        }
        _ => Err(problem),
    }
}

fn failed(status: StatusCode, code: u16, message: &str) -> Response {
    let document = json!({
        "detail": null,
        "id": 1,
        "jsonrpc": "2.0",
        "result": { "status": false, "error": { "code": code, "message": message } },
        "version": concat!("Countersign ", env!("CARGO_PKG_VERSION")),
    });
    (status, Json(document)).into_response()
}
