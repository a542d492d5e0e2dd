//! Add New Token: associates a token with the account. Sent twice, it answers the same twice.
//!
//! A token with a button needs two codes. The form has the second field from the start where it was
//! asked for, and otherwise as soon as the number, the type or the token itself tells that it is one.

use askama::Template;
use axum::{
    extract::{Query, State, rejection::QueryRejection},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Redirect, Response},
};
use oath::{Code, Manufacturer, SerialNumber, TokenType};
use provisioning::Label;
use registry::{AssociateError, Association, Field, IdempotencyKey, Seen, Session};

use serde::Deserialize;

use super::{
    Frame,
    field_errors::FieldErrors,
    form::{Form, shown_again},
    message, render, step_up,
    visitor::{self, SignedIn, SignedInForm},
};
use crate::{
    clock,
    http::{Site, client},
    randomness,
};

#[derive(Template)]
#[template(path = "add_token.html")]
struct Page {
    frame: Frame,
    idempotency_key: String,
    errors: FieldErrors,
    values: Values,
    manufacturers: Vec<(String, String)>,
    issuers: Vec<(String, String)>,
    types: Vec<(String, String)>,
    code_label: &'static str,
}

/// What stands in the fields. Never a code that could be old by the time it is sent again: the first
/// of a token with a button alone, when the second is asked for.
#[derive(Default)]
struct Values {
    two_codes: bool,
    code: String,
    manufacturer: String,
    issuer: String,
    token_type: String,
    name: String,
    serial: String,
}

impl Values {
    fn of(form: &Form) -> Self {
        let shown = |name| shown_again(form.text(name));
        Self {
            two_codes: form.has("second_code") || is_hard(form),
            code: String::new(),
            manufacturer: shown("manufacturer"),
            issuer: shown("issuer"),
            token_type: shown("type"),
            name: shown("name"),
            serial: shown("serial"),
        }
    }
}

/// Whether the type or the number tells a token that is a device of its own.
fn is_hard(form: &Form) -> bool {
    let by_number = form.text("serial").parse::<SerialNumber>().ok();
    let by_number = by_number.and_then(|serial| serial.token_type());
    form.text("type").parse().ok().or(by_number) == Some(TokenType::Hard)
}

/// How many codes the form asks for, and what is filled in.
#[derive(Deserialize, Default)]
pub(super) struct Asked {
    #[serde(default)]
    codes: String,
    /// The serial number that an activation link knows.
    #[serde(default)]
    serial: String,
}

