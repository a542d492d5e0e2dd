//! Texts without a frame: links of other issuers, JSON, and what people type into forms.

use std::fmt::Display;
use std::str::FromStr;

use oath::{Code, CredentialId, SerialNumber};
use provisioning::{
    ActivationId, AppAnswer, IssuerName, Label, OtpauthUri, PreSharedKey, PskcPassphrase, ServerUrl,
};
use registry::{
    ActivateLink, AdministratorName, ConfirmationCode, IdempotencyKey, Mail, Npi, Passphrase,
    Phone, PostalAddress, ProofingRecord, RequestId, ResetSecret, Roles, SessionSecret,
    StockImportId, ZipCode,
};

/// An account of another issuer, by its link.
pub fn otpauth(bytes: &[u8]) {
    let Ok(text) = str::from_utf8(bytes) else { return };
    let Ok(read) = OtpauthUri::parse(text) else { return };
    let written = read.to_text();
    let again = OtpauthUri::parse(&written).expect("it reads what it wrote");
    assert_eq!(*again.to_text(), *written);
}

/// What a server answers to an app, in JSON.
pub fn app_answer(bytes: &[u8]) {
    let Ok(answer) = AppAnswer::parse(bytes) else { return };
    let again = AppAnswer::parse(answer.to_json().as_bytes()).expect("it reads what it wrote");
    assert_eq!(again, answer);
}

/// A text as each field of a form or of the command line takes it.
pub fn form_fields(bytes: &[u8]) {
    let text = &*String::from_utf8_lossy(bytes);
    same_again::<Npi>(text);
    same_again::<SerialNumber>(text);
    same_again::<CredentialId>(text);
    same_again::<ServerUrl>(text);
    same_again::<ActivationId>(text);
    same_again::<Label>(text);
    same_again::<IssuerName>(text);
    let _ = text.parse::<Code>();
    let _ = text.parse::<ConfirmationCode>();
    let _ = text.parse::<Mail>();
    let _ = text.parse::<Phone>();
    let _ = text.parse::<PostalAddress>();
    let _ = text.parse::<ZipCode>();
    let _ = text.parse::<ProofingRecord>();
    let _ = text.parse::<AdministratorName>();
    let _ = text.parse::<Roles>();
    let _ = text.parse::<IdempotencyKey>();
    let _ = text.parse::<RequestId>();
    let _ = text.parse::<StockImportId>();
    let _ = text.parse::<SessionSecret>();
    let _ = text.parse::<ResetSecret>();
    let _ = text.parse::<ActivateLink>();
    let _ = Passphrase::parse(text);
    let _ = PskcPassphrase::parse(text);
    let _ = PreSharedKey::parse(text);
}

/// What was read is shown as a text that is read as the same.
fn same_again<T: FromStr + Display + PartialEq>(text: &str) {
    let Ok(read) = text.parse::<T>() else { return };
    let shown = read.to_string();
    assert!(shown.parse::<T>().is_ok_and(|again| again == read), "{shown:?} of {text:?}");
}
