//! Cancel: gives a request up, once it is said that this is meant.

use askama::Template;
use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use oath::TokenType;
use registry::{RequestError, RequestState, RequestedBy, Session, TokenRequest};

use super::{InAddress, request_at, request_row::in_words};
use crate::{
    clock,
    dashboard::{
        Frame,
        field_errors::sentence,
        message, render,
        visitor::{self, SignedIn, SignedInForm},
    },
    http::Site,
};

#[derive(Template)]
#[template(path = "requests/cancel.html")]
struct Page {
    frame: Frame,
    id: String,
    id_shown: String,
    token_type: &'static str,
    /// What is lost by it.
    lost: &'static str,
    error: Option<String>,
}

pub(super) async fn page(
    State(site): State<Site>,
    SignedIn(session): SignedIn,
    id: InAddress,
) -> Result<Response, Response> {
    let request = request_at(&site, &session, id).await?;
    if !request.state.is_open() {
        return Ok(Redirect::to("/requests").into_response());
    }
    Ok(show(&session, &request, None))
}

pub(super) async fn submit(
    State(site): State<Site>,
    id: InAddress,
    SignedInForm(session, form): SignedInForm,
) -> Result<Response, Response> {
    let request = request_at(&site, &session, id).await?;
    if form.text("sure") != "yes" {
        let error = "Tick the box to say that you mean to cancel this request.".to_owned();
        return Ok(show(&session, &request, Some(error)));
    }
    let by = RequestedBy::Session(&session);
    match site.registry.cancel_request(by, request.id, clock::now()).await {
        Ok(_) => {
            let next = format!("/requests?cancelled={}", request.id.as_str());
            Ok(Redirect::to(&next).into_response())
        }
        Err(RequestError::Registry(error)) => Err(message::failed(&error).into_response()),
        Err(error) => Ok(show(&session, &request, Some(sentence(&error.to_string())))),
    }
}

fn show(session: &Session, request: &TokenRequest, error: Option<String>) -> Response {
    let status = if error.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let lost = match (request.state, request.token_type) {
        (RequestState::Shipped, _) => {
            "The token is on its way already. The link in its mail will lead nowhere. When the token reaches you, send it back."
        }
        (RequestState::Processed, TokenType::Soft) => {
            "The link in the activation mail will lead nowhere, and a token that was set up with it cannot be added any more."
        }
        _ => "No token will be sent to you. You can make a new request at any time.",
    };
    let page = Page {
        frame: visitor::frame(session),
        id: request.id.as_str().to_owned(),
        id_shown: request.id.to_string(),
        token_type: in_words(request.token_type),
        lost,
        error,
    };
    render(status, &page)
}
