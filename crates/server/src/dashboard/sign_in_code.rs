//! The second factor: the confirmation code of an activation, or a code of a token.

use askama::Template;
use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use axum_extra::extract::cookie::CookieJar;
use oath::{Code, SerialNumber};
use registry::{ConfirmError, ConfirmationCode, Error, Session, VerifyError};

use super::{
    Frame,
    field_errors::sentence,
    form::{Form, shown_again},
    message, render, session_cookie,
    visitor::{self, HalfSignedIn, HalfSignedInForm},
};
use crate::{clock, http::Site};

#[derive(Template)]
#[template(path = "sign_in_code.html")]
struct Page {
    frame: Frame,
    /// Serial number and name of each token that a code can be of.
    tokens: Vec<(String, String)>,
    chosen: String,
    error: Option<String>,
    cause: &'static str,
    no_error: Option<&'static str>,
}

pub(super) async fn page(
    State(site): State<Site>,
    HalfSignedIn(session): HalfSignedIn,
) -> Response {
    if session.is_full() {
        return Redirect::to("/tokens").into_response();
    }
    show(&site, &session, String::new(), None).await
}

pub(super) async fn submit(
    State(site): State<Site>,
    jar: CookieJar,
    HalfSignedInForm(session, form): HalfSignedInForm,
) -> Response {
    let on_to_tokens = || Redirect::to("/tokens").into_response();
    if session.is_full() {
        return on_to_tokens();
    }
    match judge(&site, &session, &form).await {
        Ok(()) => on_to_tokens(),
        Err(Refusal::Failed(error)) => message::failed(&error).into_response(),
        // Sent twice at once: the other one was accepted, and this one is its repetition.
        Err(_) if is_full_by_now(&site, &jar).await => on_to_tokens(),
        Err(Refusal::Explained { text, cause }) => {
            let chosen = shown_again(form.text("token"));
            show(&site, &session, chosen, Some((sentence(&text), cause))).await
        }
    }
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

async fn judge(site: &Site, session: &Session, form: &Form) -> Result<(), Refusal> {
    let text = form.text("code");
    if tokens(site, session).await.map_err(Refusal::Failed)?.is_empty() {
        let code: ConfirmationCode = text.parse().map_err(|error| Refusal::malformed(&error))?;
        return site.registry.confirm(session, &code, clock::now()).await.map_err(not_confirmed);
    }
    let code: Code = text.parse().map_err(|error| Refusal::malformed(&error))?;
    let serial: Option<SerialNumber> = form.text("token").parse().ok();
    let judged =
        site.registry.confirm_with_code(session, serial.as_ref(), &code, clock::now()).await;
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

async fn is_full_by_now(site: &Site, jar: &CookieJar) -> bool {
    let Some(secret) = session_cookie::read(jar, site.https) else { return false };
    let session = site.registry.session(&secret, clock::now()).await;
    session.is_ok_and(|session| session.is_full())
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
    chosen: String,
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
        tokens,
        chosen,
        error,
        cause: cause.unwrap_or_default(),
        no_error: None,
    };
    render(status, &page)
}
