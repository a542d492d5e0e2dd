//! Tokens: search.

use std::collections::{HashMap, hash_map::Entry};

use askama::Template;
use axum::{
    extract::{Query, State, rejection::QueryRejection},
    http::StatusCode,
    response::Response,
};
use registry::{Action, Npi, Token};

use super::{
    frame::Frame,
    listing::{ROWS, Search, page_of},
    visitor::{Administering, failed},
};
use crate::{
    clock,
    dashboard::{render, token_row::TokenRow},
    http::Site,
};

#[derive(Template)]
#[template(path = "admin/tokens.html")]
struct Page {
    frame: Frame,
    sought: String,
    rows: Vec<(TokenRow, String)>,
    /// The address of the next page, where there is one.
    next: Option<String>,
}

pub(super) async fn page(
    State(site): State<Site>,
    by: Administering,
    query: Result<Query<Search>, QueryRejection>,
) -> Result<Response, Response> {
    by.may(&site, Action::SeeTokens).await?;
    let search = Search::of(query);
    let (sought, now) = (search.text(), clock::now());
    let limit = u32::try_from(ROWS + 1).unwrap_or(u32::MAX);
    let after = search.after.parse().ok();
    let found = site.registry.tokens_with(&sought, after.as_ref(), limit, now).await;
    let found = found.map_err(|error| failed(&error))?;
    let (found, last) = page_of(found, |token| token.serial.as_str().to_owned());
    let next = last.map(|last| search.next("/admin/tokens", &last));
    let owners = owners(&site, &found).await?;
    let row = |token: &Token| {
        let owner = token.owner.and_then(|npi| owners.get(&npi).cloned());
        (TokenRow::new(token, now), owner.unwrap_or_else(|| "nobody".to_owned()))
    };
    let rows = found.iter().map(row).collect();
    Ok(render(StatusCode::OK, &Page { frame: by.frame(), sought, rows, next }))
}

/// The names of those who own these tokens.
async fn owners(site: &Site, tokens: &[Token]) -> Result<HashMap<Npi, String>, Response> {
    let mut names = HashMap::new();
    for npi in tokens.iter().filter_map(|token| token.owner) {
        if let Entry::Vacant(vacant) = names.entry(npi) {
            let account = site.registry.account(&npi).await.map_err(|error| failed(&error))?;
            vacant.insert(account.map_or_else(String::new, |account| account.name.to_string()));
        }
    }
    Ok(names)
}
