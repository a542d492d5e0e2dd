//! A token that was reported lost: the time that is left for the notice, the codes since it was last
//! had, and the draft. What a sign-in with one factor sees of it, the registry decides.

use std::collections::BTreeMap;

use askama::Template;
use axum::{
    extract::{Path, Query, State, rejection::QueryRejection},
    http::{
        StatusCode,
        header::{CONTENT_DISPOSITION, CONTENT_TYPE},
    },
    response::{IntoResponse, Redirect, Response},
};
use registry::{LossStory, Mark, OwnTokenError, Session, Token};
use serde::Deserialize;

use super::{InAddress, refused, token_at};
use crate::{
    clock,
    dashboard::{
        Frame,
        field_errors::FieldErrors,
        form::Form,
        loss_text::{CodesText, LossText, notice},
        message, render,
        token_row::TokenRow,
        visitor::{self, HalfSignedIn, SignedInForm},
    },
    http::Site,
    time_text,
};

#[derive(Template)]
#[template(path = "own_token/loss.html")]
struct Page {
    frame: Frame,
    is_full: bool,
    errors: FieldErrors,
    token: TokenRow,
    loss: LossText,
    /// `None` for whoever has not shown enough to see them.
    codes: Option<CodesText>,
    notice: String,
    saved: bool,
    /// What the clock says now in the zone in which times are typed.
    utc_hint: String,
}

/// Whether something was saved just now.
#[derive(Deserialize, Default)]
pub(in crate::dashboard) struct Asked {
    #[serde(default)]
    done: String,
}

/// What an owner tells of a loss.
#[derive(Clone, Copy)]
enum Told {
    LastHad,
    Codes,
    NoticeGiven,
}

pub(in crate::dashboard) async fn page(
    State(site): State<Site>,
    HalfSignedIn(session): HalfSignedIn,
    serial: InAddress,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Result<Response, Response> {
    let saved = asked.is_ok_and(|Query(asked)| asked.done == "saved");
    show(&site, &session, serial, FieldErrors::default(), saved).await
}

/// The draft of the notice as a file.
pub(in crate::dashboard) async fn text(
    State(site): State<Site>,
    HalfSignedIn(session): HalfSignedIn,
    serial: InAddress,
) -> Result<Response, Response> {
    let (token, story) = lost(&site, &session, serial).await?;
    let notice = notice(&story, &token, &session.account, site.issuer.as_str(), clock::now());
    Ok(as_file(notice))
}

/// A notice as a file to keep.
pub(in crate::dashboard) fn as_file(notice: String) -> Response {
    let headers = [
        (CONTENT_TYPE, "text/plain; charset=utf-8"),
        (CONTENT_DISPOSITION, "attachment; filename=\"notice-of-a-lost-token.txt\""),
    ];
    (headers, notice).into_response()
}

pub(in crate::dashboard) async fn last_had(
    State(site): State<Site>,
    serial: InAddress,
    SignedInForm(session, form): SignedInForm,
) -> Result<Response, Response> {
    tell(&site, &session, serial, &form, Told::LastHad).await
}

pub(in crate::dashboard) async fn codes(
    State(site): State<Site>,
    serial: InAddress,
    SignedInForm(session, form): SignedInForm,
) -> Result<Response, Response> {
    tell(&site, &session, serial, &form, Told::Codes).await
}

pub(in crate::dashboard) async fn notice_given(
    State(site): State<Site>,
    serial: InAddress,
    SignedInForm(session, form): SignedInForm,
) -> Result<Response, Response> {
    tell(&site, &session, serial, &form, Told::NoticeGiven).await
}

async fn tell(
    site: &Site,
    session: &Session,
    serial: InAddress,
    form: &Form,
    told: Told,
) -> Result<Response, Response> {
    let Path(lost) = serial.map_err(|_| message::not_found().into_response())?;
    let (registry, now) = (&site.registry, clock::now());
    let mut errors = FieldErrors::default();
    let result = match told {
        Told::LastHad => match time_text::instant(form.text("date"), form.text("time")) {
            Ok(at) => registry.tell_last_had(session, &lost, at, now).await,
            Err(why) => {
                errors.add("date", why);
                Ok(())
            }
        },
        Told::Codes => registry.mark_codes(session, &lost, &marks(form), now).await,
        Told::NoticeGiven if form.text("given") == "yes" => {
            registry.tell_notice_given(session, &lost, now).await
        }
        Told::NoticeGiven => {
            errors.add("given", "tick the box once you have given the notice");
            Ok(())
        }
    };
    match result {
        Err(OwnTokenError::NotLost) => return Err(message::not_found().into_response()),
        Err(error) => {
            if let Some(answer) = refused(&error, "date", &mut errors) {
                return Err(answer);
            }
        }
        Ok(()) if errors.is_empty() => {
            let next = format!("/lost/{}?done=saved", lost.as_str());
            return Ok(Redirect::to(&next).into_response());
        }
        Ok(()) => {}
    }
    show(site, session, Ok(Path(lost)), errors, false).await
}

/// What the form says of each code: `code-12` is the code of event 12.
pub(in super::super) fn marks(form: &Form) -> BTreeMap<u64, Mark> {
    form.fields()
        .filter_map(|(name, word)| {
            let event = name.strip_prefix("code-")?.parse().ok()?;
            let mark = Mark::ALL.iter().copied().find(|mark| mark.name() == word)?;
            Some((event, mark))
        })
        .collect()
}

/// The session's own token at an address, which is lost.
async fn lost(
    site: &Site,
    session: &Session,
    serial: InAddress,
) -> Result<(Token, LossStory), Response> {
    let (token, _) = token_at(site, session, serial).await?;
    let story = site.registry.own_loss(session, &token.serial, clock::now()).await;
    let story = story.map_err(|error| message::failed(&error).into_response())?;
    let story = story.ok_or_else(|| message::not_found().into_response())?;
    Ok((token, story))
}

async fn show(
    site: &Site,
    session: &Session,
    serial: InAddress,
    errors: FieldErrors,
    saved: bool,
) -> Result<Response, Response> {
    let (token, story) = lost(site, session, serial).await?;
    let now = clock::now();
    let status = if errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let page = Page {
        frame: visitor::frame(session),
        is_full: session.is_full(),
        errors,
        notice: notice(&story, &token, &session.account, site.issuer.as_str(), now),
        token: TokenRow::new(&token, now),
        loss: LossText::new(&story.loss, now),
        codes: story.codes.as_ref().map(CodesText::new),
        saved,
        utc_hint: format!(
            "All times here are in UTC, where it is {} {} now: compare that with your clock.",
            time_text::date(now),
            time_text::minute_of_day(now)
        ),
    };
    Ok(render(status, &page))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_marks_as_a_form_has_room_for_are_read_in_passing() {
        let many: String = (0..300_000).map(|n| format!("&code-{n}=mine")).collect();
        assert_eq!(marks(&Form::parse(many.as_bytes())).len(), 300_000);
    }
}
