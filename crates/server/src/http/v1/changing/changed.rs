//! What is told of a token that was changed: no more than whoever changes it knows or has to know. The rest
//! is read with a key of the scope `read`.

use serde::Serialize;
use utoipa::ToSchema;

use crate::{clock, time_text::rfc3339};

/// A token after a change.
#[derive(Serialize, ToSchema)]
#[schema(as = ChangedToken, example = json!({
    "credential_id": "CSST4F7K92MQ", "state": "active", "wrong_codes": 0, "locked_until": null
}))]
pub(super) struct Changed {
    /// The credential ID or serial number.
    credential_id: String,
    /// `pending-sync`, `active`, `locked`, `suspended` or `deactivated`.
    state: &'static str,
    /// Wrong codes in a row.
    wrong_codes: u32,
    /// When its lock ends by itself; `null` where it is not locked, or until it is unlocked.
    #[schema(required)]
    locked_until: Option<String>,
}

impl Changed {
    pub(super) fn of(token: &registry::Token) -> Self {
        Self {
            credential_id: token.serial.as_str().to_owned(),
            state: token.state.name(),
            wrong_codes: token.failures,
            locked_until: token.locked_until(clock::now()).map(rfc3339),
        }
    }
}
