//! A code by phone before Add New Token or Move to a new phone, where the operator asks for it: chosen,
//! sent, typed.

use std::sync::Arc;

use askama::Template;
use axum::{
    extract::{Query, State, rejection::QueryRejection},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use oath::{SerialNumber, UnixTime};
use registry::{
    ConfirmationCode, PhoneChannel, Session, StepUpError, StepUpMessage, StepUpStanding,
};
use serde::Deserialize;
use tokio::task::spawn_blocking;

use super::{
    Frame,
    field_errors::FieldErrors,
    message, render,
    visitor::{self, SignedIn, SignedInForm},
};
use crate::{clock, http::Site, phone::PhoneSender, randomness, time_text};

#[derive(Template)]
#[template(path = "step_up.html")]
struct Page {
    frame: Frame,
    /// The last digits of the number that codes go to; none where no number is on record.
    ends_in: Option<String>,
    /// What it goes on with, for the address of each form.
    query: String,
    /// How the last code was sent, and in which span it ends; none where none is open.
    sent: Option<(PhoneChannel, String)>,
    errors: FieldErrors,
}

/// What is kept on the way.
#[derive(Deserialize, Default)]
pub(super) struct Asked {
    /// The serial number that an activation link knows, for Add New Token.
    #[serde(default)]
    serial: String,
    /// The token that is to be moved to a new phone: then that goes on, and not Add New Token.
    #[serde(default, rename = "move")]
    moving: String,
}

type InAddress = Result<Query<Asked>, QueryRejection>;

/// The query with it; empty where there is none.
fn query_with(name: &str, serial: &str) -> String {
    match serial.parse::<SerialNumber>() {
        Ok(serial) => format!("?{name}={}", serial.as_str()),
        Err(_) => String::new(),
    }
}

fn query_of(asked: InAddress) -> String {
    let Query(asked) = asked.unwrap_or_default();
    match asked.moving.is_empty() {
        true => query_with("serial", &asked.serial),
        false => query_with("move", &asked.moving),
    }
}

fn onwards(query: &str) -> Response {
    let next = match query.strip_prefix("?move=") {
        Some(serial) => format!("/tokens/{serial}/move"),
        None => format!("/tokens/new{query}"),
    };
    Redirect::to(&next).into_response()
}

fn here(query: &str) -> Response {
    Redirect::to(&format!("/tokens/new/phone{query}")).into_response()
}

pub(super) async fn page(
    State(site): State<Site>,
    SignedIn(session): SignedIn,
    asked: InAddress,
) -> Response {
    show(&site, &session, query_of(asked), FieldErrors::default()).await
}

/// Whether Add New Token is open; otherwise what to show in its place.
pub(super) async fn passed(site: &Site, session: &Session, serial: &str) -> Result<(), Response> {
    passed_to(site, session, &query_with("serial", serial)).await
}

/// Whether Move to a new phone is open for a token; otherwise what to show in its place.
pub(super) async fn passed_to_move(
    site: &Site,
    session: &Session,
    serial: &SerialNumber,
) -> Result<(), Response> {
    passed_to(site, session, &query_with("move", serial.as_str())).await
}

async fn passed_to(site: &Site, session: &Session, query: &str) -> Result<(), Response> {
    match site.registry.step_up(session, clock::now()).await {
        Ok(None | Some(StepUpStanding::Confirmed)) => Ok(()),
        Ok(Some(_)) => Err(here(query)),
        Err(error) => Err(message::failed(&error).into_response()),
    }
}

/// Sends a code. It is sent to the end although whoever asked is gone.
pub(super) async fn send(
    State(site): State<Site>,
    asked: InAddress,
    SignedInForm(session, form): SignedInForm,
) -> Response {
    let query = query_of(asked);
    let channel = form.text("channel");
    let channel = PhoneChannel::ALL.iter().copied().find(|known| known.name() == channel);
    let sending = tokio::spawn(async move {
        let mut errors = FieldErrors::default();
        let Some(channel) = channel else {
            errors.add("channel-sms", "choose a text message or a call");
            return show(&site, &session, query, errors).await;
        };
        match send_now(&site, &session, channel, clock::now()).await {
            Ok(()) => return here(&query),
            Err(NotSent::Refused(StepUpError::Registry(error))) => {
                return message::failed(&error).into_response();
            }
            Err(NotSent::Refused(error)) => errors.add("", &error.to_string()),
            Err(NotSent::NotCarried) => errors.add(
                "",
                "the code could not be sent: try again or the other way; if that fails too, call the help desk",
            ),
        }
        show(&site, &session, query, errors).await
    });
    sending.await.unwrap_or_else(|_| message::broken().into_response())
}

enum NotSent {
    Refused(StepUpError),
    /// Whoever carries the codes did not take it.
    NotCarried,
}

async fn send_now(
    site: &Site,
    session: &Session,
    channel: PhoneChannel,
    now: UnixTime,
) -> Result<(), NotSent> {
    let registry = &site.registry;
    let begun = registry.begin_step_up(session, channel, now, &mut randomness::rng()).await;
    let (Some(message), Some(phone)) = (begun.map_err(NotSent::Refused)?, site.phone.clone())
    else {
        return Ok(());
    };
    let tag = message.tag;
    let sent = carry(phone, message).await;
    if let Err(why) = &sent {
        tracing::warn!(%why, "a code was not sent to a phone");
    }
    let noted = registry
        .step_up_sent(session, tag, sent.as_ref().copied().map_err(String::as_str), clock::now())
        .await;
    noted.map_err(|error| NotSent::Refused(error.into()))?;
    sent.map_err(|_| NotSent::NotCarried)
}

async fn carry(phone: Arc<dyn PhoneSender>, message: StepUpMessage) -> Result<(), String> {
    let sent = spawn_blocking(move || phone.send(&message)).await;
    sent.unwrap_or_else(|_| Err("the sending failed".to_owned()))
}

/// Takes the code; then Add New Token goes on.
pub(super) async fn confirm(
    State(site): State<Site>,
    asked: InAddress,
    SignedInForm(session, form): SignedInForm,
) -> Response {
    let query = query_of(asked);
    let mut errors = FieldErrors::default();
    if let Some(code) = errors.check("code", form.text("code").parse::<ConfirmationCode>()) {
        match site.registry.confirm_step_up(&session, &code, clock::now()).await {
            Ok(()) => return onwards(&query),
            Err(StepUpError::Registry(error)) => return message::failed(&error).into_response(),
            Err(error @ StepUpError::Wrong { .. }) => errors.add("code", &error.to_string()),
            Err(error) => errors.add("", &error.to_string()),
        }
    }
    show(&site, &session, query, errors).await
}

async fn show(site: &Site, session: &Session, query: String, errors: FieldErrors) -> Response {
    let now = clock::now();
    let sent = match site.registry.step_up(session, now).await {
        Ok(None | Some(StepUpStanding::Confirmed)) => return onwards(&query),
        Ok(Some(StepUpStanding::Sent { channel, until })) => {
            Some((channel, time_text::span(until.since(now))))
        }
        Ok(Some(StepUpStanding::ToSend)) => None,
        Err(error) => return message::failed(&error).into_response(),
    };
    let phone = session.account.phone.as_ref();
    let page = Page {
        frame: visitor::frame(session),
        ends_in: phone.map(|phone| phone.last_digits().to_owned()),
        query,
        sent,
        errors,
    };
    let is_fine = page.errors.is_empty();
    let status = if is_fine { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    render(status, &page)
}