pub(super) async fn page(
    State(site): State<Site>,
    SignedIn(session): SignedIn,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Response {
    let key = IdempotencyKey::generate(&mut randomness::rng());
    let asked = asked.map(|Query(asked)| asked).unwrap_or_default();
    if let Err(answer) = step_up::passed(&site, &session, &asked.serial).await {
        return answer;
    }
    let told = asked.serial.parse::<SerialNumber>().ok().and_then(|serial| serial.token_type());
    let two_codes = asked.codes == "2" || told == Some(TokenType::Hard);
    let values = Values { two_codes, serial: shown_again(&asked.serial), ..Values::default() };
    show(&site, &session, &key, values, FieldErrors::default())
}

pub(super) async fn submit(
    State(site): State<Site>,
    headers: HeaderMap,
    SignedInForm(session, form): SignedInForm,
) -> Response {
    let Ok(key) = form.text("idempotency_key").parse::<IdempotencyKey>() else {
        return message::stale_form().into_response();
    };
    let mut errors = FieldErrors::default();
    let mut values = Values::of(&form);
    let seen = client::seen(&site, &headers);
    if let Some(association) = read(&form, &site.issuer, seen, &key, &mut errors) {
        match site.registry.associate(&session, &association, clock::now()).await {
            Ok(token) => {
                return Redirect::to(&format!("/tokens?added={}", token.serial.as_str()))
                    .into_response();
            }
            Err(AssociateError::Registry(error)) => return message::failed(&error).into_response(),
            Err(error) => {
                if error == AssociateError::NeedsSecondCode {
                    values.two_codes = true;
                    values.code = shown_again(form.text("code"));
                }
                errors.add(field_name(&error), &error.to_string());
            }
        }
    }
    show(&site, &session, &key, values, errors)
}

/// The form's values, or a note at each field that has none.
pub(super) fn read(
    form: &Form,
    issuer: &Label,
    seen: Seen,
    key: &IdempotencyKey,
    errors: &mut FieldErrors,
) -> Option<Association> {
    let serial = required(form, errors, "serial", "enter the credential ID or serial number")
        .and_then(|text| errors.check("serial", text.parse::<SerialNumber>()));
    let manufacturer = chosen(
        form.text("manufacturer"),
        serial.as_ref().map(SerialNumber::manufacturer),
        ("manufacturer", "choose the manufacturer: this number does not tell it"),
        errors,
    );
    let issuer = Some(issuer).filter(|issuer| issuer.as_str() == form.text("issuer"));
    if issuer.is_none() {
        errors.add("issuer", "choose one of the listed issuers");
    }
    let token_type = chosen(
        form.text("type"),
        serial.as_ref().map(SerialNumber::token_type),
        ("type", "choose the type: this number does not tell it"),
        errors,
    );
    let name = required(form, errors, "name", "enter a name, such as iPhone token")
        .and_then(|text| errors.check("name", text.parse::<Label>()));
    let code = required(form, errors, "code", "enter the digits that the token shows now")
        .and_then(|text| errors.check("code", text.parse::<Code>()));
    let second_code = match form.text("second_code") {
        "" => Some(None),
        text => errors.check("second_code", text.parse::<Code>()).map(Some),
    };
    errors.sort(&["manufacturer", "issuer", "type", "name", "serial", "code", "second_code"]);
    Some(Association {
        manufacturer: manufacturer?,
        issuer: issuer?.clone(),
        token_type: token_type?,
        name: name?,
        serial: serial?,
        code: code?,
        second_code: second_code?,
        seen,
        idempotency_key: key.clone(),
    })
}

fn required<'a>(
    form: &'a Form,
    errors: &mut FieldErrors,
    field: &'static str,
    missing: &str,
) -> Option<&'a str> {
    let text = form.text(field);
    if text.trim().is_empty() {
        errors.add(field, missing);
        return None;
    }
    Some(text)
}

/// What was chosen or, where nothing was, what the serial number tells; a serial number that cannot
/// be read is told at its own field only.
fn chosen<T: core::str::FromStr<Err: core::fmt::Display>>(
    text: &str,
    told: Option<Option<T>>,
    (field, missing): (&'static str, &str),
    errors: &mut FieldErrors,
) -> Option<T> {
    if !text.is_empty() {
        return errors.check(field, text.parse());
    }
    let told = told?;
    if told.is_none() {
        errors.add(field, missing);
    }
    told
}

const fn field_name(error: &AssociateError) -> &'static str {
    match error.field() {
        Some(Field::Manufacturer) => "manufacturer",
        Some(Field::TokenType) => "type",
        Some(Field::Serial) => "serial",
        Some(Field::Code) => "code",
        Some(Field::SecondCode) => "second_code",
        None => "",
    }
}

fn show(
    site: &Site,
    session: &Session,
    key: &IdempotencyKey,
    values: Values,
    errors: FieldErrors,
) -> Response {
    let status = if errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let page = Page {
        frame: visitor::frame(session),
        idempotency_key: key.as_str().to_owned(),
        errors,
        code_label: if values.two_codes { "One-Time Password 1" } else { "Security code (OTP)" },
        values,
        manufacturers: or_by_number(&Manufacturer::ALL.map(Manufacturer::name)),
        issuers: vec![option(site.issuer.as_str())],
        types: or_by_number(&TokenType::ALL.map(TokenType::name)),
    };
    render(status, &page)
}

/// A list to choose from, or not: then the serial number decides.
fn or_by_number(names: &[&str]) -> Vec<(String, String)> {
    let by_number = (String::new(), "As the number tells".to_owned());
    [by_number].into_iter().chain(names.iter().copied().map(option)).collect()
}

/// An entry of a list, sent as it is shown.
fn option(name: &str) -> (String, String) {
    (name.to_owned(), name.to_owned())
}
