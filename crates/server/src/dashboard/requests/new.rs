//! Request Token: a form, its review, and the request. Sent twice, it answers the same twice.

use askama::Template;
use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use registry::{IdempotencyKey, RequestError, RequestedBy, Session, TokenOrder, Wanted};

use super::{
    Step, field_of,
    fields::{ADDRESS, Fields, read_address, read_mail},
};
use crate::{
    clock,
    dashboard::{
        Frame,
        field_errors::FieldErrors,
        form::Form,
        message, render,
        visitor::{self, SignedIn, SignedInForm},
    },
    http::Site,
    randomness,
};

#[derive(Template)]
#[template(path = "requests/new.html")]
struct Page {
    frame: Frame,
    idempotency_key: String,
    errors: FieldErrors,
    wanted: &'static str,
    fields: Fields,
}

#[derive(Template)]
#[template(path = "requests/review.html")]
struct Review {
    frame: Frame,
    idempotency_key: String,
    wanted: &'static str,
    fields: Fields,
    address: Vec<String>,
}

pub(super) async fn page(SignedIn(session): SignedIn) -> Response {
    let key = IdempotencyKey::generate(&mut randomness::rng());
    let fields = Fields::of_account(&session.account);
    show(&session, &key, "soft", fields, FieldErrors::default())
}

pub(super) async fn submit(
    State(site): State<Site>,
    SignedInForm(session, form): SignedInForm,
) -> Response {
    let Ok(key) = form.text("idempotency_key").parse::<IdempotencyKey>() else {
        return message::stale_form().into_response();
    };
    let mut errors = FieldErrors::default();
    let step = Step::of(form.text("step"));
    if step != Step::Change
        && let Some(order) = read(&form, &key, &mut errors)
    {
        if step == Step::Review {
            return review(&session, &order);
        }
        let by = RequestedBy::Session(&session);
        let made =
            site.registry.request_tokens(by, &order, clock::now(), &mut randomness::rng()).await;
        match made {
            Ok(made) => {
                let id = made.first().map_or("", |request| request.id.as_str());
                return Redirect::to(&format!("/requests?made={id}")).into_response();
            }
            Err(RequestError::Registry(error)) => return message::failed(&error).into_response(),
            Err(error) => errors.add(field_of(&error), &error.to_string()),
        }
    }
    show(&session, &key, wanted(&form), Fields::of_form(&form), errors)
}

/// What is requested, or a note at each field that says why it cannot be.
fn read(form: &Form, key: &IdempotencyKey, errors: &mut FieldErrors) -> Option<TokenOrder> {
    let mail = read_mail(form, errors);
    let wanted = match form.text("wanted") {
        "soft" => Some(Wanted::Soft),
        "hard" => read_address(form, errors).map(Wanted::Hard),
        "both" => read_address(form, errors).map(Wanted::Both),
        _ => {
            errors.add("wanted", "choose which token you want");
            None
        }
    };
    errors.sort(&[&["wanted", "mail"], &ADDRESS[..]].concat());
    Some(TokenOrder { wanted: wanted?, mail: mail?, idempotency_key: key.clone() })
}

/// What was chosen, if it is one of what can be.
fn wanted(form: &Form) -> &'static str {
    let chosen = form.text("wanted");
    ["soft", "hard", "both"].into_iter().find(|known| *known == chosen).unwrap_or("")
}

fn review(session: &Session, order: &TokenOrder) -> Response {
    let (wanted, address) = match &order.wanted {
        Wanted::Soft => ("soft", None),
        Wanted::Hard(address) => ("hard", Some(address)),
        Wanted::Both(address) => ("both", Some(address)),
    };
    let review = Review {
        frame: visitor::frame(session),
        idempotency_key: order.idempotency_key.as_str().to_owned(),
        wanted,
        fields: Fields::new(&order.mail, address),
        address: address.map(registry::PostalAddress::lines).unwrap_or_default(),
    };
    render(StatusCode::OK, &review)
}

fn show(
    session: &Session,
    key: &IdempotencyKey,
    wanted: &'static str,
    fields: Fields,
    errors: FieldErrors,
) -> Response {
    let status = if errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let page = Page {
        frame: visitor::frame(session),
        idempotency_key: key.as_str().to_owned(),
        errors,
        wanted,
        fields,
    };
    render(status, &page)
}
