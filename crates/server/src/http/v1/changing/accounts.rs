//! Accounts and activations. What opens a prescriber's access takes two people: the relying party enters it, and
//! a registrant executes it on the administrators' pages. Who has a token in use begins a further activation by
//! signing in with it.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    response::Response,
};
use provisioning::PinPolicy;
use registry::{
    ActivationOrder, Npi, Passphrase, ProofingRecord, Scope, Session,
    access::{AccessOrder, NewAccess},
    rules::access::AccessRefusal,
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoResponses, ToSchema};
use zeroize::Zeroizing;

use super::{
    super::{
        super::{Problem, Site, problem::Members},
        asking::{account_at, json, malformed},
        named::{Named, OfAccount, OnceUnder},
        problems::{NothingThere, Unanswered, Unchanged},
        shown,
    },
    address::Address,
    once::{Asked, Done},
    refused,
    sign_in::{SignIn, field, maybe, secret},
};
use crate::{
    clock,
    proofing::{self, Evidence},
    randomness, time_text,
};

/// For how many hours a link is good where nothing else is asked, and at most.
const USUAL_HOURS: u64 = 24;
const MOST_HOURS: u64 = 30 * 24;

/// Who checked the prescriber's identity, when, and by what.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "checked_by": "Pat Doe", "checked_on": "2026-03-01", "evidence": "passport and DEA certificate, in person"
}))]
pub(super) struct Identity {
    #[schema(max_length = 64, pattern = r"^[^\s\x00-\x1f\x7f-\x9f][^\x00-\x1f\x7f-\x9f]*$")]
    checked_by: String,
    /// The day, `2026-03-01`; not one to come.
    #[schema(format = Date)]
    checked_on: String,
    /// Which documents were seen, and how, in 1 to 400 characters.
    #[schema(max_length = 400, pattern = r"^[^\s\x00-\x1f\x7f-\x9f][^\x00-\x1f\x7f-\x9f]*$")]
    evidence: String,
}

impl Identity {
    fn read(&self) -> Result<ProofingRecord, Problem> {
        let checked_by = field("identity.checked_by", &self.checked_by)?;
        let day = time_text::day(self.checked_on.trim());
        let day = day.map_err(|why| malformed("identity.checked_on", &why))?;
        if day > clock::now() {
            return Err(malformed("identity.checked_on", &"this day has not come yet"));
        }
        let evidence = self.evidence.parse::<Evidence>();
        let evidence = evidence.map_err(|why| malformed("identity.evidence", &why))?;
        let record = proofing::record(&checked_by, day, &evidence);
        record.map_err(|why| malformed("identity.evidence", &why))
    }
}

/// A prescriber whose identity was checked.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "npi": "1245319599", "name": "Ben Sorrel", "mail": "ben@example.org",
    "passphrase": "correct horse battery", "id": "dr-17", "phone": "+1 410 555 0134",
    "identity": {
        "checked_by": "Pat Doe", "checked_on": "2026-03-01",
        "evidence": "passport and DEA certificate, in person"
    }
}))]
pub(super) struct NewAccount {
    /// Ten digits, of which the last one checks the others.
    #[schema(pattern = r"^[0-9]([ -]?[0-9]){9}$")]
    npi: String,
    #[schema(max_length = 64, pattern = r"^[^\s\x00-\x1f\x7f-\x9f][^\x00-\x1f\x7f-\x9f]*$")]
    name: String,
    /// Where mail to the prescriber goes.
    #[schema(format = "email", max_length = 254)]
    mail: String,
    /// The first passphrase, as the prescriber types it; keep none of it.
    #[serde(deserialize_with = "secret")]
    #[schema(value_type = String, min_length = 8, max_length = 128)]
    passphrase: Zeroizing<String>,
    identity: Identity,
    /// What you call the account besides.
    #[schema(max_length = 64, pattern = "^[._-]*[A-Za-z0-9][A-Za-z0-9._-]*$")]
    id: Option<String>,
    /// Where a code is sent before a token is added; with its country's code.
    #[schema(pattern = r"^\+[1-9]([ .()-]{0,2}[0-9]){7,14}$")]
    phone: Option<String>,
    /// Where a hard token would be shipped to.
    address: Option<Address>,
}

