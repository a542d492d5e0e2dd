//! Enters the beginning of an activation of an account.

use askama::Template;
use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use provisioning::PinPolicy;
use registry::{
    AccessError, Account, Action, IdempotencyKey, ProofingAsked, Token,
    access::{AccessOrder, NewAccess},
};

use super::{
    access_account::proofing,
    account::{InAddress, account_at},
    frame::Frame,
    visitor::{Administering, AdministratorForm, failed},
};
use crate::{
    clock,
    dashboard::{
        field_errors::FieldErrors,
        form::{Form, shown_again},
        message, render,
    },
    http::Site,
    randomness, time_text,
};

/// For how many hours a link can be good.
const HOURS: [u64; 5] = [24, 48, 72, 168, 720];

/// The fields in the order of the form.
const FIELDS: [&str; 5] = ["checked-by", "checked-on", "evidence", "hours", "digits"];

#[derive(Template)]
#[template(path = "admin/access_activation.html")]
struct Page {
    frame: Frame,
    idempotency_key: String,
    npi: String,
    name: String,
    /// Whether a new identity-proofing record is taken.
    takes_proofing: bool,
    /// Until when the one that came with the open activation holds; empty where none does.
    held_until: String,
    /// The attribute of the fields of a new record.
    required: &'static str,
    checked_by: String,
    checked_on: String,
    evidence: String,
    /// The token that is in use already; empty where there is none.
    in_use: String,
    hours: Vec<(String, String)>,
    chosen_hours: String,
    digits: Vec<(String, String)>,
    chosen_digits: String,
    errors: FieldErrors,
}

pub(super) async fn page(
    State(site): State<Site>,
    by: Administering,
    npi: InAddress,
) -> Result<Response, Response> {
    by.may(&site, Action::EnterAccess).await?;
    let account = account_at(&site, npi).await?;
    let key = IdempotencyKey::generate(&mut randomness::rng());
    show(&site, &by, &account, &key, None, FieldErrors::default()).await
}

pub(super) async fn submit(
    State(site): State<Site>,
    npi: InAddress,
    AdministratorForm { by, form }: AdministratorForm,
) -> Result<Response, Response> {
    by.may(&site, Action::EnterAccess).await?;
    let account = account_at(&site, npi).await?;
    let Ok(key) = form.text("idempotency_key").parse::<IdempotencyKey>() else {
        return Err(message::stale_form().for_administrator().into_response());
    };
    let mut errors = FieldErrors::default();
    let asked = asked_of(&site, &account).await?;
    if let Some(order) = read(&form, asked, &mut errors) {
        let new = NewAccess { id: key.clone(), npi: account.npi, order, passphrase: None };
        let mut rng = randomness::rng();
        match site.registry.enter_access(&by.session, new, clock::now(), &mut rng).await {
            Ok(change) => {
                let address = format!("/admin/access/changes/{}?entered", change.id.as_str());
                return Ok(Redirect::to(&address).into_response());
            }
            Err(AccessError::Registry(error)) => return Err(failed(&error)),
            Err(AccessError::Refused(refusal)) => errors.add("", &refusal.to_string()),
        }
    }
    show(&site, &by, &account, &key, Some(&form), errors).await
}

fn read(form: &Form, asked: ProofingAsked, errors: &mut FieldErrors) -> Option<AccessOrder> {
    let hours = form.text("hours").parse().ok().filter(|hours| HOURS.contains(hours));
    if hours.is_none() {
        errors.add("hours", "choose how long the link is good");
    }
    let digits = form.text("digits").parse().ok().and_then(|digits| PinPolicy::new(digits).ok());
    if digits.is_none() {
        errors.add("digits", "choose how long the PIN is");
    }
    let is_given = FIELDS[..3].iter().any(|field| !form.text(field).trim().is_empty());
    let is_taken = match asked {
        ProofingAsked::Nothing => false,
        ProofingAsked::HeldUntil(_) => is_given,
        ProofingAsked::NewRecord => true,
    };
    let proofing = is_taken.then(|| proofing(form, errors));
    errors.sort(&FIELDS);
    // `None` where one is needed and is not well formed.
    let proofing = proofing.map_or(Some(None), |record| record.map(Some));
    Some(AccessOrder::Activation { valid_for: hours? * 3600, pin: digits?, proofing: proofing? })
}

async fn show(
    site: &Site,
    by: &Administering,
    account: &Account,
    key: &IdempotencyKey,
    form: Option<&Form>,
    errors: FieldErrors,
) -> Result<Response, Response> {
    let (tokens, asked) = (tokens_of(site, account).await?, asked_of(site, account).await?);
    let in_use = tokens.iter().find(|token| token.state.is_in_use());
    let status = if errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let chosen = |field, usual: &str| {
        form.map_or(usual, |form| form.text(field)).chars().take(4).collect::<String>()
    };
    let typed = |field| form.map_or_else(String::new, |form| shown_again(form.text(field)));
    let page = Page {
        frame: by.frame(),
        idempotency_key: key.as_str().to_owned(),
        npi: account.npi.to_string(),
        name: account.name.to_string(),
        in_use: in_use.map_or_else(String::new, |token| token.name.to_string()),
        hours: HOURS.map(|hours| (hours.to_string(), in_days(hours))).into(),
        chosen_hours: chosen("hours", "24"),
        digits: (4..=8).map(|count: u8| (count.to_string(), format!("{count} digits"))).collect(),
        chosen_digits: chosen("digits", "4"),
        required: if asked == ProofingAsked::NewRecord { "required" } else { "" },
        takes_proofing: asked != ProofingAsked::Nothing,
        held_until: match asked {
            ProofingAsked::HeldUntil(until) => time_text::to_the_minute(until),
            ProofingAsked::Nothing | ProofingAsked::NewRecord => String::new(),
        },
        checked_by: typed("checked-by"),
        checked_on: typed("checked-on"),
        evidence: typed("evidence"),
        errors,
    };
    Ok(render(status, &page))
}

async fn tokens_of(site: &Site, account: &Account) -> Result<Vec<Token>, Response> {
    site.registry.tokens(&account.npi, clock::now()).await.map_err(|error| failed(&error))
}

async fn asked_of(site: &Site, account: &Account) -> Result<ProofingAsked, Response> {
    let asked = site.registry.proofing_asked(&account.npi, clock::now()).await;
    asked.map_err(|error| failed(&error))
}

fn in_days(hours: u64) -> String {
    match hours {
        24 => "a day".to_owned(),
        hours => format!("{} days", hours / 24),
    }
}
