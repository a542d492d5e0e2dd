//! Replace Token: deactivates one and requests another of its type, in one step after a review.
//! Sent twice, it answers the same twice.

use askama::Template;
use axum::{
    extract::{Path, State, rejection::PathRejection},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use oath::{SerialNumber, TokenType};
use registry::{
    DeactivationReason, Error, IdempotencyKey, Remaining, Replacement, RequestError, RequestedBy,
    Session, Token, TokenState, rules::owning::remaining,
};

use super::{
    Step, field_of,
    fields::{ADDRESS, Fields, read_address, read_mail},
};
use crate::{
    clock,
    dashboard::{
        Frame,
        field_errors::FieldErrors,
        form::Form,
        message, render,
        sign_in::after_giving_up,
        token_row::TokenRow,
        visitor::{self, SignedIn, SignedInForm},
    },
    http::Site,
    randomness,
};

#[derive(Template)]
#[template(path = "requests/replace.html")]
struct Page {
    about: About,
    frame: Frame,
    idempotency_key: String,
    errors: FieldErrors,
    fields: Fields,
    reasons: Vec<(&'static str, &'static str)>,
    reason: &'static str,
}

#[derive(Template)]
#[template(path = "requests/replace_review.html")]
struct Review {
    about: About,
    frame: Frame,
    idempotency_key: String,
    fields: Fields,
    reason: &'static str,
    reason_in_words: &'static str,
    address: Vec<String>,
}

/// The token, and what follows from giving it up.
struct About {
    token: TokenRow,
    is_hard: bool,
    is_last: bool,
    return_address: String,
}

type InAddress = Result<Path<SerialNumber>, PathRejection>;

pub(super) async fn page(
    State(site): State<Site>,
    SignedIn(session): SignedIn,
    serial: InAddress,
) -> Result<Response, Response> {
    let (token, about) = token_at(&site, &session, serial).await?;
    if token.state == TokenState::Deactivated {
        return Ok(Redirect::to("/tokens").into_response());
    }
    let key = IdempotencyKey::generate(&mut randomness::rng());
    let fields = Fields::of_account(&session.account);
    Ok(show(&session, &key, about, (&token, ""), fields, FieldErrors::default()))
}

pub(super) async fn submit(
    State(site): State<Site>,
    serial: InAddress,
    SignedInForm(session, form): SignedInForm,
) -> Result<Response, Response> {
    let Ok(key) = form.text("idempotency_key").parse::<IdempotencyKey>() else {
        return Err(message::stale_form().into_response());
    };
    let (token, about) = token_at(&site, &session, serial).await?;
    let mut errors = FieldErrors::default();
    let step = Step::of(form.text("step"));
    if step != Step::Change
        && let Some(replacement) = read(&form, &token, &about, &key, &mut errors)
    {
        if step == Step::Review {
            return Ok(review(&session, about, &replacement));
        }
        let (by, now) = (RequestedBy::Session(&session), clock::now());
        match site.registry.replace_token(by, &replacement, now, &mut randomness::rng()).await {
            Ok(made) => {
                if let Some(ended) = after_giving_up(&session, &token.serial, replacement.reason) {
                    return Ok(ended);
                }
                let next = format!("/requests?made={}", made.id.as_str());
                return Ok(Redirect::to(&next).into_response());
            }
            // Perhaps by the other of two submits, with which the token was given up.
            Err(RequestError::Registry(Error::SessionEnded)) => {
                return Err(Redirect::to("/sign-in").into_response());
            }
            Err(RequestError::Registry(error)) => {
                return Err(message::failed(&error).into_response());
            }
            Err(error) => errors.add(field_of(&error), &error.to_string()),
        }
    }
    let reason = reason(&form).map_or("", DeactivationReason::name);
    Ok(show(&session, &key, about, (&token, reason), Fields::of_form(&form), errors))
}

/// The session's own token at an address.
async fn token_at(
    site: &Site,
    session: &Session,
    serial: InAddress,
) -> Result<(Token, About), Response> {
    let not_found = || message::not_found().into_response();
    let Path(serial) = serial.map_err(|_| not_found())?;
    let now = clock::now();
    let tokens = site.registry.tokens(&session.account.npi, now).await;
    let tokens = tokens.map_err(|error| message::failed(&error).into_response())?;
    let token = tokens.iter().find(|token| token.serial == serial).ok_or_else(not_found)?;
    let about = About {
        token: TokenRow::new(token, now),
        is_hard: token.token_type == TokenType::Hard,
        is_last: remaining(&tokens, token, now) == Remaining::None,
        return_address: site.return_address.clone(),
    };
    Ok((token.clone(), about))
}

/// What is to be done, or a note at each field that says why it cannot be.
fn read(
    form: &Form,
    token: &Token,
    about: &About,
    key: &IdempotencyKey,
    errors: &mut FieldErrors,
) -> Option<Replacement> {
    let reason = reason(form).filter(|reason| reason.fits(token.token_type));
    if reason.is_none() {
        errors.add("reason", "choose why the token is replaced");
    }
    if form.text("deactivate") != "yes" {
        errors.add("deactivate", "tick the box: a token is deactivated when it is replaced");
    }
    let last_one_meant = form.text("last") == "yes";
    // What was done already is answered the same, though the token is the last no longer.
    if about.is_last && !last_one_meant && token.state != TokenState::Deactivated {
        errors.add("last", "tick the box to say that you have read what follows");
    }
    let mail = read_mail(form, errors);
    let address = if about.is_hard { read_address(form, errors).map(Some) } else { Some(None) };
    errors.sort(&[&["reason", "deactivate", "last", "mail"], &ADDRESS[..]].concat());
    if !errors.is_empty() {
        return None;
    }
    Some(Replacement {
        serial: token.serial.clone(),
        reason: reason?,
        last_one_meant,
        mail: mail?,
        address: address?,
        idempotency_key: key.clone(),
    })
}

fn reason(form: &Form) -> Option<DeactivationReason> {
    let chosen = form.text("reason");
    DeactivationReason::ALL.iter().copied().find(|reason| reason.name() == chosen)
}

/// A reason as a form offers it.
pub(in crate::dashboard) const fn in_words(reason: DeactivationReason) -> &'static str {
    match reason {
        DeactivationReason::Lost => "Lost Token: I cannot find it",
        DeactivationReason::Stolen => {
            "Stolen Token: it was taken, or somebody else may have used it"
        }
        DeactivationReason::Faulty => "Faulty Token: it shows no codes, or wrong ones",
        DeactivationReason::Uninstalled => {
            "Uninstalled: the app was removed, or I have a new device"
        }
        DeactivationReason::NotNeeded => "Not needed any more",
    }
}

