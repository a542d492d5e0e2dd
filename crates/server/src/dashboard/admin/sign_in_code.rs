//! An administrator's second factor: a code of their token. Asked again where a change needs a fresh
//! one.

use askama::Template;
use axum::{
    extract::{Query, Request, State, rejection::QueryRejection},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use axum_extra::extract::cookie::CookieJar;
use oath::Code;
use registry::{AdministratorSession, Error, IdempotencyKey, SessionSecret, VerifyError};
use serde::Deserialize;

use super::visitor::{HalfAdministering, failed, to_sign_in};
use crate::{
    clock,
    dashboard::{field_errors::sentence, form::Form, message, render, session_cookie},
    http::Site,
    randomness,
};

/// The most bytes of the form.
const MAX_LENGTH: usize = 1024 * 1024;

#[derive(Template)]
#[template(path = "admin/sign_in_code.html")]
struct Page {
    name: String,
    csrf: String,
    idempotency_key: String,
    next: String,
    /// Whether the session is full, and a change needs a fresh code.
    again: bool,
    error: Option<String>,
    cause: &'static str,
}

/// Where to go with the code.
#[derive(Deserialize, Default)]
pub(super) struct Onward {
    #[serde(default)]
    next: String,
}

pub(super) async fn page(
    HalfAdministering(session): HalfAdministering,
    onward: Result<Query<Onward>, QueryRejection>,
) -> Response {
    let next = own_page(&onward.map(|Query(onward)| onward.next).unwrap_or_default());
    if session.is_fresh(clock::now()) {
        return Redirect::to(&next).into_response();
    }
    show(&session, next, None)
}

/// An address of an administrator's page; the overview in place of any other.
fn own_page(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/-_".contains(&byte);
    let own = text.starts_with("/admin/") && !text.contains("//") && text.bytes().all(plain);
    if own { text.to_owned() } else { "/admin".to_owned() }
}

/// Takes the code. A form that was sent twice gets the same answer twice: the second one still has
/// the session's old secret, and is given the new one again.
pub(super) async fn submit(
    State(site): State<Site>,
    jar: CookieJar,
    request: Request,
) -> Result<Response, Response> {
    let secret = session_cookie::ADMINISTRATOR.read(&jar, site.https).ok_or_else(to_sign_in)?;
    let session = site.registry.administrator_session(&secret, clock::now()).await;
    let form = Form::read(request, MAX_LENGTH)
        .await
        .map_err(|message| message.for_administrator().into_response())?;
    let next = own_page(form.text("next"));
    let submit = form.text("idempotency_key").parse();
    let submit = submit.unwrap_or_else(|_| IdempotencyKey::generate(&mut randomness::rng()));
    let session = match session {
        Ok(session) => session,
        Err(Error::SessionEnded) => {
            let now = clock::now();
            let renewed = site.registry.administrator_renewed_by(&secret, &submit, now).await;
            let renewed = renewed.map_err(|error| failed(&error))?.ok_or_else(to_sign_in)?;
            return Ok(go_on(&site, jar, &renewed, &next));
        }
        Err(error) => return Err(failed(&error)),
    };
    if !session.csrf.matches(form.text("csrf")) {
        return Err(message::stale_form().for_administrator().into_response());
    }
    let session = session.submitted_as(submit.clone());
    let (text, cause) = match judge(&site, &session, &form).await {
        Ok(secret) => return Ok(go_on(&site, jar, &secret, &next)),
        Err(Refusal::Explained { text, cause }) => (text, cause),
        Err(Refusal::Failed(error)) => return Err(failed(&error)),
    };
    // Sent twice at once: the other one was accepted, and this one is its repetition.
    let renewed = site.registry.administrator_renewed_by(&secret, &submit, clock::now()).await;
    match renewed.map_err(|error| failed(&error))? {
        Some(renewed) => Ok(go_on(&site, jar, &renewed, &next)),
        None => Ok(show(&session, next, Some((sentence(&text), cause)))),
    }
}

fn go_on(site: &Site, jar: CookieJar, secret: &SessionSecret, next: &str) -> Response {
    (jar.add(session_cookie::ADMINISTRATOR.of(secret, site.https)), Redirect::to(next))
        .into_response()
}

/// Why a code was not accepted.
enum Refusal {
    Explained { text: String, cause: &'static str },
    Failed(Error),
}

async fn judge(
    site: &Site,
    session: &AdministratorSession,
    form: &Form,
) -> Result<SessionSecret, Refusal> {
    let code: Code = form.text("code").parse().map_err(|error: oath::Error| {
        Refusal::Explained { text: error.to_string(), cause: "malformed" }
    })?;
    let judged = site.registry.confirm_administrator(session, &code, clock::now()).await;
    judged.map_err(|error| match error {
        VerifyError::Registry(error) => Refusal::Failed(error),
        VerifyError::Refused(why) => {
            Refusal::Explained { text: why.to_string(), cause: why.name() }
        }
        other => Refusal::Explained { text: other.to_string(), cause: "" },
    })
}

fn show(
    session: &AdministratorSession,
    next: String,
    refusal: Option<(String, &'static str)>,
) -> Response {
    let status = if refusal.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let (error, cause) = refusal.unzip();
    let page = Page {
        name: session.administrator.name.to_string(),
        csrf: session.csrf.expose_text().to_owned(),
        idempotency_key: IdempotencyKey::generate(&mut randomness::rng()).as_str().to_owned(),
        next,
        again: session.is_full(),
        error,
        cause: cause.unwrap_or_default(),
    };
    render(status, &page)
}

#[cfg(test)]
mod tests {
    use super::own_page;

    #[test]
    fn one_goes_on_to_an_own_page_only() {
        assert_eq!(own_page("/admin/tokens/CSST4F7K92MQ"), "/admin/tokens/CSST4F7K92MQ");
        for elsewhere in [
            "",
            "/tokens",
            "//evil.example",
            "/admin//evil.example",
            "/admin/../tokens",
            "/adminevil",
            "https://evil.example/admin/",
            "/admin/x\r\nset-cookie: a=b",
        ] {
            assert_eq!(own_page(elsewhere), "/admin", "{elsewhere:?}");
        }
    }
}
