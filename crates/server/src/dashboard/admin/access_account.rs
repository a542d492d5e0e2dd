//! Enters the opening of an account, with the record of who checked the prescriber's identity, when,
//! and by which evidence.

use askama::Template;
use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use provisioning::Label;
use registry::{
    AccessError, Action, Error, IdempotencyKey, Mail, Npi, Passphrase, Phone, ProofingRecord,
    access::{AccessOrder, NewAccess},
};

use super::{
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
    proofing::{Evidence, record},
    randomness, time_text,
};

/// The fields in the order of the form.
const FIELDS: [&str; 8] =
    ["npi", "name", "mail", "phone", "checked-by", "checked-on", "evidence", "passphrase"];

#[derive(Template)]
#[template(path = "admin/access_account.html")]
struct Page {
    frame: Frame,
    idempotency_key: String,
    errors: FieldErrors,
    values: Values,
}

/// What stands in the fields; never the passphrase.
#[derive(Default)]
struct Values {
    npi: String,
    name: String,
    mail: String,
    phone: String,
    checked_by: String,
    checked_on: String,
    evidence: String,
}

impl Values {
    fn of(form: &Form) -> Self {
        let shown = |name| shown_again(form.text(name));
        Self {
            npi: shown("npi"),
            name: shown("name"),
            mail: shown("mail"),
            phone: shown("phone"),
            checked_by: shown("checked-by"),
            checked_on: shown("checked-on"),
            evidence: shown("evidence"),
        }
    }
}

pub(super) async fn page(
    State(site): State<Site>,
    by: Administering,
) -> Result<Response, Response> {
    by.may(&site, Action::EnterAccess).await?;
    let key = IdempotencyKey::generate(&mut randomness::rng());
    Ok(show(&by, &key, Values::default(), FieldErrors::default()))
}

pub(super) async fn submit(
    State(site): State<Site>,
    AdministratorForm { by, form }: AdministratorForm,
) -> Result<Response, Response> {
    by.may(&site, Action::EnterAccess).await?;
    let Ok(key) = form.text("idempotency_key").parse::<IdempotencyKey>() else {
        return Err(message::stale_form().for_administrator().into_response());
    };
    let mut errors = FieldErrors::default();
    if let Some(new) = read(&form, &key, &mut errors) {
        let mut rng = randomness::rng();
        match site.registry.enter_access(&by.session, new, clock::now(), &mut rng).await {
            Ok(change) => {
                let address = format!("/admin/access/changes/{}?entered", change.id.as_str());
                return Ok(Redirect::to(&address).into_response());
            }
            Err(AccessError::Registry(error @ Error::AccountExists)) => {
                errors.add("npi", &error.to_string());
            }
            Err(AccessError::Registry(error)) => return Err(failed(&error)),
            Err(AccessError::Refused(refusal)) => errors.add("npi", &refusal.to_string()),
        }
    }
    Ok(show(&by, &key, Values::of(&form), errors))
}

/// The form's values, or a note at each field that has none.
pub(in super::super) fn read(
    form: &Form,
    key: &IdempotencyKey,
    errors: &mut FieldErrors,
) -> Option<NewAccess> {
    let npi = errors.check("npi", form.text("npi").trim().parse::<Npi>());
    let name = errors.check("name", form.text("name").parse::<Label>());
    let mail = errors.check("mail", form.text("mail").trim().parse::<Mail>());
    let phone = match form.text("phone").trim() {
        "" => Some(None),
        text => errors.check("phone", text.parse::<Phone>()).map(Some),
    };
    let proofing = proofing(form, errors);
    let passphrase = errors.check("passphrase", Passphrase::parse(form.text("passphrase")));
    errors.sort(&FIELDS);
    let order = AccessOrder::Account {
        name: name?,
        mail: mail?,
        phone: phone?,
        own_id: None,
        address: None,
        proofing: proofing?,
    };
    Some(NewAccess { id: key.clone(), npi: npi?, order, passphrase: Some(passphrase?) })
}

/// Who checked what, when, by which evidence: one record.
pub(super) fn proofing(form: &Form, errors: &mut FieldErrors) -> Option<ProofingRecord> {
    let checked_by = form.text("checked-by").parse::<Label>();
    if checked_by.is_err() {
        errors
            .add("checked-by", "say who checked the prescriber’s identity, in 1 to 64 characters");
    }
    let day = time_text::day(form.text("checked-on").trim());
    match day {
        Err(error) => errors.add("checked-on", error),
        Ok(day) if day > clock::now() => errors.add("checked-on", "this day has not come yet"),
        Ok(_) => {}
    }
    let evidence = errors.check("evidence", form.text("evidence").parse::<Evidence>());
    let day = day.ok().filter(|day| *day <= clock::now())?;
    errors.check("evidence", record(&checked_by.ok()?, day, &evidence?))
}

fn show(by: &Administering, key: &IdempotencyKey, values: Values, errors: FieldErrors) -> Response {
    let status = if errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let idempotency_key = key.as_str().to_owned();
    render(status, &Page { frame: by.frame(), idempotency_key, errors, values })
}
