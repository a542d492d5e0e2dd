//! Unlock: ends a token's lock before its time, by a sign-in with another one.

use askama::Template;
use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use registry::{
    Error, Handover, HandoverStage, OwnTokenError, Session, Token, TokenState,
    rules::{lock::FAILURES_FOR_GOOD, owning::check_other_token},
};

use super::{InAddress, done, refused, token_at};
use crate::{
    clock,
    dashboard::{
        Frame,
        field_errors::FieldErrors,
        message, render,
        token_row::TokenRow,
        visitor::{self, SignedIn, SignedInForm},
    },
    http::Site,
};

/// When only the help desk unlocks.
const FOR_GOOD: &str = "this lock does not end by itself, after a hundred wrong codes in a row: only the help desk unlocks this token";

#[derive(Template)]
#[template(path = "own_token/unlock.html")]
struct Page {
    frame: Frame,
    token: TokenRow,
    /// Wrong codes in a row, so far.
    wrong: u32,
    /// After so many nobody but the help desk unlocks.
    most: u32,
    /// The token whose move to this one is done by unlocking.
    moved_from: Option<String>,
    /// Whether there is a button: not by a sign-in that is not enough.
    is_open: bool,
    errors: FieldErrors,
}

pub(in crate::dashboard) async fn page(
    State(site): State<Site>,
    SignedIn(session): SignedIn,
    serial: InAddress,
) -> Result<Response, Response> {
    let (token, _) = token_at(&site, &session, serial).await?;
    if token.state != TokenState::Locked {
        return Ok(Redirect::to("/tokens").into_response());
    }
    let mut errors = FieldErrors::default();
    if let Some(why) = why_not(&session, &token) {
        errors.add("", &why);
    }
    show(&site, &session, &token, errors).await
}

pub(in crate::dashboard) async fn submit(
    State(site): State<Site>,
    serial: InAddress,
    SignedInForm(session, _): SignedInForm,
) -> Result<Response, Response> {
    let (token, _) = token_at(&site, &session, serial).await?;
    let mut errors = FieldErrors::default();
    match site.registry.unlock_own_token(&session, &token.serial, clock::now()).await {
        Ok(token) => return Ok(done("unlocked", &token)),
        Err(OwnTokenError::Registry(Error::NotPossible(TokenState::Locked))) => {
            errors.add("", FOR_GOOD);
        }
        Err(error) => {
            if let Some(answer) = refused(&error, "", &mut errors) {
                return Err(answer);
            }
        }
    }
    show(&site, &session, &token, errors).await
}

/// Why this sign-in cannot unlock this token now.
fn why_not(session: &Session, token: &Token) -> Option<String> {
    let now = clock::now();
    if token.locked_until(now).is_none() {
        return Some(FOR_GOOD.to_owned());
    }
    if !session.is_fresh(now) {
        return Some(OwnTokenError::NotFresh.to_string());
    }
    check_other_token(&session.factor, &token.serial).err().map(|error| error.to_string())
}

async fn show(
    site: &Site,
    session: &Session,
    token: &Token,
    errors: FieldErrors,
) -> Result<Response, Response> {
    let now = clock::now();
    let handovers = site.registry.handovers(&session.account.npi, now).await;
    let handovers = handovers.map_err(|error| message::failed(&error).into_response())?;
    let to_it = |found: &&Handover| {
        found.to.as_ref() == Some(&token.serial) && found.stage == HandoverStage::Locked
    };
    let status = if errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let page = Page {
        frame: visitor::frame(session),
        token: TokenRow::new(token, now),
        wrong: token.failures,
        most: FAILURES_FOR_GOOD,
        moved_from: handovers.iter().find(to_it).map(|found| found.from.to_string()),
        is_open: why_not(session, token).is_none(),
        errors,
    };
    Ok(render(status, &page))
}
