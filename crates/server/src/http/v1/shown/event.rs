//! An event of the audit.

use oath::SerialNumber;
use registry::{Actor, Npi};
use serde::Serialize;
use utoipa::ToSchema;

use crate::time_text::rfc3339;

/// What happened, once.
#[derive(Serialize, ToSchema)]
#[schema(as = AuditEvent, example = json!({
    "id": 41, "at": "2027-03-04T14:05:10Z",
    "actor": { "role": "relying-party", "name": "Example EHR", "account": null, "credential_id": null },
    "kind": "code-judged", "outcome": "success", "account": "1234567893",
    "credential_id": "CSST4F7K92MQ", "purpose": "signing", "cause": null, "reference": "rx-2041"
}))]
pub(in super::super) struct Event {
    /// Its place in the audit.
    id: u64,
    /// When it happened, RFC 3339.
    at: String,
    actor: By,
    /// What was done; `unknown` of a newer version of the server, and `unreadable` of an event that is
    /// damaged: then role and outcome say nothing.
    kind: &'static str,
    /// How it went: `attempted`, `success` or `refused`.
    outcome: &'static str,
    /// The NPI of the account that it is about.
    #[schema(required)]
    account: Option<String>,
    /// The token that it is about.
    #[schema(required)]
    credential_id: Option<String>,
    /// What the code was for.
    #[schema(required)]
    purpose: Option<&'static str>,
    /// Why, in a few words. May name where something was sent to, and so be personal.
    #[schema(required)]
    cause: Option<String>,
    /// What a code signed, as the relying party called it.
    #[schema(required)]
    reference: Option<String>,
}

/// Who did it.
#[derive(Serialize, ToSchema)]
#[schema(as = Actor)]
struct By {
    /// `prescriber`, `administrator`, `token`, `relying-party`, `app`, `stranger` or `system`.
    role: &'static str,
    /// The name of an administrator or a relying party. An administrator's is personal.
    #[schema(required)]
    name: Option<String>,
    /// The NPI of a prescriber.
    #[schema(required)]
    account: Option<String>,
    /// The token by whose app it was done.
    #[schema(required)]
    credential_id: Option<String>,
}

impl Event {
    pub(in super::super) fn new(event: &registry::Event) -> Self {
        let what = &event.what;
        Self {
            id: event.id,
            at: rfc3339(what.at),
            actor: By::new(&what.actor),
            kind: what.kind.name(),
            outcome: what.outcome.name(),
            account: what.account.as_ref().map(Npi::to_string),
            credential_id: what.serial.as_ref().map(|serial| serial.as_str().to_owned()),
            purpose: what.purpose.map(registry::Purpose::name),
            cause: what.cause.clone(),
            reference: what.reference.as_ref().map(ToString::to_string),
        }
    }
}

impl By {
    fn new(actor: &Actor) -> Self {
        let is = |role| Self { role, name: None, account: None, credential_id: None };
        let named = |role, name: &dyn ToString| Self { name: Some(name.to_string()), ..is(role) };
        let of = |role, npi: Npi, token: Option<&SerialNumber>| Self {
            account: Some(npi.to_string()),
            credential_id: token.map(|serial| serial.as_str().to_owned()),
            ..is(role)
        };
        match actor {
            Actor::Prescriber { npi } => of("prescriber", *npi, None),
            Actor::Token { npi, serial } => of("token", *npi, Some(serial)),
            Actor::Administrator { name, .. } => named("administrator", name),
            Actor::RelyingParty { name, .. } => named("relying-party", name),
            Actor::App => is("app"),
            Actor::Stranger => is("stranger"),
            Actor::System => is("system"),
        }
    }
}
