//! `POST /validate/check`, which answers as privacyIDEA's does, so that its plugins work unchanged.
//!
//! Theirs sends no key of its own, so that the key may stand in the address before it: a plugin's base
//! URL is then `https://server/as/csk_...`. Every refusal says the same: whoever reads it may not have
//! signed in to anything.

mod fields;

use axum::{
    Json,
    body::Body,
    extract::{Request, State},
    http::{
        HeaderValue, StatusCode,
        header::{ALLOW, AUTHORIZATION, CONTENT_TYPE},
        request::Parts as Head,
    },
    response::{IntoResponse, Response},
};
use oath::SerialNumber;
use registry::{Accepted, Answer, CodeOrder, CodeRefusal, Once, Purpose, RelyingParty, Scope};
use serde_json::{Value, json};
use utoipa::ToSchema;
use zeroize::Zeroizing;

use self::fields::Fields;
use super::{
    super::{Problem, Site, problem::Members},
    asking::{
        account_named, body, idempotency_key, not_answered, relying_party, sent, unavailable,
    },
    named::Named,
};
use crate::clock;

/// As privacyIDEA numbers its errors.
const MISSING_PARAMETER: u16 = 905;
const NOT_AUTHENTICATED: u16 = 4033;
/// It has no number for this.
const NOT_BY_POST: u16 = 405;

/// Judges a code as privacyIDEA's own address does, for its plugins.
#[utoipa::path(
    post,
    path = "/validate/check",
    operation_id = "validate_check",
    params(("Idempotency-Key" = Option<String>, Header, pattern = "^[A-Za-z0-9_-]{1,64}$",
        description = "The same request under the same key gets the same answer for 24 hours.")),
    request_body(content = Form, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 200, description = "It was judged: `result.value` says how.", body = Value),
        (status = 400, description = "A parameter is missing, or the body cannot be read.", body = Value),
        (status = 401, description = "No good API key.", body = Value),
        (status = 403, description = "The key is not good for this.", body = Value),
        (status = 413, description = "Too large.", body = Members, content_type = "application/problem+json"),
        (status = 422, description = "Another request was sent under this idempotency key.", body = Members, content_type = "application/problem+json"),
        (status = 503, description = "Nothing was decided.", body = Members, content_type = "application/problem+json"),
    )
)]
pub(super) async fn check(State(site): State<Site>, request: Request) -> Result<Response, Problem> {
    let (head, request) = request.into_parts();
    match relying_party(&site, &head.headers, Scope::Verify).await {
        Ok(party) => judged(&site, &party, &head, request).await,
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
    mut request: Request,
) -> Result<Response, Problem> {
    let key = Zeroizing::new(key);
    if let Ok(value) = HeaderValue::from_str(&format!("Bearer {}", *key)) {
        request.headers_mut().insert(AUTHORIZATION, value);
    }
    check(State(site), request).await
}

/// By any other method nothing is judged: an address stands in the logs of whoever carries it, and a GET is
/// sent again by whoever fetches ahead or follows it, which uses the code up.
pub(super) async fn not_by_post() -> Response {
    let refused = failed(
        StatusCode::METHOD_NOT_ALLOWED,
        NOT_BY_POST,
        "ERR405: send this by POST, the code in the body: addresses are logged",
    );
    ([(ALLOW, "POST")], refused).into_response()
}

async fn judged(
    site: &Site,
    party: &RelyingParty,
    head: &Head,
    request: Body,
) -> Result<Response, Problem> {
    let key = match idempotency_key(&head.headers) {
        Ok(key) => key,
        Err(problem) => {
            return Ok(failed(problem.status, MISSING_PARAMETER, &problem.detail));
        }
    };
    let media_type = head.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let body = body(request).await?;
    let fields = Fields::read(media_type.unwrap_or_default(), body, head.uri.query()).await;
    let (user, serial) = (fields.filled("user"), fields.filled("serial"));
    // Empty, it is a wrong code, as of a prescriber who typed nothing.
    let Some(pass) = fields.sent("pass") else { return Ok(missing("pass")) };
    if user.is_none() && serial.is_none() {
        return Ok(missing("user"));
    }
    let same = same_request(user, serial, pass);
    let once = key.as_ref().map(|key| Once { key, request: same.as_bytes() });
    let now = clock::now();
    let answered = match order(site, user, serial, pass).await? {
        Some(order) => site.registry.verify_for(party, &order, once, now, answer).await,
        None => site.registry.keep_for(party, once, refused(), now).await,
    };
    answered.map(sent).map_err(not_answered)
}

/// What makes a request the same one when it is sent again: what is asked, and not between which
/// boundaries, which differ each time.
fn same_request(user: Option<&str>, serial: Option<&str>, pass: &str) -> Zeroizing<String> {
    let asked = json!([user, serial, pass]);
    Zeroizing::new(format!("POST /validate/check\n{asked}"))
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

/// Reads a body as every kind that there is.
pub(super) fn read(body: &[u8]) {
    fields::read_as_all(body);
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
        Err(_) => return refused(),
    };
    Answer { status: 200, body: document.to_string(), repeated: false }
}

fn refused() -> Answer {
    let document = document(false, json!({ "message": "wrong otp value" }));
    Answer { status: 200, body: document.to_string(), repeated: false }
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
