//! Test a code: judges one without signing anything.

use askama::Template;
use axum::{
    extract::{Path, State, rejection::PathRejection},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use oath::{Code, SerialNumber};
use registry::{Error, IdempotencyKey, Npi, Purpose, Session, VerifyError};

use super::{
    Frame,
    field_errors::sentence,
    form::Form,
    message, render,
    token_row::TokenRow,
    visitor::{self, SignedIn, SignedInForm},
};
use crate::{clock, http::Site, randomness};

#[derive(Template)]
#[template(path = "test_code.html")]
struct Page {
    frame: Frame,
    token: TokenRow,
    idempotency_key: String,
    result: Option<Judgement>,
    /// When the token shows a code that can be typed next, where that one is used up.
    next: Option<String>,
}

/// What became of a code.
#[derive(Clone)]
pub(super) struct Judgement {
    pub(super) accepted: bool,
    /// The refusal's cause for programs; empty for an accepted code.
    pub(super) cause: &'static str,
    pub(super) title: &'static str,
    pub(super) text: String,
}

type InAddress = Result<Path<String>, PathRejection>;

pub(super) async fn page(
    State(site): State<Site>,
    SignedIn(session): SignedIn,
    serial: InAddress,
) -> Response {
    match own_token(&site, &session, &text_of(serial)).await {
        Ok((_, token)) => show(&session, token, None),
        Err(answer) => answer,
    }
}

pub(super) async fn submit(
    State(site): State<Site>,
    serial: InAddress,
    SignedInForm(session, form): SignedInForm,
) -> Response {
    let serial = match own_token(&site, &session, &text_of(serial)).await {
        Ok((serial, _)) => serial,
        Err(answer) => return answer,
    };
    let judgement = match judge(&site, &session, &serial, &form).await {
        Ok(judgement) => judgement,
        Err(answer) => return answer,
    };
    // Read again: the judgement may have changed what the page shows of the token.
    match own_token(&site, &session, serial.as_str()).await {
        Ok((_, token)) => show(&session, token, Some(judgement)),
        Err(answer) => answer,
    }
}

/// What stands in the address; nothing where it is not text.
fn text_of(serial: InAddress) -> String {
    serial.map(|Path(text)| text).unwrap_or_default()
}

/// The token of this account at an address. Anything else, another account's token too, is not there.
async fn own_token(
    site: &Site,
    session: &Session,
    text: &str,
) -> Result<(SerialNumber, TokenRow), Response> {
    let not_found = || message::not_found().into_response();
    let now = clock::now();
    let serial: SerialNumber = text.parse().map_err(|_| not_found())?;
    let tokens = site
        .registry
        .tokens(&session.account.npi, now)
        .await
        .map_err(|error: Error| message::failed(&error).into_response())?;
    let token = tokens.iter().find(|token| token.serial == serial).ok_or_else(not_found)?;
    Ok((serial, TokenRow::new(token, now)))
}

/// Judges what was typed, once for each submit of the form.
async fn judge(
    site: &Site,
    session: &Session,
    serial: &SerialNumber,
    form: &Form,
) -> Result<Judgement, Response> {
    let Ok(key) = form.text("idempotency_key").parse::<IdempotencyKey>() else {
        return Err(message::stale_form().into_response());
    };
    let code: Code = match form.text("code").parse() {
        Ok(code) => code,
        Err(error) => return Ok(Judgement::refused("malformed", &oath::Error::to_string(&error))),
    };
    let npi = session.account.npi;
    let answer = site.recent_tests.answer_to(npi, serial, &key, (&[], &code)).await;
    answer.get_or_try_init(|| verify(site, npi, serial, &code)).await.cloned()
}

async fn verify(
    site: &Site,
    npi: Npi,
    serial: &SerialNumber,
    code: &Code,
) -> Result<Judgement, Response> {
    match site.registry.verify(&npi, serial, code, Purpose::Test, clock::now()).await {
        Ok(_) => Ok(Judgement::accepted()),
        Err(VerifyError::Refused(why)) => Ok(Judgement::refused(why.name(), &why.to_string())),
        Err(VerifyError::Registry(error)) => Err(message::failed(&error).into_response()),
        Err(VerifyError::UnknownToken | VerifyError::WhichToken) => {
            Err(message::not_found().into_response())
        }
    }
}

impl Judgement {
    fn accepted() -> Self {
        Self {
            accepted: true,
            cause: "",
            title: "Code accepted",
            text: "Your token and this server agree. This code is used up: sign with the next one."
                .to_owned(),
        }
    }

    pub(super) fn refused(cause: &'static str, text: &str) -> Self {
        Self { accepted: false, cause, title: "Code refused", text: sentence(text) }
    }
}

fn show(session: &Session, token: TokenRow, result: Option<Judgement>) -> Response {
    let refused = result.as_ref().is_some_and(|judgement| !judgement.accepted);
    let status = if refused { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let key = IdempotencyKey::generate(&mut randomness::rng());
    let page = Page {
        frame: visitor::frame(session),
        idempotency_key: key.as_str().to_owned(),
        next: result.as_ref().and_then(|judgement| next_code(judgement, &token)),
        token,
        result,
    };
    render(status, &page)
}

/// How long the next code is to be waited for, where the one that was typed is used up.
fn next_code(judgement: &Judgement, token: &TokenRow) -> Option<String> {
    if !judgement.accepted && judgement.cause != "already-used" {
        return None;
    }
    // A token's clock may be a little before or behind: it is not told as sharper than it is known.
    token.next_code_in.map(|seconds| match seconds {
        0 => "Your token shows it already.".to_owned(),
        1 => "It comes within a second.".to_owned(),
        _ => format!("It comes within {seconds} seconds."),
    })
}
