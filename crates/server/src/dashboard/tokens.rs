//! Manage Tokens: the account's tokens, and what can be done with each now.

use askama::Template;
use axum::{
    extract::{Query, State, rejection::QueryRejection},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use registry::{Error, Session, TokenState};
use serde::Deserialize;

use super::{
    Frame,
    loss_text::LossText,
    message, render,
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
    /// How many are good for a code, now, after a lock, or once the network knows them.
    usable: usize,
    /// The one that was added just now.
    added: Option<usize>,
    /// What was done with which just now.
    done: Option<(&'static str, usize)>,
    /// The losses of which the notice is still to be given.
    losses: Vec<(String, LossText)>,
    /// The requests that are under way; empty where there are none.
    requests: String,
}

/// Which token was added just now, or what was done with which.
#[derive(Deserialize, Default)]
pub(super) struct Arrival {
    #[serde(default)]
    added: String,
    #[serde(default)]
    done: String,
    #[serde(default)]
    token: String,
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
    let losses = match site.registry.untold_losses(&session.account.npi, now).await {
        Ok(losses) => losses.iter().map(|loss| LossText::named(loss, &tokens, now)).collect(),
        Err(error) => return message::failed(&error).into_response(),
    };
    let usable = tokens
        .iter()
        .filter(|token| {
            matches!(token.state, TokenState::PendingSync | TokenState::Active | TokenState::Locked)
        })
        .count();
    let handovers = match site.registry.handovers(&session.account.npi, now).await {
        Ok(handovers) => handovers,
        Err(error) => return message::failed(&error).into_response(),
    };
    let row = |token| TokenRow::new(token, now).moving(&handovers);
    let tokens: Vec<_> = tokens.iter().map(row).collect();
    let Query(arrival) = arrival.unwrap_or_default();
    let place = |serial: &str| tokens.iter().position(|token| token.serial == serial);
    let (added, mut done) = (place(&arrival.added), done(&arrival.done).zip(place(&arrival.token)));
    // It may have been given up in another way.
    if let Some(("moved", place)) = done
        && let Some(token) = tokens.get(place)
        && token.state == TokenState::Deactivated.name()
    {
        match was_moved(&site, &session, token).await {
            Ok(true) => {}
            Ok(false) => done = None,
            Err(error) => return message::failed(&error).into_response(),
        }
    }
    render(
        StatusCode::OK,
        &Page { frame: visitor::frame(&session), tokens, usable, added, done, losses, requests },
    )
}

async fn was_moved(site: &Site, session: &Session, token: &TokenRow) -> Result<bool, Error> {
    match token.serial.parse() {
        Ok(serial) => site.registry.was_moved(&session.account.npi, &serial).await,
        Err(_) => Ok(false),
    }
}

/// What a page of one token leads back with.
fn done(text: &str) -> Option<&'static str> {
    ["deactivated", "found", "resynchronised", "unlocked", "moved", "kept"]
        .into_iter()
        .find(|known| *known == text)
}

impl Page {
    fn added_token(&self) -> Option<&TokenRow> {
        self.tokens.get(self.added?)
    }

    fn is_added(&self, token: &TokenRow) -> bool {
        self.added_token().is_some_and(|added| added.serial == token.serial)
    }

    /// Whether a prescription could be signed now.
    fn one_signs(&self) -> bool {
        self.tokens.iter().any(|token| token.state == TokenState::Active.name())
    }

    /// What was done just now, as long as it is so still.
    fn done_in_words(&self) -> Option<(String, &'static str)> {
        let (what, place) = self.done?;
        let token = self.tokens.get(place)?;
        let name = &token.name;
        let is_back = token.can_be_lost;
        match what {
            "deactivated" if token.state == TokenState::Deactivated.name() => Some((
                format!("{name} is deactivated"),
                "Its codes never count again. If it is a hard token, send it back.",
            )),
            "moved" if token.state == TokenState::Deactivated.name() => Some((
                format!("{name} is on the new phone now"),
                "The new phone’s codes are good from now on. The token on the old phone is deactivated for good: remove it from the app there.",
            )),
            "moved" if token.is_moving => Some((
                format!("{name} is moving to the new phone"),
                "The e-prescribing network is being told of the new phone’s token, which may take up to 60 minutes. Until then the old phone’s codes are good; then the new one’s.",
            )),
            "kept" if token.in_use && !token.is_moving => Some((
                format!("{name} stays where it is"),
                "The move to a new phone is cancelled, and its link leads nowhere. Remove the token from the app on the new phone, if it is there.",
            )),
            "found" if is_back => Some((
                format!("{name} is back in use"),
                "Its codes count again. Try one with “Test a code”.",
            )),
            "unlocked" if token.can_be_tested => Some((
                format!("{name} is unlocked"),
                "Its codes are judged again. Try one with “Test a code”; if good ones are refused, choose “Resynchronise”.",
            )),
            "resynchronised" if is_back => Some((
                format!("{name} is resynchronised"),
                "Both codes are used up: its next one counts.",
            )),
            _ => None,
        }
    }
}
