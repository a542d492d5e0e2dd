//! Mail and address of a request: as they stand in the fields, and as they are meant.

use provisioning::Label;
use registry::{Account, Mail, PostalAddress, TokenRequest, ZipCode};

use crate::dashboard::{
    field_errors::FieldErrors,
    form::{Form, shown_again},
};

/// The fields of an address, in the order of the form.
pub(super) const ADDRESS: [&str; 5] = ["street", "second", "city", "state", "zip"];

/// What stands in the fields.
#[derive(Default)]
pub(super) struct Fields {
    pub(super) mail: String,
    pub(super) street: String,
    pub(super) second: String,
    pub(super) city: String,
    pub(super) state: String,
    pub(super) zip: String,
}

impl Fields {
    /// What the account has.
    pub(super) fn of_account(account: &Account) -> Self {
        Self::new(&account.mail, account.address.as_ref())
    }

    /// What the request has.
    pub(super) fn of_request(request: &TokenRequest) -> Self {
        Self::new(&request.mail, request.address.as_ref())
    }

    /// What was typed.
    pub(super) fn of_form(form: &Form) -> Self {
        let shown = |name| shown_again(form.text(name));
        Self {
            mail: shown("mail"),
            street: shown("street"),
            second: shown("second"),
            city: shown("city"),
            state: shown("state"),
            zip: shown("zip"),
        }
    }

    pub(super) fn new(mail: &Mail, address: Option<&PostalAddress>) -> Self {
        let mail = mail.to_string();
        let Some(address) = address else { return Self { mail, ..Self::default() } };
        Self {
            mail,
            street: address.street.to_string(),
            second: address.second.as_ref().map(ToString::to_string).unwrap_or_default(),
            city: address.city.to_string(),
            state: address.state.to_string(),
            zip: address.zip.to_string(),
        }
    }

    /// The fields as a form carries them on, unseen.
    pub(super) fn hidden(&self) -> Vec<(&'static str, &str)> {
        vec![
            ("mail", &self.mail),
            ("street", &self.street),
            ("second", &self.second),
            ("city", &self.city),
            ("state", &self.state),
            ("zip", &self.zip),
        ]
    }
}

pub(in super::super) fn read_mail(form: &Form, errors: &mut FieldErrors) -> Option<Mail> {
    let text = required(form, errors, "mail", "enter the mail address for the activation")?;
    errors.check("mail", text.parse())
}

pub(in super::super) fn read_address(
    form: &Form,
    errors: &mut FieldErrors,
) -> Option<PostalAddress> {
    let street = label(form, errors, "street", "enter the street and number");
    let second = match form.text("second").trim() {
        "" => Some(None),
        text => errors.check("second", text.parse()).map(Some),
    };
    let city = label(form, errors, "city", "enter the city");
    let state = label(form, errors, "state", "enter the state");
    let zip = required(form, errors, "zip", "enter the ZIP code")
        .and_then(|text| errors.check("zip", text.parse::<ZipCode>()));
    Some(PostalAddress { street: street?, second: second?, city: city?, state: state?, zip: zip? })
}

fn label(
    form: &Form,
    errors: &mut FieldErrors,
    field: &'static str,
    missing: &str,
) -> Option<Label> {
    required(form, errors, field, missing).and_then(|text| errors.check(field, text.parse()))
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
