//! Requests for tokens, among them one in place of another.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    response::Response,
};
use registry::{
    Account, DeactivationReason as Reason, Mail, PostalAddress, Replacement, RequestedBy, Scope,
    Session, TokenOrder, TokenRequest, Wanted,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    super::{
        super::{Problem, Site},
        asking::{account_at, json, malformed},
        named::{Named, OfAccount, OfToken, OnceUnder},
        problems::{NothingThere, Unanswered, Unchanged},
    },
    address::Address,
    once::{Asked, Done},
    refused,
    sign_in::{SignIn, maybe},
    tokens::{owned_token, reason},
};
use crate::{clock, randomness, time_text::rfc3339};

/// A token that is not needed is not replaced.
const WHY_REPLACED: [Reason; 4] =
    [Reason::Lost, Reason::Stolen, Reason::Faulty, Reason::Uninstalled];

/// Which tokens are requested.
#[derive(Deserialize, ToSchema, Clone, Copy)]
#[serde(rename_all = "kebab-case")]
enum Kind {
    Hard,
    Soft,
    Both,
}

/// What is requested. Mail and address are the account's where they are left out.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "sign_in": { "passphrase": "correct horse battery", "code": "123456" }, "type": "soft"
}))]
pub(super) struct NewRequest {
    sign_in: SignIn,
    r#type: Kind,
    /// Where the activation is mailed to.
    #[schema(format = "email", max_length = 254)]
    mail: Option<String>,
    address: Option<Address>,
}

/// Why a token is replaced. The new one is of its type.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "sign_in": { "passphrase": "correct horse battery", "code": "123456" },
    "reason": "faulty", "last_one_meant": true
}))]
pub(super) struct NewReplacement {
    sign_in: SignIn,
    /// `lost`, `stolen`, `faulty` or `uninstalled`.
    #[schema(pattern = "^(lost|stolen|faulty|uninstalled)$")]
    reason: String,
    /// Whether the prescriber has read what follows from giving up the last token, and means it.
    #[serde(default)]
    last_one_meant: bool,
    #[schema(format = "email", max_length = 254)]
    mail: Option<String>,
    address: Option<Address>,
}

/// What was requested.
#[derive(Serialize, ToSchema)]
#[schema(as = TokenRequests, example = json!({ "requests": [{
    "request": "R-4F7K-92MQ", "account": "1234567893", "type": "OTP SOFT TOKEN", "state": "requested",
    "replaces": null, "requested": "2027-03-04T14:05:10Z"
}] }))]
pub(super) struct Made {
    requests: Vec<One>,
}

/// A request.
#[derive(Serialize, ToSchema)]
#[schema(as = MadeRequest)]
struct One {
    /// Its number.
    request: String,
    account: String,
    r#type: &'static str,
    /// `requested`, `processed`, `shipped`, `activated` or `cancelled`.
    state: &'static str,
    /// The token that it replaces.
    #[schema(required)]
    replaces: Option<String>,
    /// When it was made, RFC 3339.
    requested: String,
}

impl From<&TokenRequest> for One {
    fn from(request: &TokenRequest) -> Self {
        Self {
            request: request.id.to_string(),
            account: request.npi.to_string(),
            r#type: request.token_type.name(),
            state: request.state.name(),
            replaces: request.replaces.as_ref().map(|old| old.serial.as_str().to_owned()),
            requested: rfc3339(request.requested),
        }
    }
}

/// Requests a soft token, a hard one, or one of each, by the prescriber's sign-in.
#[utoipa::path(
    post,
    path = "/v1/accounts/{account}/requests",
    operation_id = "request_tokens",
    request_body = NewRequest,
    params(OfAccount, OnceUnder),
    responses(
        (status = 201, description = "It waits for the help desk.", body = Made,
            links(("request" = (operation_id = "read_request", parameters(("id" = "$response.body#/requests/0/request")), description = "How the first of them fares.")))),
        Unanswered, NothingThere, Unchanged
    )
)]
pub(super) async fn request(
    State(site): State<Site>,
    Named(OfAccount { account }): Named<OfAccount>,
    request: Request,
) -> Result<Response, Problem> {
    let asked = Asked::of(site, Scope::Tokens, request).await?;
    let work = |asked: Arc<Asked>| async move {
        let new: NewRequest = json(asked.body())?;
        let account = account_at(&asked.site, &account).await?;
        let address = postal(new.address.as_ref(), &account)?;
        let hard =
            || address.clone().ok_or_else(|| malformed("address", &"a hard token needs one"));
        let order = TokenOrder {
            wanted: match new.r#type {
                Kind::Soft => Wanted::Soft,
                Kind::Hard => Wanted::Hard(hard()?),
                Kind::Both => Wanted::Both(hard()?),
            },
            mail: mail(new.mail.as_deref(), &account)?,
            idempotency_key: asked.submit(),
        };
        let make = async |session: &Session| {
            let (by, now) = (RequestedBy::Session(session), clock::now());
            asked.site.registry.request_tokens(by, &order, now, &mut randomness::rng()).await
        };
        let made = new.sign_in.act(&asked, account.npi, refused::request, make).await?;
        Ok(Done::created(&Made { requests: made.iter().map(One::from).collect() }))
    };
    asked.answered(work).await
}

/// Deactivates a token for good and requests another of its type, by its owner's sign-in.
#[utoipa::path(
    post,
    path = "/v1/tokens/{serial}/replace",
    operation_id = "replace_token",
    request_body = NewReplacement,
    params(OfToken, OnceUnder),
    responses(
        (status = 201, description = "The token is deactivated, and the new one is requested.", body = Made,
            links(("request" = (operation_id = "read_request", parameters(("id" = "$response.body#/requests/0/request")), description = "How the new one fares.")))),
        Unanswered, NothingThere, Unchanged
    )
)]
pub(super) async fn replace(
    State(site): State<Site>,
    Named(OfToken { serial }): Named<OfToken>,
    request: Request,
) -> Result<Response, Problem> {
    let asked = Asked::of(site, Scope::Tokens, request).await?;
    let work = |asked: Arc<Asked>| async move {
        let new: NewReplacement = json(asked.body())?;
        let reason = reason(&new.reason, &WHY_REPLACED)?;
        let (token, npi) = owned_token(&asked, &serial).await?;
        let account = account_at(&asked.site, &npi.to_string()).await?;
        let form = Replacement {
            serial: token.serial.clone(),
            reason,
            last_one_meant: new.last_one_meant,
            mail: mail(new.mail.as_deref(), &account)?,
            address: postal(new.address.as_ref(), &account)?,
            idempotency_key: asked.submit(),
        };
        let replace = async |session: &Session| {
            let (by, now) = (RequestedBy::Session(session), clock::now());
            asked.site.registry.replace_token(by, &form, now, &mut randomness::rng()).await
        };
        let made = new.sign_in.act(&asked, npi, refused::request, replace).await?;
        Ok(Done::created(&Made { requests: vec![One::from(&made)] }))
    };
    asked.answered(work).await
}

fn mail(given: Option<&str>, account: &Account) -> Result<Mail, Problem> {
    Ok(maybe("mail", given)?.unwrap_or_else(|| account.mail.clone()))
}

fn postal(given: Option<&Address>, account: &Account) -> Result<Option<PostalAddress>, Problem> {
    given.map_or_else(|| Ok(account.address.clone()), |address| address.read().map(Some))
}
