//! The second factor: the confirmation code of an activation, or a code of a token.

use askama::Template;
use axum::{
    extract::{Query, Request, State, rejection::QueryRejection},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use axum_extra::extract::cookie::CookieJar;
use oath::{Code, SerialNumber};
use registry::{
    ConfirmError, ConfirmationCode, Error, IdempotencyKey, Session, SessionSecret, VerifyError,
};

use serde::Deserialize;

use super::{
    Frame,
    field_errors::sentence,
    form::{Form, shown_again},
    message, render, session_cookie,
    visitor::{self, HalfSignedIn},
};
use crate::{clock, http::Site, randomness};

/// The most bytes of the form.
const MAX_LENGTH: usize = 1024 * 1024;

#[derive(Template)]
#[template(path = "sign_in_code.html")]
struct Page {
    frame: Frame,
    idempotency_key: String,
    /// Serial number and name of each token that a code can be of.
    tokens: Vec<(String, String)>,
    chosen: String,
    /// Whether two codes in a row are asked for, which find a token again that is out of step.
    two_codes: bool,
    error: Option<String>,
    cause: &'static str,
    no_error: Option<&'static str>,
}

/// How many codes the form asks for.
#[derive(Deserialize, Default)]
pub(super) struct Asked {
    #[serde(default)]
    codes: String,
}

pub(super) async fn page(
    State(site): State<Site>,
    HalfSignedIn(session): HalfSignedIn,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Response {
    if session.is_full() {
        return Redirect::to("/tokens").into_response();
    }
    let two_codes = asked.is_ok_and(|Query(asked)| asked.codes == "2");
    show(&site, &session, (String::new(), two_codes), None).await
}

/// Takes the code. A form that was sent twice gets the same answer twice: the second one still has
/// the session's old secret, and is given the new one again.
pub(super) async fn submit(
    State(site): State<Site>,
    jar: CookieJar,
    request: Request,
) -> Result<Response, Response> {
    let to_sign_in = || Redirect::to("/sign-in").into_response();
    let failed = |error| message::failed(&error).into_response();
    let secret = session_cookie::PRESCRIBER.read(&jar, site.https).ok_or_else(to_sign_in)?;
    let session = site.registry.session(&secret, clock::now()).await;
    let form = Form::read(request, MAX_LENGTH).await.map_err(IntoResponse::into_response)?;
    let submit = form.text("idempotency_key").parse();
    let submit = submit.unwrap_or_else(|_| IdempotencyKey::generate(&mut randomness::rng()));
    let repeated = async || site.registry.renewed_by(&secret, &submit, clock::now()).await;
    let session = match session {
        Ok(session) => session,
        Err(Error::SessionEnded) => {
            let renewed = repeated().await.map_err(failed)?;
            return renewed.map(|new| on_to_tokens(&site, jar, Some(&new))).ok_or_else(to_sign_in);
        }
        Err(error) => return Err(failed(error)),
    };
    if session.is_full() {
        return Ok(on_to_tokens(&site, jar, None));
    }
    if !session.csrf.matches(form.text("csrf")) {
        return Err(message::stale_form().into_response());
    }
    let session = session.submitted_as(submit.clone());
    let refusal = match judge(&site, &session, &form).await {
        Ok(renewed) => return Ok(on_to_tokens(&site, jar, renewed.as_ref())),
        Err(refusal) => refusal,
    };
    // Sent twice at once: the other one was accepted, and this one is its repetition.
    if let Some(renewed) = repeated().await.map_err(failed)? {
        return Ok(on_to_tokens(&site, jar, Some(&renewed)));
    }
    match refusal {
        Refusal::Failed(Error::SessionEnded) => Err(to_sign_in()),
        Refusal::Failed(error) => Err(failed(error)),
        Refusal::Explained { text, cause } => {
            let two_codes = form.has("second_code") || cause == "out-of-step";
            let offered = (shown_again(form.text("token")), two_codes);
            Ok(show(&site, &session, offered, Some((sentence(&text), cause))).await)
        }
    }
}

fn on_to_tokens(site: &Site, jar: CookieJar, renewed: Option<&SessionSecret>) -> Response {
    let jar = match renewed {
        Some(secret) => jar.add(session_cookie::PRESCRIBER.of(secret, site.https)),
        None => jar,
    };
    (jar, Redirect::to("/tokens")).into_response()
}

/// Why a code was not accepted.
enum Refusal {
    Explained { text: String, cause: &'static str },
    Failed(Error),
}

impl Refusal {
    fn malformed(error: &impl ToString) -> Self {
        Self::Explained { text: error.to_string(), cause: "malformed" }
    }
}

async fn judge(
    site: &Site,
    session: &Session,
    form: &Form,
) -> Result<Option<SessionSecret>, Refusal> {
    let text = form.text("code");
    if tokens(site, session).await.map_err(Refusal::Failed)?.is_empty() {
        let code: ConfirmationCode = text.parse().map_err(|error| Refusal::malformed(&error))?;
        return site.registry.confirm(session, &code, clock::now()).await.map_err(not_confirmed);
    }
    let code: Code = text.parse().map_err(|error| Refusal::malformed(&error))?;
    let serial: Option<SerialNumber> = form.text("token").parse().ok();
    let (serial, now) = (serial.as_ref(), clock::now());
    let judged = match form.text("second_code") {
        "" => site.registry.confirm_with_code(session, serial, &code, now).await,
        text => {
            let next: Code = text.parse().map_err(|error| Refusal::malformed(&error))?;
            site.registry.confirm_with_two_codes(session, serial, (&code, &next), now).await
        }
    };
    judged.map_err(not_verified)
}

fn not_confirmed(error: ConfirmError) -> Refusal {
    match error {
        ConfirmError::Registry(error) => Refusal::Failed(error),
        other => Refusal::Explained { text: other.to_string(), cause: "wrong" },
    }
}

fn not_verified(error: VerifyError) -> Refusal {
    match error {
        VerifyError::Registry(error) => Refusal::Failed(error),
        VerifyError::Refused(why) => {
            Refusal::Explained { text: why.to_string(), cause: why.name() }
        }
        other => Refusal::Explained { text: other.to_string(), cause: "" },
    }
}

/// The tokens that a code can be of: serial number and name.
async fn tokens(site: &Site, session: &Session) -> Result<Vec<(String, String)>, Error> {
    let tokens = site.registry.tokens(&session.account.npi, clock::now()).await?;
    Ok(tokens
        .iter()
        .filter(|token| token.state.is_in_use())
        .map(|token| (token.serial.as_str().to_owned(), token.name.to_string()))
        .collect())
}

async fn show(
    site: &Site,
    session: &Session,
    (chosen, two_codes): (String, bool),
    refusal: Option<(String, &'static str)>,
) -> Response {
    let tokens = match tokens(site, session).await {
        Ok(tokens) => tokens,
        Err(error) => return message::failed(&error).into_response(),
    };
    let status = if refusal.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let (error, cause) = refusal.unzip();
    let page = Page {
        frame: visitor::frame(session),
        idempotency_key: IdempotencyKey::generate(&mut randomness::rng()).as_str().to_owned(),
        tokens,
        chosen,
        two_codes,
        error,
        cause: cause.unwrap_or_default(),
        no_error: None,
    };
    render(status, &page)
}
