//! An administrator's first factor: name and passphrase. Every refusal is the same page after the
//! same work.

use askama::Template;
use axum::{
    extract::{OriginalUri, Request, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use axum_extra::extract::cookie::CookieJar;
use registry::SignInError;

use super::visitor::{HalfAdministering, failed, own_form};
use crate::{
    clock,
    dashboard::{
        form::Form,
        message::{self, Message},
        render, session_cookie,
        sign_in_form::SignInForm,
    },
    http::Site,
    randomness,
};

#[derive(Template)]
#[template(path = "admin/sign_in.html")]
struct Page {
    refused: bool,
    signed_out: bool,
}

pub(super) async fn page(OriginalUri(uri): OriginalUri) -> Response {
    let signed_out = uri.query() == Some("signed-out");
    render(StatusCode::OK, &Page { refused: false, signed_out })
}

/// An attempt is counted before it is judged; so it is judged although whoever sent it is gone.
pub(super) async fn submit_to_the_end(
    State(site): State<Site>,
    jar: CookieJar,
    form: Result<SignInForm, Message>,
) -> Response {
    let form = match form {
        Ok(SignInForm(form)) => form,
        Err(message) => return message.for_administrator().into_response(),
    };
    let judged = tokio::spawn(submit(site, jar, form)).await;
    judged.unwrap_or_else(|_| message::broken().for_administrator().into_response())
}

async fn submit(site: Site, jar: CookieJar, form: Form) -> Response {
    let (name, passphrase) = (form.text("name"), form.text("passphrase"));
    let now = clock::now();
    let mut rng = randomness::rng();
    match site.registry.sign_in_administrator(name, passphrase, now, &mut rng).await {
        Ok(secret) => {
            let jar = jar.add(session_cookie::ADMINISTRATOR.of(&secret, site.https));
            (jar, Redirect::to("/admin/sign-in/code")).into_response()
        }
        Err(SignInError::Refused) => {
            render(StatusCode::FORBIDDEN, &Page { refused: true, signed_out: false })
        }
        Err(SignInError::TooMany) => message::busy().for_administrator().into_response(),
        Err(SignInError::Registry(error)) => failed(&error),
    }
}

/// Ends the session, wherever in signing in it is.
pub(super) async fn sign_out(
    State(site): State<Site>,
    jar: CookieJar,
    HalfAdministering(session): HalfAdministering,
    request: Request,
) -> Result<Response, Response> {
    own_form(&session, request, &site).await?;
    let ended = site.registry.sign_out_administrator(&session, clock::now()).await;
    ended.map_err(|error| failed(&error))?;
    let jar = jar.add(session_cookie::ADMINISTRATOR.removal(site.https));
    Ok((jar, Redirect::to("/admin/sign-in?signed-out")).into_response())
}
