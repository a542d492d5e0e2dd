//! Every parser of what comes from outside, each as a function that takes any bytes.
//!
//! A function panics where a parser does, and where what it read is not what was written. `cargo xtask
//! fuzz` gives each a minute of libFuzzer; the tests give each its seeds, in `corpus`, and what a little
//! chance makes of them.

#![expect(clippy::expect_used, reason = "a fuzz target tells what it found by panicking")]

mod bodies;
mod fields;
mod framed;
mod stock;

pub use bodies::{api_body, dashboard_form, upload};
pub use fields::{app_answer, form_fields, otpauth};
pub use framed::{app_request, enrolment_link, issuer_card, provisioning_data, sealed_token};
pub use stock::{pskc, pskc_passphrase, stock_csv};

/// A function that panics where it finds a fault.
pub type Target = fn(&[u8]);

/// Every target by its name, which is its program's and its corpus's too.
pub const TARGETS: [(&str, Target); 14] = [
    ("enrolment_link", enrolment_link),
    ("issuer_card", issuer_card),
    ("sealed_token", sealed_token),
    ("provisioning_data", provisioning_data),
    ("app_request", app_request),
    ("app_answer", app_answer),
    ("otpauth", otpauth),
    ("pskc", pskc),
    ("pskc_passphrase", pskc_passphrase),
    ("stock_csv", stock_csv),
    ("form_fields", form_fields),
    ("api_body", api_body),
    ("dashboard_form", dashboard_form),
    ("upload", upload),
];
