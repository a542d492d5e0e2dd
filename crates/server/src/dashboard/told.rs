//! Forms, read as their pages read them and not acted on: for the fuzz targets.

use axum::{body::Body, extract::Request, http::header::CONTENT_TYPE};
use futures_util::FutureExt as _;
use provisioning::Label;
use registry::{IdempotencyKey, Seen};

use super::{
    add_token, admin::access_account, admin::upload::Upload, field_errors::FieldErrors, form::Form,
    own_token::loss::marks, requests::fields,
};

/// What nobody is told who did not type it.
const SECRETS: [&str; 4] = ["code", "second_code", "passphrase", "secret"];
/// Room for a file: as much as a fuzz target gives.
const MOST: usize = 16 * 1024;

/// What is told at the fields of a form, and what stands in those that hold a secret.
pub(crate) fn told(body: &[u8]) -> (Vec<String>, Vec<String>) {
    let (form, mut errors) = (Form::parse(body), FieldErrors::default());
    fields::read_mail(&form, &mut errors);
    fields::read_address(&form, &mut errors);
    marks(&form);
    let issuer = form.text("issuer").parse::<Label>();
    let key = form.text("idempotency_key").parse::<IdempotencyKey>();
    if let (Ok(issuer), Ok(key)) = (issuer, key) {
        add_token::read(&form, &issuer, Seen::default(), &key, &mut errors);
        access_account::read(&form, &key, &mut errors);
    }
    let told = errors.list().iter().map(|(_, text)| text.clone()).collect();
    (told, SECRETS.map(|name| form.text(name).to_owned()).to_vec())
}

/// The file of a form that has one.
pub(crate) fn uploaded(boundary: &str, body: &[u8]) -> Option<Vec<u8>> {
    let media_type = format!("multipart/form-data; boundary={boundary}");
    let request = Request::post("/").header(CONTENT_TYPE, media_type);
    let request = request.body(Body::from(body.to_vec())).ok()?;
    // All of it is here: there is nothing to wait for.
    let (_, file) = Upload::read(request, MOST).now_or_never()??.file()?;
    Some(file.to_vec())
}
