//! Move to a new phone: begun, the link for the new phone, its first code, cancelled. Each form, sent
//! again, changes nothing more; opened anew, the page shows how far it is.

use askama::Template;
use axum::{
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Redirect, Response},
};
use data_encoding::BASE64;
use oath::{Code, SerialNumber};
use provisioning::{ServerUrl, qr};
use registry::{
    AssociateError, Error, Field, Handover, HandoverStage, IdempotencyKey, Session, Token,
    TokenState, rules::handover::is_movable,
};
use zeroize::Zeroizing;

use super::{InAddress, done, token_at};
use crate::{
    clock,
    dashboard::{
        Frame,
        activate::is_a_phone,
        field_errors::FieldErrors,
        message, render, step_up,
        token_row::TokenRow,
        visitor::{self, SignedIn, SignedInForm},
    },
    http::{Site, client},
    randomness, time_text,
};

#[derive(Template)]
#[template(path = "own_token/move.html")]
struct Page {
    frame: Frame,
    idempotency_key: String,
    token: TokenRow,
    errors: FieldErrors,
    step: Step,
    on_a_phone: bool,
}

/// What the page is for.
enum Step {
    Begin,
    Enrol { link: Zeroizing<String>, qr: Zeroizing<String>, until: String },
    FirstCode { to: String },
    Network { to: String },
    Locked { to: String, serial: String },
}

impl Step {
    /// Whether the code of the new phone can be typed.
    const fn takes_code(&self) -> bool {
        matches!(self, Self::Enrol { .. } | Self::FirstCode { .. })
    }
}

pub(in crate::dashboard) async fn page(
    State(site): State<Site>,
    SignedIn(session): SignedIn,
    headers: HeaderMap,
    serial: InAddress,
) -> Result<Response, Response> {
    let (token, _) = token_at(&site, &session, serial).await?;
    show(&site, &session, &token, &headers, FieldErrors::default()).await
}

pub(in crate::dashboard) async fn begin(
    State(site): State<Site>,
    serial: InAddress,
    headers: HeaderMap,
    SignedInForm(session, form): SignedInForm,
) -> Result<Response, Response> {
    let (token, _) = token_at(&site, &session, serial).await?;
    let mut errors = FieldErrors::default();
    if form.text("sure") == "yes" {
        let broken = || message::broken().into_response();
        let server = own_address(&site).ok_or_else(broken)?;
        let (serial, now) = (&token.serial, clock::now());
        let (place, mut rng) = ((&server, &site.issuer), randomness::rng());
        match site.registry.begin_handover(&session, serial, place, now, &mut rng).await {
            Ok(_) => return Ok(here(serial)),
            Err(error) => {
                if let Some(answer) = refused(&error, &token, &mut errors) {
                    return Err(answer);
                }
            }
        }
    } else {
        errors.add("sure", "tick the box: the token on the old phone ends with the move");
    }
    show(&site, &session, &token, &headers, errors).await
}

pub(in crate::dashboard) async fn finish(
    State(site): State<Site>,
    serial: InAddress,
    headers: HeaderMap,
    SignedInForm(session, form): SignedInForm,
) -> Result<Response, Response> {
    let (token, _) = token_at(&site, &session, serial).await?;
    let Ok(key) = form.text("idempotency_key").parse::<IdempotencyKey>() else {
        return Err(message::stale_form().into_response());
    };
    let mut errors = FieldErrors::default();
    if let Some(code) = errors.check("code", form.text("code").parse::<Code>()) {
        let (serial, now) = (&token.serial, clock::now());
        let about = (&site.issuer, client::seen(&site, &headers));
        match site.registry.finish_handover(&session, serial, about, &code, &key, now).await {
            Ok(_) => return Ok(done("moved", &token)),
            Err(error) => {
                if let Some(answer) = refused(&error, &token, &mut errors) {
                    return Err(answer);
                }
            }
        }
    }
    show(&site, &session, &token, &headers, errors).await
}

pub(in crate::dashboard) async fn cancel(
    State(site): State<Site>,
    serial: InAddress,
    headers: HeaderMap,
    SignedInForm(session, _): SignedInForm,
) -> Result<Response, Response> {
    let (token, _) = token_at(&site, &session, serial).await?;
    let mut errors = FieldErrors::default();
    match site.registry.cancel_handover(&session, &token.serial, clock::now()).await {
        Ok(()) => return Ok(done("kept", &token)),
        Err(error) => {
            if let Some(answer) = refused(&error, &token, &mut errors) {
                return Err(answer);
            }
        }
    }
    show(&site, &session, &token, &headers, errors).await
}

