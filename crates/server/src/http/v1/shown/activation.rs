//! An open activation.

use oath::SerialNumber;
use registry::OpenActivation;
use serde::Serialize;
use utoipa::ToSchema;

use crate::time_text::rfc3339;

/// An activation that is open: a token can still be added by it.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({
    "account": "1234567893", "state": "begun", "opens_access": true, "credential_id": null,
    "replaces": null, "begun": "2027-03-01T09:00:00Z", "expires": "2027-03-02T09:00:00Z",
    "confirmation_expires": "2027-03-02T09:00:00Z", "wrong_confirmations": 0
}))]
pub(in super::super) struct Activation {
    /// The prescriber's NPI.
    account: String,
    /// `begun`, or `provisioned` once its token has arrived.
    state: &'static str,
    /// Whether its confirmation code opens the access of a prescriber without a token.
    opens_access: bool,
    /// The token that has arrived.
    #[schema(required)]
    credential_id: Option<String>,
    /// The token whose place it takes, where one is moved to a new phone.
    #[schema(required)]
    replaces: Option<String>,
    /// When it was begun, RFC 3339.
    begun: String,
    /// Until when its link is good.
    expires: String,
    /// Until when its confirmation code is good.
    confirmation_expires: String,
    /// Wrong confirmation codes in a row.
    wrong_confirmations: u32,
}

impl Activation {
    pub(in super::super) fn new(open: &OpenActivation) -> Self {
        let text = |serial: &SerialNumber| serial.as_str().to_owned();
        Self {
            account: open.npi.to_string(),
            state: open.state.name(),
            opens_access: open.opens_access,
            credential_id: open.serial.as_ref().map(text),
            replaces: open.replaces.as_ref().map(text),
            begun: rfc3339(open.begun),
            expires: rfc3339(open.expires),
            confirmation_expires: rfc3339(open.confirmation_expires),
            wrong_confirmations: open.wrong_confirmations,
        }
    }
}
