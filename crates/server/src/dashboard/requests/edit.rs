//! Edit: mail and address of a request that waits in the queue.

use askama::Template;
use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use oath::TokenType;
use registry::{RequestError, RequestState, Session, TokenRequest};

use super::{
    InAddress, field_of,
    fields::{ADDRESS, Fields, read_address, read_mail},
    request_at,
    request_row::in_words,
};
use crate::{
    clock,
    dashboard::{
        Frame,
        field_errors::FieldErrors,
        message, render,
        visitor::{self, SignedIn, SignedInForm},
    },
    http::Site,
};

#[derive(Template)]
#[template(path = "requests/edit.html")]
struct Page {
    frame: Frame,
    id: String,
    id_shown: String,
    token_type: &'static str,
    is_hard: bool,
    errors: FieldErrors,
    fields: Fields,
}

pub(super) async fn page(
    State(site): State<Site>,
    SignedIn(session): SignedIn,
    id: InAddress,
) -> Result<Response, Response> {
    let request = request_at(&site, &session, id).await?;
    if request.state != RequestState::Requested {
        // Its own panel says what can be done with it.
        return Ok(Redirect::to("/requests").into_response());
    }
    let fields = Fields::of_request(&request);
    Ok(show(&session, &request, fields, FieldErrors::default()))
}

pub(super) async fn submit(
    State(site): State<Site>,
    id: InAddress,
    SignedInForm(session, form): SignedInForm,
) -> Result<Response, Response> {
    let request = request_at(&site, &session, id).await?;
    let mut errors = FieldErrors::default();
    let mail = read_mail(&form, &mut errors);
    let address = match request.token_type {
        TokenType::Hard => read_address(&form, &mut errors),
        TokenType::Soft => None,
    };
    errors.sort(&[&["mail"], &ADDRESS[..]].concat());
    if let (Some(mail), true) = (mail, errors.is_empty()) {
        let now = clock::now();
        let edited =
            site.registry.edit_request(&session, request.id, &mail, address.as_ref(), now).await;
        match edited {
            Ok(_) => {
                let next = format!("/requests?edited={}", request.id.as_str());
                return Ok(Redirect::to(&next).into_response());
            }
            Err(RequestError::Registry(error)) => {
                return Err(message::failed(&error).into_response());
            }
            Err(error) => errors.add(field_of(&error), &error.to_string()),
        }
    }
    Ok(show(&session, &request, Fields::of_form(&form), errors))
}

fn show(
    session: &Session,
    request: &TokenRequest,
    fields: Fields,
    errors: FieldErrors,
) -> Response {
    let status = if errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let page = Page {
        frame: visitor::frame(session),
        id: request.id.as_str().to_owned(),
        id_shown: request.id.to_string(),
        token_type: in_words(request.token_type),
        is_hard: request.token_type == TokenType::Hard,
        errors,
        fields,
    };
    render(status, &page)
}
