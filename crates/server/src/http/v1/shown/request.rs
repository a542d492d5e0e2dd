//! A token request.

use oath::SerialNumber;
use registry::{TokenRequest, request::Mailing};
use serde::Serialize;
use utoipa::ToSchema;

use crate::time_text::rfc3339;

/// A prescriber's request for one token.
#[derive(Serialize, ToSchema)]
#[schema(as = TokenRequest, example = json!({
    "id": "R-4F7K-92MQ", "account": "1234567893", "type": "OTP HARD TOKEN", "state": "shipped",
    "mail": "ada@example.org", "address": "Ada Quill, 1 Main Street, Springfield, IL 62701",
    "replaces": null, "replaced_because": null, "requested": "2027-03-01T09:00:00Z", "edited": null,
    "processed": "2027-03-01T10:00:00Z", "shipped": "2027-03-02T09:00:00Z", "activated": null,
    "cancelled": null, "carrier": "UPS", "tracking": "1Z999AA10123456784",
    "credential_id": "AVT812345678", "link_expires": null,
    "activation_mail": { "state": "sent", "tries": 1, "problem": null }
}))]
pub(in super::super) struct Request {
    /// The request's number.
    id: String,
    /// The prescriber's NPI.
    account: String,
    /// `OTP SOFT TOKEN` or `OTP HARD TOKEN`.
    r#type: &'static str,
    /// `requested`, `processed`, `shipped`, `activated` or `cancelled`.
    state: &'static str,
    /// Where the activation is mailed to. Personal.
    mail: String,
    /// Where a hard token is shipped to. Personal.
    #[schema(required)]
    address: Option<String>,
    /// The token that it replaces.
    #[schema(required)]
    replaces: Option<String>,
    /// Why that one is replaced.
    #[schema(required)]
    replaced_because: Option<&'static str>,
    /// When it was made, RFC 3339.
    requested: String,
    /// When it was last edited.
    #[schema(required)]
    edited: Option<String>,
    /// When the help desk took it up.
    #[schema(required)]
    processed: Option<String>,
    /// When the hard token was shipped.
    #[schema(required)]
    shipped: Option<String>,
    /// When its token was added.
    #[schema(required)]
    activated: Option<String>,
    /// When it was given up.
    #[schema(required)]
    cancelled: Option<String>,
    /// Who carries the hard token. Personal, with its number there.
    #[schema(required)]
    carrier: Option<String>,
    #[schema(required)]
    tracking: Option<String>,
    /// The token that was shipped or added.
    #[schema(required)]
    credential_id: Option<String>,
    /// Until when the mailed link of a soft token is good.
    #[schema(required)]
    link_expires: Option<String>,
    activation_mail: Mail,
}

/// How the activation mail fares.
#[derive(Serialize, ToSchema)]
#[schema(as = ActivationMail)]
struct Mail {
    /// `none`, `due`, `sent`, or `given-up` after too many tries.
    state: &'static str,
    /// How often it was tried.
    tries: u32,
    /// Why the last try failed. May be personal.
    #[schema(required)]
    problem: Option<String>,
}

impl Request {
    pub(in super::super) fn new(request: &TokenRequest) -> Self {
        let text = |serial: &SerialNumber| serial.as_str().to_owned();
        let replaced = request.replaces.as_ref();
        let shipment = request.shipment.as_ref();
        Self {
            id: request.id.to_string(),
            account: request.npi.to_string(),
            r#type: request.token_type.name(),
            state: request.state.name(),
            mail: request.mail.to_string(),
            address: request.address.as_ref().map(ToString::to_string),
            replaces: replaced.map(|replaced| text(&replaced.serial)),
            replaced_because: replaced.map(|replaced| replaced.reason.name()),
            requested: rfc3339(request.requested),
            edited: request.edited.map(rfc3339),
            processed: request.processed.map(rfc3339),
            shipped: request.shipped.map(rfc3339),
            activated: request.activated.map(rfc3339),
            cancelled: request.cancelled.map(rfc3339),
            carrier: shipment.map(|shipment| shipment.carrier.to_string()),
            tracking: shipment.map(|shipment| shipment.tracking.to_string()),
            credential_id: request.serial.as_ref().map(text),
            link_expires: request.link_expires.map(rfc3339),
            activation_mail: Mail::new(&request.mailing),
        }
    }
}

impl Mail {
    fn new(mailing: &Mailing) -> Self {
        let state = match (&mailing.problem, mailing.due, mailing.sent) {
            (_, Some(_), _) => "due",
            (Some(_), None, _) => "given-up",
            (None, None, Some(_)) => "sent",
            (None, None, None) => "none",
        };
        Self { state, tries: mailing.attempts, problem: mailing.problem.clone() }
    }
}