/// Notes what is wrong at the field that it belongs to; or a page, for what the form cannot say.
fn refused(error: &AssociateError, token: &Token, errors: &mut FieldErrors) -> Option<Response> {
    match error {
        AssociateError::NotSignedIn => return Some(Redirect::to("/sign-in/code").into_response()),
        AssociateError::NeedsStepUp => return Some(here(&token.serial)),
        AssociateError::Registry(Error::SessionEnded) => {
            return Some(Redirect::to("/sign-in").into_response());
        }
        AssociateError::Registry(Error::UnknownToken) => {
            return Some(message::not_found().into_response());
        }
        AssociateError::Registry(Error::NotPossible(state)) => errors
            .add("", &format!("this token is {state}, so it cannot be moved: see Manage Tokens")),
        AssociateError::Registry(error) => return Some(message::failed(error).into_response()),
        // The other of two forms was first.
        AssociateError::AlreadyYours(_) => return Some(done("moved", token)),
        error => {
            let at_code = error.field() == Some(Field::Code);
            errors.add(if at_code { "code" } else { "" }, &error.to_string());
        }
    }
    None
}

fn here(serial: &SerialNumber) -> Response {
    Redirect::to(&format!("/tokens/{}/move", serial.as_str())).into_response()
}

/// The address at which apps reach this server.
fn own_address(site: &Site) -> Option<ServerUrl> {
    site.origins.first().and_then(|origin| origin.parse().ok())
}

async fn show(
    site: &Site,
    session: &Session,
    token: &Token,
    headers: &HeaderMap,
    errors: FieldErrors,
) -> Result<Response, Response> {
    let now = clock::now();
    if token.state == TokenState::Deactivated {
        let moved = site.registry.was_moved(&session.account.npi, &token.serial).await;
        let moved = moved.map_err(|error| message::failed(&error).into_response())?;
        return Ok(done(if moved { "moved" } else { "deactivated" }, token));
    }
    let handovers = site.registry.handovers(&session.account.npi, now).await;
    let handovers = handovers.map_err(|error| message::failed(&error).into_response())?;
    let found = handovers.iter().find(|found| found.from == token.serial);
    let step = match found {
        Some(found) => under_way(site, session, found).await?,
        // What was refused is told all the same.
        None if is_movable(token, now) || !errors.is_empty() => Step::Begin,
        None => return Err(message::not_found().into_response()),
    };
    if !matches!(step, Step::Network { .. } | Step::Locked { .. }) {
        step_up::passed_to_move(site, session, &token.serial).await?;
    }
    let status = if errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let page = Page {
        frame: visitor::frame(session),
        idempotency_key: IdempotencyKey::generate(&mut randomness::rng()).as_str().to_owned(),
        token: TokenRow::new(token, now),
        errors,
        step,
        on_a_phone: is_a_phone(headers),
    };
    Ok(render(status, &page))
}

async fn under_way(site: &Site, session: &Session, found: &Handover) -> Result<Step, Response> {
    let to = || found.to.as_ref().map_or_else(String::new, ToString::to_string);
    let until = match found.stage {
        HandoverStage::FirstCode => return Ok(Step::FirstCode { to: to() }),
        HandoverStage::NetworkSync => return Ok(Step::Network { to: to() }),
        HandoverStage::Locked => {
            let serial = found.to.as_ref().map_or_else(String::new, |to| to.as_str().to_owned());
            return Ok(Step::Locked { to: to(), serial });
        }
        HandoverStage::Enrolling { until } => until,
    };
    let broken = || message::broken().into_response();
    let (server, now) = (own_address(site).ok_or_else(broken)?, clock::now());
    let place = (&server, &site.issuer);
    let link = site.registry.handover_link(session, &found.from, place, now).await;
    let link = link.map_err(|error| message::failed(&error).into_response())?;
    // The new phone was first: it has just used it.
    let Some(link) = link else { return Ok(Step::FirstCode { to: to() }) };
    let link = link.to_text();
    let picture = qr::svg(&link).map(Zeroizing::new).map_err(|error| {
        tracing::error!(%error, "an enrolment link does not fit into a QR code");
        broken()
    })?;
    Ok(Step::Enrol {
        link,
        qr: Zeroizing::new(BASE64.encode(picture.as_bytes())),
        until: time_text::to_the_minute(until),
    })
}
