//! One day of the audit: what 21 CFR 1311.150 has looked at once every calendar day.

use askama::Template;
use axum::{
    extract::{Query, State, rejection::QueryRejection},
    http::StatusCode,
    response::Response,
};
use oath::UnixTime;
use registry::Action;
use serde::Deserialize;

use super::{
    event_text::{EventText, kind_text},
    frame::Frame,
    visitor::{Administering, failed},
};
use crate::{
    clock,
    dashboard::{field_errors::FieldErrors, form::shown_again, render},
    http::Site,
    time_text,
};

const DAY: u64 = 24 * 60 * 60;
/// How many events are shown; the command line shows all.
const SHOWN: usize = 200;

#[derive(Template)]
#[template(path = "admin/audit_report.html")]
struct Page {
    frame: Frame,
    day: String,
    errors: FieldErrors,
    report: Option<Report>,
}

struct Report {
    events: u64,
    quiet: bool,
    counts: Vec<(String, &'static str, u64)>,
    notable: Vec<EventText>,
    more: usize,
    often_refused: Vec<(String, u64)>,
}

/// The day that is asked for.
#[derive(Deserialize, Default)]
pub(super) struct Asked {
    #[serde(default)]
    day: String,
}

pub(super) async fn page(
    State(site): State<Site>,
    by: Administering,
    query: Result<Query<Asked>, QueryRejection>,
) -> Result<Response, Response> {
    by.may(&site, Action::ReadAudit).await?;
    let asked = query.map(|Query(asked)| asked.day).unwrap_or_default();
    let mut errors = FieldErrors::default();
    let day = if asked.trim().is_empty() {
        Some(UnixTime(clock::now().0.saturating_sub(DAY)))
    } else {
        errors.check("day", time_text::day(asked.trim()))
    };
    let report = match day {
        Some(day) => Some(report(&site, day).await?),
        None => None,
    };
    let status = if errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let day = day.map_or_else(|| shown_again(&asked), time_text::date);
    Ok(render(status, &Page { frame: by.frame(), day, errors, report }))
}

async fn report(site: &Site, day: UnixTime) -> Result<Report, Response> {
    let report = site.registry.daily_report(day).await.map_err(|error| failed(&error))?;
    let counts = report.counts.iter();
    Ok(Report {
        events: report.events,
        quiet: report.is_quiet(),
        counts: counts
            .map(|count| (kind_text(count.kind), count.outcome.name(), count.count))
            .collect(),
        notable: report.notable.iter().take(SHOWN).map(EventText::new).collect(),
        more: report.notable.len().saturating_sub(SHOWN),
        often_refused: report
            .often_refused
            .iter()
            .map(|refused| (refused.serial.clone(), refused.count))
            .collect(),
    })
}
