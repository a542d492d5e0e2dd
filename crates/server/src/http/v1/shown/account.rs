//! An account.

use oath::UnixTime;
use registry::{Lock, Phone};
use serde::Serialize;
use utoipa::ToSchema;

use crate::time_text::rfc3339;

/// A prescriber's account.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({
    "account": "1234567893", "id": "EHR-00042", "name": "Ada Quill", "mail": "ada@example.org", "phone_ends_in": "42",
    "opened": "2027-03-01T09:00:00Z", "proofing": "in person, by the credentialing office",
    "sign_in_paused": false, "sign_in_paused_until": null, "access_ended": null
}))]
pub(in super::super) struct Account {
    /// The prescriber's NPI.
    account: String,
    /// What the operator calls it besides.
    #[schema(required)]
    id: Option<String>,
    /// The prescriber's name. Personal.
    name: String,
    /// Where mail to the prescriber goes. Personal.
    mail: String,
    /// The last digits of the telephone number to which a code is sent before a token is added; `null`
    /// where there is none. Personal.
    #[schema(required)]
    phone_ends_in: Option<String>,
    /// When it was opened, RFC 3339.
    opened: String,
    /// Who checked the prescriber's identity, and how. Personal.
    proofing: String,
    /// Whether too many wrong passphrases pause the sign-in.
    sign_in_paused: bool,
    /// Until when; `null` where it is not paused, or until it is unlocked.
    #[schema(required)]
    sign_in_paused_until: Option<String>,
    /// When its access was ended; `null` where it was not.
    #[schema(required)]
    access_ended: Option<String>,
}

impl Account {
    pub(in super::super) fn new(account: &registry::Account, now: UnixTime) -> Self {
        let pause = account.sign_in_pause.filter(|pause| pause.holds(now));
        Self {
            account: account.npi.to_string(),
            id: account.id.as_ref().map(ToString::to_string),
            name: account.name.to_string(),
            mail: account.mail.to_string(),
            phone_ends_in: account.phone.as_ref().map(Phone::last_digits).map(Into::into),
            opened: rfc3339(account.opened),
            proofing: account.proofing.to_string(),
            sign_in_paused: pause.is_some(),
            sign_in_paused_until: match pause {
                Some(Lock::Until(until)) => Some(rfc3339(until)),
                Some(Lock::UntilUnlocked) | None => None,
            },
            access_ended: account.access_ended.map(rfc3339),
        }
    }
}
