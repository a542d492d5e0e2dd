//! Changes of prescribers' access: what waits for a second person, and what was decided lately.

use askama::Template;
use axum::{extract::State, http::StatusCode, response::Response};
use registry::{
    Action,
    access::{AccessChange, AccessOrder, AccessState},
    rules::administrators::may,
};

use super::{
    frame::Frame,
    visitor::{Administering, failed},
};
use crate::{clock, dashboard::render, http::Site, time_text};

/// How many changes are listed.
const LISTED: u32 = 100;

#[derive(Template)]
#[template(path = "admin/access.html")]
struct Page {
    frame: Frame,
    waiting: Vec<ChangeText>,
    decided: Vec<ChangeText>,
    /// How many wait besides those that are listed.
    more: u64,
    may_enter: bool,
}

/// What a page shows of a change: text only.
pub(super) struct ChangeText {
    pub(super) id: String,
    pub(super) npi: String,
    /// The prescriber's name, where the change brings it.
    pub(super) name: String,
    pub(super) what: &'static str,
    pub(super) state: &'static str,
    pub(super) entered: String,
    pub(super) decided: String,
}

impl ChangeText {
    pub(super) fn new(change: &AccessChange) -> Self {
        let (what, name) = match &change.order {
            AccessOrder::Account { name, .. } => ("Open an account", name.to_string()),
            AccessOrder::Activation { .. } => ("Begin an activation", String::new()),
            AccessOrder::End { .. } => ("End access", String::new()),
            AccessOrder::Passphrase { .. } => ("Let a new passphrase be chosen", String::new()),
            AccessOrder::Phone { .. } => ("Change the telephone number", String::new()),
            AccessOrder::Mail { .. } => ("Change the mail address", String::new()),
        };
        let decided = change.decided.as_ref().map_or_else(String::new, |decided| {
            let reason = decided.reason.as_ref();
            let reason = reason.map_or_else(String::new, |reason| format!(": {reason}"));
            format!("{} by {}{reason}", time_text::to_the_minute(decided.at), decided.by)
        });
        Self {
            id: change.id.as_str().to_owned(),
            npi: change.npi.to_string(),
            name,
            what,
            state: change.state.name(),
            entered: format!(
                "{} by {}",
                time_text::to_the_minute(change.entered),
                change.entered_by
            ),
            decided,
        }
    }
}

pub(super) async fn page(
    State(site): State<Site>,
    by: Administering,
) -> Result<Response, Response> {
    by.may(&site, Action::SeeAccess).await?;
    let (registry, now) = (&site.registry, clock::now());
    let changes = registry.access_changes(LISTED, now).await.map_err(|error| failed(&error))?;
    let all = registry.access_waiting(now).await.map_err(|error| failed(&error))?;
    let (waiting, decided): (Vec<_>, Vec<_>) =
        changes.iter().partition(|change| change.state == AccessState::Pending);
    let texts = |changes: Vec<&AccessChange>| changes.into_iter().map(ChangeText::new).collect();
    let page = Page {
        more: all.saturating_sub(waiting.len() as u64),
        frame: by.frame(),
        waiting: texts(waiting),
        decided: texts(decided),
        may_enter: may(by.session.administrator.roles.list(), Action::EnterAccess),
    };
    Ok(render(StatusCode::OK, &page))
}
