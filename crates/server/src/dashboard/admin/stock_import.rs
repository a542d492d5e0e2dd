//! One import of stock: what was found in its file, and taking it or giving it up.

use std::sync::Arc;

use askama::Template;
use axum::{
    extract::{Path, State, rejection::PathRejection},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use registry::{
    Action, Error, StockFinding, StockImport, StockImportId, StockState, TakeStockError,
    rules::administrators::may,
};

use super::{
    frame::Frame,
    stock_jobs::{Job, JobEnd},
    stock_progress::address_of,
    visitor::{Administering, AdministratorForm, failed},
};
use crate::{
    clock,
    dashboard::{broken_page, field_errors::sentence, message, render},
    http::Site,
    time_text,
};

/// How many rows that are not new are shown.
const SHOWN: u32 = 200;

#[derive(Template)]
#[template(path = "admin/stock_import.html")]
struct Page {
    frame: Frame,
    id: String,
    file: String,
    state: &'static str,
    state_name: &'static str,
    begun: String,
    ended: String,
    by: String,
    counts: Vec<(&'static str, u64)>,
    new: u64,
    in_the_way: u64,
    rows: Vec<Row>,
    /// How many rows that are not new are not shown.
    more: u64,
    may_take: bool,
    error: Option<String>,
}

struct Row {
    line: u64,
    serial: String,
    why: String,
}

impl Row {
    fn new(finding: &StockFinding) -> Self {
        Self {
            line: finding.line,
            serial: finding.serial.clone().unwrap_or_default(),
            why: sentence(finding.cause.as_deref().unwrap_or(finding.what.name())),
        }
    }
}

/// Nothing is done in a session that has ended.
const SIGNED_OUT: &str = "You were signed out before the import was done, so nothing of it was imported. Import it again, and stay signed in until it is done.";

type InAddress = Result<Path<String>, PathRejection>;

/// The word of an import's state for a page's style, and for a person.
pub(super) fn state_of(import: &StockImport) -> (&'static str, &'static str) {
    match import.state {
        StockState::Reading => ("reading", "Being read, or not read to its end"),
        StockState::Checked => ("checked", "Checked"),
        StockState::Taken => ("taken", "Imported"),
        StockState::Dropped => ("dropped", "Given up"),
    }
}

pub(super) async fn page(
    State(site): State<Site>,
    by: Administering,
    id: InAddress,
) -> Result<Response, Response> {
    by.may(&site, Action::SeeStock).await?;
    let import = import_at(&site, id).await?;
    show(&site, &by, &import, None).await
}

async fn show(
    site: &Site,
    by: &Administering,
    import: &StockImport,
    error: Option<String>,
) -> Result<Response, Response> {
    let rows = site.registry.stock_findings(import.id, 0, SHOWN).await;
    let rows: Vec<Row> = rows.map_err(|error| failed(&error))?.iter().map(Row::new).collect();
    let counts = &import.counts;
    let (state, state_name) = state_of(import);
    let status = if error.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let may_take = import.state == StockState::Checked
        && may(by.session.administrator.roles.list(), Action::ManageStock);
    let page = Page {
        id: import.id.to_string(),
        file: import.file.to_string(),
        state,
        state_name,
        begun: time_text::to_the_minute(import.begun),
        ended: import.ended.map(time_text::to_the_minute).unwrap_or_default(),
        by: import.by.clone(),
        counts: vec![
            ("New", counts.new),
            ("Here already", counts.there),
            ("Twice in the file", counts.twice),
            ("Another token’s number", counts.other),
            ("Damaged", counts.damaged),
            ("No token", counts.skipped),
        ],
        new: counts.new,
        in_the_way: counts.in_the_way(),
        more: (counts.rows() - counts.new).saturating_sub(rows.len() as u64),
        rows,
        may_take,
        error,
        frame: by.frame(),
    };
    Ok(render(status, &page))
}

pub(super) async fn take(
    State(site): State<Site>,
    id: InAddress,
    AdministratorForm { by, form }: AdministratorForm,
) -> Result<Response, Response> {
    let actor = by.may(&site, Action::ManageStock).await?;
    let import = import_at(&site, id).await?;
    let leave_out = form.text("leave-out") == "yes";
    let name = format!("take-{}", import.id);
    let (taking, id) = (Arc::clone(&site), import.id);
    let work = async move {
        match taking.registry.take_stock(&actor, id, leave_out, clock::now()).await {
            Ok(_) => JobEnd::Done(id),
            Err(TakeStockError::Registry(Error::SessionEnded)) => {
                JobEnd::Refused("", SIGNED_OUT.to_owned())
            }
            Err(TakeStockError::Registry(error)) => {
                tracing::error!(%error, "stock could not be imported");
                JobEnd::Broken
            }
            Err(error) => JobEnd::Refused("", sentence(&error.to_string())),
        }
    };
    let job = Arc::new(Job::new(import.file.clone(), None));
    match site.stock_jobs.run(&name, job, work).await.ended() {
        None => Ok(Redirect::to(&address_of(&name)).into_response()),
        Some(JobEnd::Done(_)) => Ok(back_to(&import)),
        Some(JobEnd::Refused(_, why)) => show(&site, &by, &import, Some(why.clone())).await,
        Some(JobEnd::Broken) => Err(broken_page()),
    }
}

pub(super) async fn drop(
    State(site): State<Site>,
    id: InAddress,
    AdministratorForm { by, .. }: AdministratorForm,
) -> Result<Response, Response> {
    let actor = by.may(&site, Action::ManageStock).await?;
    let import = import_at(&site, id).await?;
    let dropped = site.registry.drop_stock(&actor, import.id, clock::now()).await;
    dropped.map_err(|error: Error| failed(&error))?;
    Ok(back_to(&import))
}

fn back_to(import: &StockImport) -> Response {
    Redirect::to(&format!("/admin/stock/{}", import.id)).into_response()
}

/// The import at an address.
async fn import_at(site: &Site, id: InAddress) -> Result<StockImport, Response> {
    let not_found = || message::nothing_to_administer().into_response();
    let Path(id) = id.map_err(|_| not_found())?;
    let id: StockImportId = id.parse().map_err(|_| not_found())?;
    let found = site.registry.stock_import(id).await.map_err(|error| failed(&error))?;
    found.ok_or_else(not_found)
}