impl NewAccount {
    fn read(&self, asked: &Asked) -> Result<NewAccess, Problem> {
        let order = AccessOrder::Account {
            name: field("name", &self.name)?,
            mail: field("mail", &self.mail)?,
            phone: maybe("phone", self.phone.as_deref())?,
            own_id: maybe("id", self.id.as_deref())?,
            address: self.address.as_ref().map(Address::read).transpose()?.map(Box::new),
            proofing: self.identity.read()?,
        };
        let passphrase = Passphrase::parse(&self.passphrase);
        let passphrase = passphrase.map_err(|why| malformed("passphrase", &why))?;
        let npi = field("npi", &self.npi)?;
        Ok(NewAccess { id: asked.submit(), npi, order, passphrase: Some(passphrase) })
    }
}

/// An invitation to enrol a token.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "hours": 48 }))]
pub(super) struct NewActivation {
    /// The prescriber’s sign-in with a token that is in use; then the link is answered at once.
    sign_in: Option<SignIn>,
    /// Who checked the identity anew; needed where the prescriber had tokens and has none left, and not taken
    /// otherwise.
    identity: Option<Identity>,
    /// For how many hours the link is good: 24 where it is left out.
    #[schema(minimum = 1, maximum = 720)]
    hours: Option<u64>,
    /// How many digits the app’s PIN has: four where it is left out.
    #[schema(minimum = 4, maximum = 8)]
    pin_digits: Option<u8>,
}

impl NewActivation {
    fn terms(&self) -> Result<(u64, PinPolicy), Problem> {
        let hours = self.hours.unwrap_or(USUAL_HOURS);
        if !(1..=MOST_HOURS).contains(&hours) {
            let why = format!("this is a number from 1 to {MOST_HOURS}");
            return Err(malformed("hours", &why));
        }
        let pin = self.pin_digits.map_or_else(|| Ok(PinPolicy::default()), PinPolicy::new);
        Ok((hours * 3600, pin.map_err(|why| malformed("pin_digits", &why))?))
    }
}

/// An activation that was begun. Whoever has the link can enrol an app, and adds no token by that alone.
#[derive(Serialize, ToSchema)]
#[schema(as = BegunActivation, example = json!({
    "link": "countersign://enrol?...", "expires": "2027-03-05T14:05:10Z"
}))]
pub(super) struct Begun {
    /// What the app opens. It is the prescriber’s alone.
    link: String,
    /// Until when it is good, RFC 3339.
    expires: String,
}

/// Enters an account. It is open once a registrant, who checks what was entered, has executed that; nobody does
/// within seven days, and it is over.
#[utoipa::path(
    post,
    path = "/v1/accounts",
    operation_id = "enter_account",
    request_body = NewAccount,
    params(OnceUnder),
    responses(
        (status = 202, description = "It waits for a registrant.", body = shown::Entered,
            links(("entry" = (operation_id = "read_entry", parameters(("entry" = "$response.body#/entry")), description = "What became of it.")))),
        Unanswered, Unchanged, NotEntered
    )
)]
pub(super) async fn open(State(site): State<Site>, request: Request) -> Result<Response, Problem> {
    let asked = Asked::of(site, Scope::Accounts, request).await?;
    let work = |asked: Arc<Asked>| async move {
        let new: NewAccount = json(asked.body())?;
        let new = new.read(&asked)?;
        entered(&asked, new).await
    };
    asked.answered(work).await
}

