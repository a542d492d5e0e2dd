//! What a relying party entered, and what became of it.

use registry::access::AccessChange;
use serde::Serialize;
use utoipa::ToSchema;

use crate::time_text::rfc3339;

/// Something about a prescriber's access that was entered.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({
    "entry": "Vq0yTj3xZk1B9hJmC2wN4aRs7uXeLdGfHo8iPbKt5Yc",
    "at": "/v1/access/Vq0yTj3xZk1B9hJmC2wN4aRs7uXeLdGfHo8iPbKt5Yc", "account": "1234567893",
    "what": "account", "state": "pending", "entered": "2027-03-04T14:05:10Z", "decided": null,
    "reason": null
}))]
pub(in super::super) struct Entered {
    /// Names it.
    entry: String,
    /// Where its state is asked.
    pub(in super::super) at: String,
    /// The prescriber's NPI.
    account: String,
    /// `account` or `activation`.
    what: &'static str,
    /// `pending`, `executed`, `declined` or `expired`.
    state: &'static str,
    /// When it was entered, RFC 3339.
    entered: String,
    /// When it was executed or declined.
    #[schema(required)]
    decided: Option<String>,
    /// Why it was declined.
    #[schema(required)]
    reason: Option<String>,
}

impl Entered {
    pub(in super::super) fn new(change: &AccessChange) -> Self {
        let (entry, decided) = (change.id.as_str().to_owned(), change.decided.as_ref());
        Self {
            at: format!("/v1/access/{entry}"),
            entry,
            account: change.npi.to_string(),
            what: change.order.kind(),
            state: change.state.name(),
            entered: rfc3339(change.entered),
            decided: decided.map(|decided| rfc3339(decided.at)),
            reason: decided.and_then(|decided| Some(decided.reason.as_ref()?.to_string())),
        }
    }
}