fn reasons(token_type: TokenType) -> Vec<(&'static str, &'static str)> {
    DeactivationReason::ALL
        .iter()
        .filter(|reason| reason.fits(token_type) && **reason != DeactivationReason::NotNeeded)
        .map(|reason| (reason.name(), in_words(*reason)))
        .collect()
}

fn review(session: &Session, about: About, replacement: &Replacement) -> Response {
    let address = replacement.address.as_ref();
    let review = Review {
        about,
        frame: visitor::frame(session),
        idempotency_key: replacement.idempotency_key.as_str().to_owned(),
        fields: Fields::new(&replacement.mail, address),
        reason: replacement.reason.name(),
        reason_in_words: in_words(replacement.reason),
        address: address.map(registry::PostalAddress::lines).unwrap_or_default(),
    };
    render(StatusCode::OK, &review)
}

fn show(
    session: &Session,
    key: &IdempotencyKey,
    about: About,
    (token, reason): (&Token, &'static str),
    fields: Fields,
    errors: FieldErrors,
) -> Response {
    let status = if errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let page = Page {
        about,
        frame: visitor::frame(session),
        idempotency_key: key.as_str().to_owned(),
        errors,
        fields,
        reasons: reasons(token.token_type),
        reason,
    };
    render(status, &page)
}
