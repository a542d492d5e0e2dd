//! One account: its identity-proofing record, its tokens, and the unlocking of its sign-in.

use askama::Template;
use axum::{
    extract::{OriginalUri, Path, State, rejection::PathRejection},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use registry::{Account, Action, Lock, Npi, rules::administrators::may};

use super::{
    frame::Frame,
    visitor::{Administering, AdministratorForm, failed},
};
use crate::{
    clock,
    dashboard::{loss_text::LossText, message, render, token_row::TokenRow},
    http::Site,
    time_text,
};

#[derive(Template)]
#[template(path = "admin/account.html")]
struct Page {
    frame: Frame,
    npi: String,
    /// What the operator calls it besides; empty where there is nothing.
    id: String,
    name: String,
    mail: String,
    /// The telephone number, but for its last digits; empty where there is none.
    phone: String,
    opened: String,
    proofing: String,
    tokens: Vec<TokenRow>,
    /// The losses of which the notice has not arrived.
    losses: Vec<(String, LossText)>,
    /// What is wrong with the sign-in; empty where nothing is.
    paused: String,
    may_unlock: bool,
    may_activate: bool,
    /// When the access was ended; empty where it was not.
    ended: String,
    opened_now: bool,
    ended_now: bool,
    phone_now: bool,
    mail_now: bool,
    unlocked: bool,
    error: Option<&'static str>,
}

pub(super) type InAddress = Result<Path<Npi>, PathRejection>;

pub(super) async fn page(
    State(site): State<Site>,
    by: Administering,
    OriginalUri(uri): OriginalUri,
    npi: InAddress,
) -> Result<Response, Response> {
    by.may(&site, Action::SeeAccounts).await?;
    let account = account_at(&site, npi).await?;
    show(&site, &by, &account, uri.query(), None).await
}

async fn show(
    site: &Site,
    by: &Administering,
    account: &Account,
    query: Option<&str>,
    error: Option<&'static str>,
) -> Result<Response, Response> {
    let now = clock::now();
    let tokens = site.registry.tokens(&account.npi, now).await.map_err(|error| failed(&error))?;
    let losses = site.registry.untold_losses(&account.npi, now).await;
    let losses = losses.map_err(|error| failed(&error))?;
    let page = Page {
        losses: losses.iter().map(|loss| LossText::named(loss, &tokens, now)).collect(),
        npi: account.npi.to_string(),
        id: account.id.as_ref().map_or_else(String::new, ToString::to_string),
        name: account.name.to_string(),
        mail: account.mail.to_string(),
        phone: account
            .phone
            .as_ref()
            .map_or_else(String::new, |phone| format!("ends in {}", phone.last_digits())),
        opened: time_text::to_the_minute(account.opened),
        proofing: account.proofing.to_string(),
        tokens: tokens.iter().map(|token| TokenRow::new(token, now)).collect(),
        paused: paused(account),
        may_unlock: may(by.session.administrator.roles.list(), Action::UnlockSignIn),
        may_activate: may(by.session.administrator.roles.list(), Action::EnterAccess),
        ended: account.access_ended.map_or_else(String::new, time_text::to_the_minute),
        opened_now: query == Some("opened"),
        ended_now: query == Some("ended"),
        phone_now: query == Some("phone"),
        mail_now: query == Some("mail"),
        unlocked: query == Some("unlocked"),
        error,
        frame: by.frame(),
    };
    let status = if error.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    Ok(render(status, &page))
}

pub(super) async fn unlock(
    State(site): State<Site>,
    npi: InAddress,
    AdministratorForm { by, form }: AdministratorForm,
) -> Result<Response, Response> {
    let actor = by.may(&site, Action::UnlockSignIn).await?;
    let account = account_at(&site, npi).await?;
    if form.text("sure") != "yes" {
        let error = "Make sure who is asking, and say so: whoever guesses passphrases would like it unlocked too.";
        return show(&site, &by, &account, None, Some(error)).await;
    }
    let unlocked = site.registry.unlock_sign_in(&actor, &account.npi, clock::now()).await;
    unlocked.map_err(|error| failed(&error))?;
    Ok(Redirect::to(&format!("/admin/accounts/{}?unlocked", account.npi)).into_response())
}

/// The account at an address.
pub(super) async fn account_at(site: &Site, npi: InAddress) -> Result<Account, Response> {
    let not_found = || message::nothing_to_administer().into_response();
    let Path(npi) = npi.map_err(|_| not_found())?;
    let found = site.registry.account(&npi).await.map_err(|error| failed(&error))?;
    found.ok_or_else(not_found)
}

fn paused(account: &Account) -> String {
    match account.sign_in_pause.filter(|pause| pause.holds(clock::now())) {
        Some(Lock::Until(until)) => format!(
            "Sign-in is paused after {} wrong passphrases in a row, until {}.",
            account.sign_in_failures,
            time_text::to_the_minute(until.plus(59))
        ),
        Some(Lock::UntilUnlocked) => format!(
            "Sign-in is paused after {} wrong passphrases in a row, until it is unlocked.",
            account.sign_in_failures
        ),
        None => String::new(),
    }
}
