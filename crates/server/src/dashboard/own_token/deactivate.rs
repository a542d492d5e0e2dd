//! Deactivate this Token: for good, with a reason, and with what follows from it said first.

use askama::Template;
use axum::{extract::State, http::StatusCode, response::Response};
use oath::TokenType;
use registry::{
    Deactivation, DeactivationReason, OwnTokenError, Remaining, Session, Token, TokenState,
    rules::owning::remaining,
};

use super::{InAddress, done, refused, token_at};
use crate::{
    clock,
    dashboard::{
        Frame,
        field_errors::FieldErrors,
        form::Form,
        render,
        requests::in_words,
        sign_in::after_giving_up,
        token_row::TokenRow,
        visitor::{self, SignedIn, SignedInForm},
    },
    http::Site,
};

#[derive(Template)]
#[template(path = "own_token/deactivate.html")]
struct Page {
    frame: Frame,
    token: TokenRow,
    errors: FieldErrors,
    reasons: Vec<(&'static str, &'static str)>,
    reason: &'static str,
    is_hard: bool,
    return_address: String,
    /// Whether it is the account's last token.
    is_last: bool,
    /// What the account is left with.
    remaining: String,
}

pub(in crate::dashboard) async fn page(
    State(site): State<Site>,
    SignedIn(session): SignedIn,
    serial: InAddress,
) -> Result<Response, Response> {
    let (token, all) = token_at(&site, &session, serial).await?;
    if token.state == TokenState::Deactivated {
        return Ok(done("deactivated", &token));
    }
    Ok(show(&site, &session, (&token, &all), None, FieldErrors::default()))
}

pub(in crate::dashboard) async fn submit(
    State(site): State<Site>,
    serial: InAddress,
    SignedInForm(session, form): SignedInForm,
) -> Result<Response, Response> {
    let (token, all) = token_at(&site, &session, serial).await?;
    let mut errors = FieldErrors::default();
    let reason = reason(&form);
    if reason.is_none() {
        errors.add("reason", "choose why the token is deactivated");
    }
    if form.text("deactivate") != "yes" {
        errors.add("deactivate", "tick the box: a deactivated token stays so");
    }
    if let Some(reason) = reason.filter(|_| errors.is_empty()) {
        let form = Deactivation { reason, last_one_meant: form.text("last") == "yes" };
        let (serial, now) = (&token.serial, clock::now());
        match site.registry.deactivate_own_token(&session, serial, form, now).await {
            Ok(token) => {
                let ended = after_giving_up(&session, &token.serial, reason);
                return Ok(ended.unwrap_or_else(|| done("deactivated", &token)));
            }
            Err(error) => {
                let field = if error == OwnTokenError::OtherReason { "reason" } else { "last" };
                if let Some(answer) = refused(&error, field, &mut errors) {
                    return Err(answer);
                }
            }
        }
    }
    Ok(show(&site, &session, (&token, &all), reason, errors))
}

fn reason(form: &Form) -> Option<DeactivationReason> {
    let chosen = form.text("reason");
    DeactivationReason::ALL.iter().copied().find(|reason| reason.name() == chosen)
}

fn show(
    site: &Site,
    session: &Session,
    (token, all): (&Token, &[Token]),
    reason: Option<DeactivationReason>,
    errors: FieldErrors,
) -> Response {
    let now = clock::now();
    let remaining = remaining(all, token, now);
    let fitting = DeactivationReason::ALL.iter().filter(|reason| reason.fits(token.token_type));
    let status = if errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let page = Page {
        frame: visitor::frame(session),
        token: TokenRow::new(token, now),
        errors,
        reasons: fitting.map(|reason| (reason.name(), in_words(*reason))).collect(),
        reason: reason.map_or("", DeactivationReason::name),
        is_hard: token.token_type == TokenType::Hard,
        return_address: site.return_address.clone(),
        is_last: remaining == Remaining::None,
        remaining: remaining.text(),
    };
    render(status, &page)
}
