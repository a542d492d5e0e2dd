//! The audit: searched by account, token, kind and day.

use askama::Template;
use axum::{
    extract::{Query, State, rejection::QueryRejection},
    http::StatusCode,
    response::Response,
};
use oath::UnixTime;
use registry::{Action, EventKind, store::EventSearch};
use serde::Deserialize;
use url::form_urlencoded;

use super::{
    event_text::{EventText, kind_text},
    frame::Frame,
    listing::{ROWS, page_of},
    visitor::{Administering, failed},
};
use crate::{
    dashboard::{field_errors::FieldErrors, form::shown_again, render},
    http::Site,
    time_text,
};

const DAY: u64 = 24 * 60 * 60;

#[derive(Template)]
#[template(path = "admin/audit.html")]
struct Page {
    frame: Frame,
    asked: Asked,
    kinds: Vec<(String, String)>,
    errors: FieldErrors,
    events: Vec<EventText>,
    next: Option<String>,
}

/// What the fields hold.
#[derive(Deserialize, Default)]
pub(super) struct Asked {
    #[serde(default)]
    account: String,
    #[serde(default)]
    serial: String,
    #[serde(default)]
    kind: String,
    #[serde(default)]
    day: String,
    #[serde(default)]
    before: String,
}

impl Asked {
    fn shown(self) -> Self {
        let [account, serial, kind, day, before] =
            [self.account, self.serial, self.kind, self.day, self.before]
                .map(|text| shown_again(text.trim()));
        Self { account, serial, kind, day, before }
    }

    /// The search, with a note at each field that cannot be read.
    fn search(&self, errors: &mut FieldErrors) -> EventSearch {
        let mut search = EventSearch::default();
        if !self.account.is_empty() {
            search.account = errors.check("account", self.account.parse());
        }
        if !self.serial.is_empty() {
            search.serial = errors.check("serial", self.serial.parse());
        }
        search.kind = EventKind::ALL.iter().copied().find(|kind| kind.name() == self.kind);
        if !self.day.is_empty() {
            let day: Option<UnixTime> = errors.check("day", time_text::day(&self.day));
            search.from = day;
            search.to = day.map(|day| day.plus(DAY));
        }
        search
    }

    /// The address of the page before an event.
    fn earlier(&self, id: &str) -> String {
        let query = form_urlencoded::Serializer::new(String::new())
            .append_pair("account", &self.account)
            .append_pair("serial", &self.serial)
            .append_pair("kind", &self.kind)
            .append_pair("day", &self.day)
            .append_pair("before", id)
            .finish();
        format!("/admin/audit?{query}")
    }
}

pub(super) async fn page(
    State(site): State<Site>,
    by: Administering,
    query: Result<Query<Asked>, QueryRejection>,
) -> Result<Response, Response> {
    by.may(&site, Action::ReadAudit).await?;
    let asked = query.map(|Query(asked)| asked).unwrap_or_default().shown();
    let mut errors = FieldErrors::default();
    let search = asked.search(&mut errors);
    let limit = u32::try_from(ROWS + 1).unwrap_or(u32::MAX);
    let found = if errors.is_empty() {
        site.registry.events_with(&search, asked.before.parse().ok(), limit).await
    } else {
        Ok(Vec::new())
    };
    let (found, last) = page_of(found.map_err(|e| failed(&e))?, |event| event.id.to_string());
    let status = if errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let any = (String::new(), "Any".to_owned());
    let kind = |kind: &EventKind| (kind.name().to_owned(), kind_text(*kind));
    let page = Page {
        frame: by.frame(),
        kinds: std::iter::once(any).chain(EventKind::ALL.iter().map(kind)).collect(),
        errors,
        events: found.iter().map(EventText::new).collect(),
        next: last.map(|id| asked.earlier(&id)),
        asked,
    };
    Ok(render(status, &page))
}
