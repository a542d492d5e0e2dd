//! Where an administrator begins: who they are, and what waits for them.

use askama::Template;
use axum::{extract::State, http::StatusCode, response::Response};
use registry::{Action, Error, RequestState, access::AccessState, rules::administrators::may};

use super::{
    frame::Frame,
    unsent::{SHOWN, UnsentMail},
    visitor::{Administering, failed},
};
use crate::{
    clock,
    dashboard::{loss_text::LossText, render},
    http::Site,
    time_text,
};

/// How many changes of access, and requests, are counted.
const COUNTED: u32 = 1_000;

#[derive(Template)]
#[template(path = "admin/overview.html")]
struct Page {
    frame: Frame,
    signed_in: String,
    /// How many changes of access wait; `None` for whom that is nothing.
    waiting: Option<usize>,
    /// How many requests wait to be processed; `None` for whom that is nothing.
    requests: Option<usize>,
    /// Whose losses wait for their notice, and the clocks, the most urgent first; none for whom that is
    /// nothing.
    losses: Vec<(String, LossText)>,
    /// Mails that did not reach a prescriber; none for whom that is nothing.
    unsent: Vec<UnsentMail>,
}

pub(super) async fn page(
    State(site): State<Site>,
    by: Administering,
) -> Result<Response, Response> {
    let signed_in = by.session.full_since.map_or_else(String::new, time_text::to_the_minute);
    let waiting = if may(by.session.administrator.roles.list(), Action::SeeAccess) {
        let changes = site.registry.access_changes(COUNTED, clock::now()).await;
        let changes = changes.map_err(|error| failed(&error))?;
        Some(changes.iter().filter(|change| change.state == AccessState::Pending).count())
    } else {
        None
    };
    let requests = if may(by.session.administrator.roles.list(), Action::SeeQueue) {
        let queue = site.registry.queue(RequestState::Requested, None, COUNTED).await;
        Some(queue.map_err(|error| failed(&error))?.len())
    } else {
        None
    };
    let (losses, unsent) = if may(by.session.administrator.roles.list(), Action::SeeAccounts) {
        what_prescribers_need(&site).await.map_err(|error| failed(&error))?
    } else {
        Default::default()
    };
    let page = Page { frame: by.frame(), signed_in, waiting, requests, losses, unsent };
    Ok(render(StatusCode::OK, &page))
}

/// The losses whose notice is due, and the mails that were not sent.
async fn what_prescribers_need(
    site: &Site,
) -> Result<(Vec<(String, LossText)>, Vec<UnsentMail>), Error> {
    let now = clock::now();
    let losses = site.registry.all_untold_losses(now).await?;
    let losses = losses.iter().map(|(npi, loss)| (npi.to_string(), LossText::new(loss, now)));
    let failing = site.registry.failing_notices(SHOWN).await?;
    Ok((losses.collect(), failing.iter().map(UnsentMail::new).collect()))
}
