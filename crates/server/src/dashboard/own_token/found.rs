//! I found it: takes a suspended token into use again.

use askama::Template;
use axum::{extract::State, http::StatusCode, response::Response};

use super::{InAddress, done, refused, token_at};
use crate::{
    clock,
    dashboard::{
        Frame,
        field_errors::FieldErrors,
        render,
        token_row::TokenRow,
        visitor::{self, SignedIn, SignedInForm},
    },
    http::Site,
};

#[derive(Template)]
#[template(path = "own_token/found.html")]
struct Page {
    frame: Frame,
    token: TokenRow,
    errors: FieldErrors,
}

pub(in crate::dashboard) async fn page(
    State(site): State<Site>,
    SignedIn(session): SignedIn,
    serial: InAddress,
) -> Result<Response, Response> {
    let (token, _) = token_at(&site, &session, serial).await?;
    let token = TokenRow::new(&token, clock::now());
    let frame = visitor::frame(&session);
    Ok(render(StatusCode::OK, &Page { frame, token, errors: FieldErrors::default() }))
}

pub(in crate::dashboard) async fn submit(
    State(site): State<Site>,
    serial: InAddress,
    SignedInForm(session, form): SignedInForm,
) -> Result<Response, Response> {
    let (token, _) = token_at(&site, &session, serial).await?;
    let mut errors = FieldErrors::default();
    if form.text("sure") == "yes" {
        match site.registry.found_own_token(&session, &token.serial, clock::now()).await {
            Ok(token) => return Ok(done("found", &token)),
            Err(error) => {
                if let Some(answer) = refused(&error, "sure", &mut errors) {
                    return Err(answer);
                }
            }
        }
    } else {
        errors.add("sure", "tick the box; if you are not sure, replace the token instead");
    }
    let token = TokenRow::new(&token, clock::now());
    let frame = visitor::frame(&session);
    Ok(render(StatusCode::UNPROCESSABLE_ENTITY, &Page { frame, token, errors }))
}
