//! Accounts of prescribers: search.

use askama::Template;
use axum::{
    extract::{Query, State, rejection::QueryRejection},
    http::StatusCode,
    response::Response,
};
use registry::{Account, Action};

use super::{
    frame::Frame,
    listing::{ROWS, Search, page_of},
    visitor::{Administering, failed},
};
use crate::{clock, dashboard::render, http::Site, time_text};

#[derive(Template)]
#[template(path = "admin/accounts.html")]
struct Page {
    frame: Frame,
    sought: String,
    rows: Vec<Row>,
    /// The address of the next page, where there is one.
    next: Option<String>,
}

struct Row {
    npi: String,
    name: String,
    mail: String,
    opened: String,
    is_paused: bool,
}

impl Row {
    fn new(account: &Account) -> Self {
        Self {
            npi: account.npi.to_string(),
            name: account.name.to_string(),
            mail: account.mail.to_string(),
            opened: time_text::to_the_minute(account.opened),
            is_paused: account.sign_in_pause.is_some_and(|pause| pause.holds(clock::now())),
        }
    }
}

pub(super) async fn page(
    State(site): State<Site>,
    by: Administering,
    query: Result<Query<Search>, QueryRejection>,
) -> Result<Response, Response> {
    by.may(&site, Action::SeeAccounts).await?;
    let search = Search::of(query);
    let sought = search.text();
    let limit = u32::try_from(ROWS + 1).unwrap_or(u32::MAX);
    let found = site.registry.accounts_with(&sought, search.after.parse().ok(), limit).await;
    let found = found.map_err(|error| failed(&error))?;
    let (found, last) = page_of(found, |account| account.npi.to_string());
    let next = last.map(|last| search.next("/admin/accounts", &last));
    let rows = found.iter().map(Row::new).collect();
    Ok(render(StatusCode::OK, &Page { frame: by.frame(), sought, rows, next }))
}
