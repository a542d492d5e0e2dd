//! Where the link for a new passphrase leads: the prescriber types the code to it, and chooses. Opening
//! it changes nothing, and counts for nothing.

use askama::Template;
use axum::{
    extract::{Path, State, rejection::PathRejection},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use registry::{
    ConfirmationCode, IdempotencyKey, Passphrase, ResetSecret, SetPassphraseError,
    rules::passphrase_reset::ResetStanding,
};
use zeroize::Zeroizing;

use super::{field_errors::FieldErrors, form::Form, message, render, sign_in_form::SignInForm};
use crate::{clock, http::Site, randomness, time_text};

/// The fields in the order of the form.
const FIELDS: [&str; 3] = ["code", "passphrase", "again"];

#[derive(Template)]
#[template(path = "new_passphrase.html")]
struct Page {
    /// The end of this page's address.
    secret: Zeroizing<String>,
    idempotency_key: String,
    /// In which span the link ends.
    left: String,
    errors: FieldErrors,
}

type InAddress = Result<Path<String>, PathRejection>;

/// The secret at the end of the address, if it is one.
fn secret_of(address: InAddress) -> Option<ResetSecret> {
    address.ok().and_then(|Path(text)| text.parse().ok())
}

pub(super) async fn page(State(site): State<Site>, secret: InAddress) -> Response {
    let Some(secret) = secret_of(secret) else { return message::reset_over().into_response() };
    let key = IdempotencyKey::generate(&mut randomness::rng());
    show(&site, &secret, &key, FieldErrors::default()).await
}

/// A code is counted once it is judged; so it is judged although whoever sent it is gone.
pub(super) async fn submit_to_the_end(
    State(site): State<Site>,
    secret: InAddress,
    SignInForm(form): SignInForm,
) -> Response {
    let Some(secret) = secret_of(secret) else { return message::reset_over().into_response() };
    let judged = tokio::spawn(async move { submit(&site, &secret, &form).await }).await;
    judged.unwrap_or_else(|_| message::broken().into_response())
}

async fn submit(site: &Site, secret: &ResetSecret, form: &Form) -> Response {
    let Ok(key) = form.text("idempotency_key").parse::<IdempotencyKey>() else {
        return message::reset_over().into_response();
    };
    let mut errors = FieldErrors::default();
    if let Some((code, passphrase)) = read(form, &mut errors) {
        let (now, mut rng) = (clock::now(), randomness::rng());
        match site.registry.set_passphrase(secret, &code, &passphrase, &key, now, &mut rng).await {
            Ok(()) => return Redirect::to("/sign-in?new-passphrase").into_response(),
            Err(error @ SetPassphraseError::Wrong { .. }) => {
                errors.add("code", &error.to_string());
            }
            Err(SetPassphraseError::LinkOver) => return message::reset_over().into_response(),
            Err(SetPassphraseError::TooMany) => return message::busy().into_response(),
            Err(SetPassphraseError::Registry(error)) => {
                return message::failed(&error).into_response();
            }
        }
    }
    show(site, secret, &key, errors).await
}

/// The form's values, or a note at each field that has none. No code is judged, and none counted, while
/// the passphrase cannot be taken.
fn read(form: &Form, errors: &mut FieldErrors) -> Option<(ConfirmationCode, Passphrase)> {
    let code = errors.check("code", form.text("code").parse::<ConfirmationCode>());
    let passphrase = errors.check("passphrase", Passphrase::parse(form.text("passphrase")));
    if passphrase.is_some() && form.text("again") != form.text("passphrase") {
        errors.add("again", "this is not the same: type the passphrase once more");
    }
    errors.sort(&FIELDS);
    Some((code?, passphrase?)).filter(|_| errors.is_empty())
}

async fn show(
    site: &Site,
    secret: &ResetSecret,
    key: &IdempotencyKey,
    errors: FieldErrors,
) -> Response {
    let now = clock::now();
    let until = match site.registry.passphrase_reset(secret, now).await {
        Ok(ResetStanding::Open { until }) => until,
        Ok(ResetStanding::JustUsed | ResetStanding::Over) => {
            return message::reset_over().into_response();
        }
        Err(error) => return message::failed(&error).into_response(),
    };
    let page = Page {
        secret: secret.expose_text(),
        idempotency_key: key.as_str().to_owned(),
        left: time_text::span(until.since(now)),
        errors,
    };
    let is_fine = page.errors.is_empty();
    let status = if is_fine { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    render(status, &page)
}
