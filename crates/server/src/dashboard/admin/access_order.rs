//! Enters the end of an account's access, a new passphrase, or another telephone number or mail address: a
//! form of one field each.

use askama::Template;
use axum::{
    extract::{Path, State, rejection::PathRejection},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use provisioning::Label;
use registry::{
    AccessError, Account, Action, IdempotencyKey, Mail, Npi, Phone,
    access::{AccessOrder, NewAccess},
};

use super::{
    account::account_at,
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
    randomness,
};

/// What is entered, by its word in the address.
#[derive(Clone, Copy, PartialEq, Eq)]
enum What {
    End,
    Passphrase,
    Phone,
    Mail,
}

impl What {
    fn parse(word: &str) -> Option<Self> {
        let all = [Self::End, Self::Passphrase, Self::Phone, Self::Mail];
        all.into_iter().find(|what| what.word() == word)
    }

    const fn word(self) -> &'static str {
        match self {
            Self::End => "end",
            Self::Passphrase => "passphrase",
            Self::Phone => "phone",
            Self::Mail => "mail",
        }
    }

    const fn heading(self) -> &'static str {
        match self {
            Self::End => "End access",
            Self::Passphrase => "Let a new passphrase be chosen",
            Self::Phone => "Change the telephone number",
            Self::Mail => "Change the mail address",
        }
    }
}

#[derive(Template)]
#[template(path = "admin/access_order.html")]
struct Page {
    frame: Frame,
    idempotency_key: String,
    word: &'static str,
    heading: &'static str,
    npi: String,
    name: String,
    /// The tokens that end with the access.
    tokens: usize,
    /// The last digits of the number on record; empty where there is none.
    ends_in: String,
    /// The mail address on record.
    mail: String,
    value: String,
    errors: FieldErrors,
}

type InAddress = Result<Path<(String, Npi)>, PathRejection>;

pub(super) async fn page(
    State(site): State<Site>,
    by: Administering,
    place: InAddress,
) -> Result<Response, Response> {
    by.may(&site, Action::EnterAccess).await?;
    let (what, account) = at(&site, place).await?;
    let key = IdempotencyKey::generate(&mut randomness::rng());
    show(&site, &by, (what, &account), &key, String::new(), FieldErrors::default()).await
}

pub(super) async fn submit(
    State(site): State<Site>,
    place: InAddress,
    AdministratorForm { by, form }: AdministratorForm,
) -> Result<Response, Response> {
    by.may(&site, Action::EnterAccess).await?;
    let (what, account) = at(&site, place).await?;
    let Ok(key) = form.text("idempotency_key").parse::<IdempotencyKey>() else {
        return Err(message::stale_form().for_administrator().into_response());
    };
    let mut errors = FieldErrors::default();
    if let Some(order) = read(what, &form, &mut errors) {
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
    show(&site, &by, (what, &account), &key, shown_again(form.text("value")), errors).await
}

async fn at(site: &Site, place: InAddress) -> Result<(What, Account), Response> {
    let not_found = || message::nothing_to_administer().into_response();
    let Path((word, npi)) = place.map_err(|_| not_found())?;
    let what = What::parse(&word).ok_or_else(not_found)?;
    Ok((what, account_at(site, Ok(Path(npi))).await?))
}

fn read(what: What, form: &Form, errors: &mut FieldErrors) -> Option<AccessOrder> {
    let text = form.text("value").trim();
    let words = text.parse::<Label>();
    match what {
        What::End => {
            let why = "say in a few words why, at most 64 characters; whoever executes it reads it";
            let reason = words.map_err(|_| why);
            let reason = errors.check("value", reason);
            if form.text("sure") != "yes" {
                errors.add("sure", "say that you mean it: none of the tokens comes back");
            }
            let reason = reason.filter(|_| errors.is_empty())?;
            Some(AccessOrder::End { reason })
        }
        What::Passphrase => {
            let how = "say in a few words, at most 64 characters, how you made sure who asks";
            let assurance = errors.check("value", words.map_err(|_| how))?;
            Some(AccessOrder::Passphrase { assurance })
        }
        What::Phone if text.is_empty() => Some(AccessOrder::Phone { phone: None }),
        What::Phone => {
            let phone = errors.check("value", text.parse::<Phone>())?;
            Some(AccessOrder::Phone { phone: Some(phone) })
        }
        What::Mail => {
            let mail = errors.check("value", text.parse::<Mail>())?;
            Some(AccessOrder::Mail { mail })
        }
    }
}

async fn show(
    site: &Site,
    by: &Administering,
    (what, account): (What, &Account),
    key: &IdempotencyKey,
    value: String,
    errors: FieldErrors,
) -> Result<Response, Response> {
    let tokens = site.registry.tokens(&account.npi, clock::now()).await;
    let tokens = tokens.map_err(|error| failed(&error))?;
    let status = if errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let phone = account.phone.as_ref();
    let page = Page {
        frame: by.frame(),
        idempotency_key: key.as_str().to_owned(),
        word: what.word(),
        heading: what.heading(),
        npi: account.npi.to_string(),
        name: account.name.to_string(),
        tokens: tokens.iter().filter(|token| token.state.is_in_use()).count(),
        ends_in: phone.map_or_else(String::new, |phone| phone.last_digits().to_owned()),
        mail: account.mail.to_string(),
        value,
        errors,
    };
    Ok(render(status, &page))
}
