//! Resynchronise: finds a token's clock or counter again by two codes in a row.

use askama::Template;
use axum::{extract::State, http::StatusCode, response::Response};
use oath::Code;
use registry::{OwnTokenError, Session, Token};

use super::{InAddress, done, refused, token_at};
use crate::{
    clock,
    dashboard::{
        Frame,
        field_errors::FieldErrors,
        form::Form,
        render,
        token_row::TokenRow,
        visitor::{self, SignedIn, SignedInForm},
    },
    http::Site,
};

#[derive(Template)]
#[template(path = "own_token/resynchronise.html")]
struct Page {
    frame: Frame,
    token: TokenRow,
    errors: FieldErrors,
    /// How to get the second code.
    next_code: &'static str,
    cause: &'static str,
}

pub(in crate::dashboard) async fn page(
    State(site): State<Site>,
    SignedIn(session): SignedIn,
    serial: InAddress,
) -> Result<Response, Response> {
    let (token, _) = token_at(&site, &session, serial).await?;
    Ok(show(&session, &token, "", FieldErrors::default()))
}

pub(in crate::dashboard) async fn submit(
    State(site): State<Site>,
    serial: InAddress,
    SignedInForm(session, form): SignedInForm,
) -> Result<Response, Response> {
    let (token, _) = token_at(&site, &session, serial).await?;
    let mut errors = FieldErrors::default();
    let mut cause = "";
    let (first, second) =
        (read(&form, "code", &mut errors), read(&form, "second_code", &mut errors));
    if let (Some(first), Some(second)) = (first, second) {
        let (serial, now) = (&token.serial, clock::now());
        let codes = (&first, &second);
        match site.registry.resynchronise_own_token(&session, serial, codes, now).await {
            Ok(token) => return Ok(done("resynchronised", &token)),
            Err(error) => {
                if let OwnTokenError::Refused(why) = &error {
                    cause = why.name();
                }
                if let Some(answer) = refused(&error, "code", &mut errors) {
                    return Err(answer);
                }
            }
        }
    }
    Ok(show(&session, &token, cause, errors))
}

fn read(form: &Form, field: &'static str, errors: &mut FieldErrors) -> Option<Code> {
    errors.check(field, form.text(field).parse())
}

fn show(session: &Session, token: &Token, cause: &'static str, errors: FieldErrors) -> Response {
    let status = if errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let page = Page {
        frame: visitor::frame(session),
        token: TokenRow::new(token, clock::now()),
        errors,
        next_code: if token.otp.is_event_based() {
            "Press the button again, and type what it shows then."
        } else {
            "Wait until the first one is gone, and type the one after it."
        },
        cause,
    };
    render(status, &page)
}
