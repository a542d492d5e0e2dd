//! How a token's clock or counter went, and what is to be expected of it.

use askama::Template;
use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};

use super::{InAddress, token_at};
use crate::{
    clock,
    dashboard::{
        Frame,
        drift_text::DriftText,
        message, render,
        token_row::TokenRow,
        visitor::{self, SignedIn},
    },
    http::Site,
};

#[derive(Template)]
#[template(path = "own_token/drift.html")]
struct Page {
    frame: Frame,
    token: TokenRow,
    drift: DriftText,
}

pub(in crate::dashboard) async fn page(
    State(site): State<Site>,
    SignedIn(session): SignedIn,
    serial: InAddress,
) -> Result<Response, Response> {
    let (token, _) = token_at(&site, &session, serial).await?;
    let now = clock::now();
    let history = site.registry.drift_history(&token, now).await;
    let history = history.map_err(|error| message::failed(&error).into_response())?;
    let page = Page {
        frame: visitor::frame(&session),
        drift: DriftText::new(&history, &token, now),
        token: TokenRow::new(&token, now),
    };
    Ok(render(StatusCode::OK, &page))
}