/// Begins an activation: at once where the prescriber signs in with a token that is in use, and otherwise as
/// an order that a registrant executes, who lets link and confirmation code reach the prescriber.
#[utoipa::path(
    post,
    path = "/v1/accounts/{account}/activations",
    operation_id = "begin_activation",
    request_body = NewActivation,
    params(OfAccount, OnceUnder),
    responses(
        (status = 201, description = "It is begun.", body = Begun,
            links(("open activation" = (operation_id = "list_activations_of_account", parameters(("account" = "$request.path.account")), description = "Whether it is open, and how long.")))),
        (status = 202, description = "It waits for a registrant.", body = shown::Entered,
            links(("entry" = (operation_id = "read_entry", parameters(("entry" = "$response.body#/entry")), description = "What became of it.")))),
        Unanswered, NothingThere, Unchanged, NotEntered
    )
)]
pub(super) async fn activate(
    State(site): State<Site>,
    Named(OfAccount { account }): Named<OfAccount>,
    request: Request,
) -> Result<Response, Problem> {
    let asked = Asked::of(site, Scope::Accounts, request).await?;
    let work = |asked: Arc<Asked>| async move {
        let new: NewActivation = json(asked.body())?;
        let (valid_for, pin) = new.terms()?;
        let npi = account_at(&asked.site, &account).await?.npi;
        match (&new.sign_in, &new.identity) {
            (Some(_), Some(_)) => {
                let why = "a prescriber who signs in has a record that stands: leave this out";
                Err(malformed("identity", &why))
            }
            (Some(sign_in), None) => begun(&asked, npi, sign_in, (valid_for, pin)).await,
            (None, identity) => {
                let proofing = identity.as_ref().map(Identity::read).transpose()?;
                let order = AccessOrder::Activation { valid_for, pin, proofing };
                let new = NewAccess { id: asked.submit(), npi, order, passphrase: None };
                entered(&asked, new).await
            }
        }
    };
    asked.answered(work).await
}

/// That the same waits, which the relying party entered itself: it may not know that it did.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({
    "type": "/problems/entered-already", "title": "This cannot be done", "status": 409,
    "detail": "The same was entered for this NPI already, and waits to be executed.",
    "at": "/v1/access/Vq0yTj3xZk1B9hJmC2wN4aRs7uXeLdGfHo8iPbKt5Yc"
}))]
pub(super) struct EnteredAlready {
    #[serde(flatten)]
    problem: Members,
    /// Where the state of what waits is asked: only with `entered-already`, and only where you entered it
    /// yourself.
    #[schema(required = false)]
    at: String,
}

/// Why nothing was entered, where more is told than of other changes.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "says which answers there are, in the document")]
enum NotEntered {
    /// It cannot be done as things are, or a code was refused; or the same request is under way, or how it
    /// ended is not known.
    #[response(status = 409, content_type = "application/problem+json")]
    Conflict(EnteredAlready),
    /// Fifty of your entries wait for a registrant, and no more may; or too many requests came with this key, or
    /// too many without a good one.
    #[response(status = 429, content_type = "application/problem+json", example = json!({
        "type": "/problems/too-many-wait", "title": "Too much waits", "status": 429,
        "detail": "50 of what you entered wait to be executed, and no more may: enter this once a registrant has decided some of them."
    }))]
    TooManyWait(Members),
}

async fn entered(asked: &Asked, new: NewAccess) -> Result<Done, Problem> {
    let (registry, now, mut rng) = (&asked.site.registry, clock::now(), randomness::rng());
    let what = (new.npi, new.order.kind());
    let entered = registry.enter_access_for(&asked.party, new, now, &mut rng).await;
    if entered == Err(AccessRefusal::EnteredAlready.into()) {
        let own = registry.access_waiting_of(&asked.party, what, now).await;
        if let Some(own) = own.map_err(refused::registry)? {
            let problem = refused::access(AccessRefusal::EnteredAlready.into()).members();
            let at = shown::Entered::new(&own).at;
            return Ok(Done::refused(&EnteredAlready { problem, at }));
        }
    }
    Ok(Done::accepted(&shown::Entered::new(&entered.map_err(refused::access)?)))
}

async fn begun(
    asked: &Asked,
    npi: Npi,
    sign_in: &SignIn,
    (valid_for, pin): (u64, PinPolicy),
) -> Result<Done, Problem> {
    let site = &asked.site;
    let server = site.origins.first().and_then(|origin| origin.parse().ok());
    let server = server.ok_or_else(Problem::unavailable)?;
    let order = ActivationOrder { server, issuer: site.issuer.clone(), valid_for, pin };
    let begin = async |session: &Session| {
        let (now, mut rng) = (clock::now(), randomness::rng());
        site.registry.begin_own_activation(session, &order, now, &mut rng).await
    };
    let link = sign_in.act(asked, npi, refused::associate, begin).await?.link;
    let expires = time_text::rfc3339(link.expires);
    Ok(Done::created(&Begun { link: link.to_text().to_string(), expires }))
}
