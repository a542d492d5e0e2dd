//! The first factor: NPI and passphrase. Every refusal is the same page after the same work.

use askama::Template;
use axum::{
    extract::{OriginalUri, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use axum_extra::extract::cookie::CookieJar;
use oath::SerialNumber;
use registry::{DeactivationReason, Factor, SecondFactor, Session, SignInError};

use super::{
    form::Form, message, render, session_cookie, sign_in_form::SignInForm,
    visitor::HalfSignedInForm,
};
use crate::{clock, http::Site, randomness};

#[derive(Template)]
#[template(path = "sign_in.html")]
struct Page {
    refused: bool,
    signed_out: bool,
    /// Whether the token that they signed in with was given up as lost or stolen just now.
    given_up: bool,
    /// Whether a new passphrase was chosen just now.
    new_passphrase: bool,
}

pub(super) async fn page(OriginalUri(uri): OriginalUri) -> Response {
    let signed_out = uri.query() == Some("signed-out");
    let new_passphrase = uri.query() == Some("new-passphrase");
    let given_up = uri.query() == Some("given-up");
    render(StatusCode::OK, &Page { refused: false, signed_out, given_up, new_passphrase })
}

/// Where somebody goes who gave up a token as lost or stolen that they had signed in with: their session
/// has ended with it.
pub(super) fn after_giving_up(
    session: &Session,
    serial: &SerialNumber,
    reason: DeactivationReason,
) -> Option<Response> {
    let Factor::Full { by: SecondFactor::Token(by), .. } = &session.factor else { return None };
    let ended = by == serial && reason.is_loss();
    ended.then(|| Redirect::to("/sign-in?given-up").into_response())
}

pub(super) async fn submit(State(site): State<Site>, jar: CookieJar, form: Form) -> Response {
    let (npi, passphrase) = (form.text("npi"), form.text("passphrase"));
    let signed_in =
        site.registry.sign_in(npi, passphrase, clock::now(), &mut randomness::rng()).await;
    match signed_in {
        Ok(secret) => {
            let jar = jar.add(session_cookie::PRESCRIBER.of(&secret, site.https));
            (jar, Redirect::to("/sign-in/code")).into_response()
        }
        Err(SignInError::Refused) => {
            let (signed_out, given_up, new_passphrase) = (false, false, false);
            let page = Page { refused: true, signed_out, given_up, new_passphrase };
            render(StatusCode::FORBIDDEN, &page)
        }
        Err(SignInError::TooMany) => message::busy().into_response(),
        Err(SignInError::Registry(error)) => message::failed(&error).into_response(),
    }
}

/// An attempt is counted before it is judged; so it is judged although whoever sent it is gone.
pub(super) async fn submit_to_the_end(
    site: State<Site>,
    jar: CookieJar,
    SignInForm(form): SignInForm,
) -> Response {
    let judged = tokio::spawn(submit(site, jar, form)).await;
    judged.unwrap_or_else(|_| message::broken().into_response())
}

/// Ends the session, wherever in signing in it is.
pub(super) async fn sign_out(
    State(site): State<Site>,
    jar: CookieJar,
    HalfSignedInForm(session, _): HalfSignedInForm,
) -> Response {
    if let Err(error) = site.registry.sign_out(&session, clock::now()).await {
        return message::failed(&error).into_response();
    }
    (jar.add(session_cookie::PRESCRIBER.removal(site.https)), Redirect::to("/sign-in?signed-out"))
        .into_response()
}
