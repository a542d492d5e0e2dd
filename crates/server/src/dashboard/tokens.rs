//! The account's tokens.

use askama::Template;
use axum::{
    extract::{Query, State, rejection::QueryRejection},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use registry::TokenState;
use serde::Deserialize;

use super::{
    Frame, message, render,
    requests::open_in_words,
    token_row::TokenRow,
    visitor::{self, SignedIn},
};
use crate::{clock, http::Site};

#[derive(Template)]
#[template(path = "tokens.html")]
struct Page {
    frame: Frame,
    tokens: Vec<TokenRow>,
    /// How many are good for a code, now or after a lock.
    usable: usize,
    /// The one that was added just now.
    added: Option<usize>,
    /// The requests that are under way; empty where there are none.
    requests: String,
}

/// Which token was added just now.
#[derive(Deserialize, Default)]
pub(super) struct Arrival {
    #[serde(default)]
    added: String,
}

pub(super) async fn page(
    State(site): State<Site>,
    SignedIn(session): SignedIn,
    arrival: Result<Query<Arrival>, QueryRejection>,
) -> Response {
    let now = clock::now();
    let tokens = match site.registry.tokens(&session.account.npi, now).await {
        Ok(tokens) => tokens,
        Err(error) => return message::failed(&error).into_response(),
    };
    let requests = match site.registry.requests(&session.account.npi).await {
        Ok(requests) => open_in_words(&requests),
        Err(error) => return message::failed(&error).into_response(),
    };
    let usable = tokens
        .iter()
        .filter(|token| matches!(token.state, TokenState::Active | TokenState::Locked))
        .count();
    let tokens: Vec<_> = tokens.iter().map(|token| TokenRow::new(token, now)).collect();
    let added = arrival.map(|Query(arrival)| arrival.added).unwrap_or_default();
    let added = tokens.iter().position(|token| token.serial == added);
    render(
        StatusCode::OK,
        &Page { frame: visitor::frame(&session), tokens, usable, added, requests },
    )
}

impl Page {
    fn added_token(&self) -> Option<&TokenRow> {
        self.tokens.get(self.added?)
    }
}
