//! Report lost: suspends a token at once. The passphrase alone is enough, from any device.

use askama::Template;
use axum::{
    extract::{Query, State, rejection::QueryRejection},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use oath::SerialNumber;
use registry::{Session, Token, TokenState};
use serde::Deserialize;

use super::refused;
use crate::{
    clock,
    dashboard::{
        Frame,
        field_errors::FieldErrors,
        loss_text::LossText,
        message, render,
        token_row::TokenRow,
        visitor::{self, HalfSignedIn, HalfSignedInForm},
    },
    http::Site,
};

#[derive(Template)]
#[template(path = "own_token/lost.html")]
struct Page {
    frame: Frame,
    /// Whether both factors were given, so that the other pages are open.
    is_full: bool,
    errors: FieldErrors,
    /// Serial number and name of each token that can be reported.
    tokens: Vec<(String, String)>,
    chosen: String,
    /// The one that was reported just now.
    reported: Option<(TokenRow, LossText)>,
}

/// Which token is meant, or was reported just now.
#[derive(Deserialize, Default)]
pub(in crate::dashboard) struct Asked {
    #[serde(default)]
    token: String,
    #[serde(default)]
    done: String,
}

pub(in crate::dashboard) async fn page(
    State(site): State<Site>,
    HalfSignedIn(session): HalfSignedIn,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Response {
    let Query(asked) = asked.unwrap_or_default();
    show(&site, &session, &asked, FieldErrors::default()).await
}

pub(in crate::dashboard) async fn submit(
    State(site): State<Site>,
    HalfSignedInForm(session, form): HalfSignedInForm,
) -> Response {
    let mut errors = FieldErrors::default();
    let chosen = form.text("token");
    match chosen.parse::<SerialNumber>() {
        Err(_) => errors.add("token", "choose the token that is lost"),
        Ok(serial) => {
            let now = clock::now();
            match site.registry.report_own_token_lost(&session, &serial, now).await {
                Ok(token) => {
                    let next = format!("/lost?done={}", token.serial.as_str());
                    return Redirect::to(&next).into_response();
                }
                Err(error) => {
                    if let Some(answer) = refused(&error, "token", &mut errors) {
                        return answer;
                    }
                }
            }
        }
    }
    let asked = Asked { token: chosen.to_owned(), done: String::new() };
    show(&site, &session, &asked, errors).await
}

async fn show(site: &Site, session: &Session, asked: &Asked, errors: FieldErrors) -> Response {
    let now = clock::now();
    let tokens = match site.registry.tokens(&session.account.npi, now).await {
        Ok(tokens) => tokens,
        Err(error) => return message::failed(&error).into_response(),
    };
    let rows = || tokens.iter().map(|token| (token, TokenRow::new(token, now)));
    let is_reported =
        |token: &Token| token.serial.as_str() == asked.done && token.state == TokenState::Suspended;
    let can_be_lost = rows().filter(|(_, row)| row.can_be_lost);
    let status = if errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let reported = match tokens.iter().find(|token| is_reported(token)) {
        Some(token) => match site.registry.own_loss(session, &token.serial, now).await {
            Ok(story) => {
                story.map(|story| (TokenRow::new(token, now), LossText::new(&story.loss, now)))
            }
            Err(error) => return message::failed(&error).into_response(),
        },
        None => None,
    };
    let page = Page {
        frame: visitor::frame(session),
        is_full: session.is_full(),
        errors,
        tokens: to_choose(can_be_lost.map(|(_, row)| row)),
        chosen: asked.token.clone(),
        reported,
    };
    render(status, &page)
}

/// The tokens to choose from; where there are several, none is chosen to begin with.
fn to_choose(rows: impl Iterator<Item = TokenRow>) -> Vec<(String, String)> {
    let mut tokens: Vec<_> =
        rows.map(|row| (row.serial, format!("{}, {}", row.name, row.serial_shown))).collect();
    if tokens.len() > 1 {
        tokens.insert(0, (String::new(), "Choose the token".to_owned()));
    }
    tokens
}
