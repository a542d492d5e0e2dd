//! Tokens: added, suspended, found, resynchronised, given up.

use axum::{
    body::Body,
    extract::{OriginalUri, Path, State},
    http::HeaderMap,
    response::Response,
};
use oath::Code;
use registry::{Association, Deactivation, DeactivationReason, Scope, Seen, Token};
use serde::Deserialize;
use utoipa::ToSchema;
use zeroize::Zeroizing;

use super::{
    super::{
        super::{Problem, Site},
        asking::{account_at, json, malformed, token_at},
        shown,
    },
    once::{Asked, Done},
    refused::{self, Refusals},
    sign_in::{SignIn, ended, field, maybe, maybe_secret},
};
use crate::clock;

/// A token that waits to be added, as in Add New Token.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "sign_in": { "passphrase": "correct horse battery", "confirmation_code": "4F7K 92MQ" },
    "credential_id": "CSST 4F7K 92MQ", "name": "iPhone token", "code": "123456"
}))]
pub(super) struct NewToken {
    sign_in: SignIn,
    /// Its credential ID or serial number.
    credential_id: String,
    /// What the prescriber calls it.
    name: String,
    /// A code of it. It is used up.
    #[serde(default, deserialize_with = "maybe_secret")]
    #[schema(value_type = String, required)]
    code: Option<Zeroizing<String>>,
    /// The code after that; a token with a button needs it.
    #[serde(default, deserialize_with = "maybe_secret")]
    #[schema(value_type = Option<String>)]
    second_code: Option<Zeroizing<String>>,
    /// Who made it, where the number does not tell.
    manufacturer: Option<String>,
    /// `OTP SOFT TOKEN` or `OTP HARD TOKEN`, where the number does not tell.
    r#type: Option<String>,
}

/// Why a token is suspended.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "reason": "phone left in a taxi" }))]
pub(super) struct Loss {
    /// What the prescriber says; it stands in the audit.
    reason: String,
}

/// That a suspended token was found.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "sign_in": { "passphrase": "correct horse battery", "credential_id": "AVT812345678", "code": "123456" }
}))]
pub(super) struct Find {
    sign_in: SignIn,
}

/// Two codes of a token that follow each other.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "first_code": "123456", "second_code": "654321" }))]
pub(super) struct TwoCodes {
    #[serde(default, deserialize_with = "maybe_secret")]
    #[schema(value_type = String, required)]
    first_code: Option<Zeroizing<String>>,
    #[serde(default, deserialize_with = "maybe_secret")]
    #[schema(value_type = String, required)]
    second_code: Option<Zeroizing<String>>,
    /// With the prescriber's sign-in by another token, codes of up to an hour ago will do.
    sign_in: Option<SignIn>,
}

/// Why a token is given up.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "sign_in": { "passphrase": "correct horse battery", "code": "123456" },
    "reason": "faulty", "last_one_meant": false
}))]
pub(super) struct End {
    sign_in: SignIn,
    /// `lost`, `stolen`, `faulty`, `uninstalled` or `not-needed`.
    reason: String,
    /// Whether the prescriber has read what follows from giving up the last token, and means it.
    #[serde(default)]
    last_one_meant: bool,
}

/// Adds a token to an account.
#[utoipa::path(
    post,
    path = "/v1/accounts/{account}/tokens",
    request_body = NewToken,
    params(
        ("account" = String, Path, description = "The prescriber’s NPI, or the account’s own ID.", example = "1234567893"),
        ("Idempotency-Key" = Option<String>, Header, pattern = "^[A-Za-z0-9_-]{1,64}$", description = "The same request under the same key is done once, and gets the same answer for 24 hours."),
    ),
    responses((status = 201, description = "It is theirs.", body = shown::Token), Refusals)
)]
pub(super) async fn associate(
    State(site): State<Site>,
    headers: HeaderMap,
    Path(account): Path<String>,
    address: OriginalUri,
    request: Body,
) -> Result<Response, Problem> {
    let asked = Asked::read(site, &headers, Scope::Tokens, address, request).await?;
    let work = |asked: std::sync::Arc<Asked>| async move {
        let new: NewToken = json(asked.body())?;
        let form = form(&asked, &new)?;
        let npi = account_at(&asked.site, &account).await?.npi;
        let session = new.sign_in.through(&asked, npi).await?;
        let added = asked.site.registry.associate(&session, &form, clock::now()).await;
        ended(&asked.site, &session).await;
        Ok(Done::created(&shown(&added.map_err(refused::associate)?)))
    };
    asked.answered(work).await
}

fn form(asked: &Asked, new: &NewToken) -> Result<Association, Problem> {
    let serial: oath::SerialNumber = field("credential_id", &new.credential_id)?;
    let missing = |name| malformed(name, &"the credential ID or serial number does not tell it");
    let manufacturer = maybe("manufacturer", new.manufacturer.as_deref())?;
    let token_type = maybe("type", new.r#type.as_deref())?;
    let (told, type_told) = (serial.manufacturer(), serial.token_type());
    let second_code = new.second_code.as_ref().map(|code| field("second_code", code));
    Ok(Association {
        manufacturer: manufacturer.or(told).ok_or_else(|| missing("manufacturer"))?,
        issuer: asked.site.issuer.clone(),
        token_type: token_type.or(type_told).ok_or_else(|| missing("type"))?,
        name: field("name", &new.name)?,
        serial,
        code: code("code", new.code.as_ref())?,
        second_code: second_code.transpose()?,
        // The browser is the relying party's: of the device that it is on nothing is known.
        seen: Seen::default(),
        idempotency_key: asked.submit(),
    })
}

fn code(name: &str, text: Option<&Zeroizing<String>>) -> Result<Code, Problem> {
    field(name, text.ok_or_else(|| malformed(name, &"this is missing"))?)
}

/// Suspends a token that is lost. The key alone is enough: it is urgent, and the safe side.
#[utoipa::path(
    post,
    path = "/v1/tokens/{serial}/suspend",
    request_body = Loss,
    params(
        ("serial" = String, Path, description = "The token's credential ID or serial number, as printed or typed.", example = "AVT812345678"),
        ("Idempotency-Key" = Option<String>, Header, pattern = "^[A-Za-z0-9_-]{1,64}$", description = "The same request under the same key is done once, and gets the same answer for 24 hours."),
    ),
    responses((status = 200, description = "Its codes count no more.", body = shown::Token), Refusals)
)]
pub(super) async fn suspend(
    State(site): State<Site>,
    headers: HeaderMap,
    Path(serial): Path<String>,
    address: OriginalUri,
    request: Body,
) -> Result<Response, Problem> {
    let asked = Asked::read(site, &headers, Scope::Tokens, address, request).await?;
    let work = |asked: std::sync::Arc<Asked>| async move {
        let loss: Loss = json(asked.body())?;
        let reason = field("reason", &loss.reason)?;
        let token = token_at(&asked.site, &serial).await?;
        let (actor, now) = (asked.party.actor(), clock::now());
        let suspended =
            asked.site.registry.suspend_token(&actor, &token.serial, &reason, now).await;
        Ok(Done::changed(&shown(&suspended.map_err(refused::registry)?)))
    };
    asked.answered(work).await
}

/// Takes a suspended token into use again, by its owner's sign-in with another one.
#[utoipa::path(
    post,
    path = "/v1/tokens/{serial}/restore",
    request_body = Find,
    params(
        ("serial" = String, Path, description = "The token's credential ID or serial number, as printed or typed.", example = "AVT812345678"),
        ("Idempotency-Key" = Option<String>, Header, pattern = "^[A-Za-z0-9_-]{1,64}$", description = "The same request under the same key is done once, and gets the same answer for 24 hours."),
    ),
    responses((status = 200, description = "It is as it was.", body = shown::Token), Refusals)
)]
pub(super) async fn restore(
    State(site): State<Site>,
    headers: HeaderMap,
    Path(serial): Path<String>,
    address: OriginalUri,
    request: Body,
) -> Result<Response, Problem> {
    let asked = Asked::read(site, &headers, Scope::Tokens, address, request).await?;
    let work = |asked: std::sync::Arc<Asked>| async move {
        let find: Find = json(asked.body())?;
        let token = token_at(&asked.site, &serial).await?;
        let npi = owner(&token)?;
        let session = find.sign_in.through(&asked, npi).await?;
        let found = asked.site.registry.found_own_token(&session, &token.serial, clock::now());
        let found = found.await;
        ended(&asked.site, &session).await;
        Ok(Done::changed(&shown(&found.map_err(refused::own_token)?)))
    };
    asked.answered(work).await
}

/// Finds a token's clock or counter again by two codes in a row, both of the last minutes. A pair that is
/// wrong counts as a wrong code.
#[utoipa::path(
    post,
    path = "/v1/tokens/{serial}/resync",
    request_body = TwoCodes,
    params(
        ("serial" = String, Path, description = "The token's credential ID or serial number, as printed or typed.", example = "AVT812345678"),
        ("Idempotency-Key" = Option<String>, Header, pattern = "^[A-Za-z0-9_-]{1,64}$", description = "The same request under the same key is done once, and gets the same answer for 24 hours."),
    ),
    responses((status = 200, description = "It is in step.", body = shown::Token), Refusals)
)]
pub(super) async fn resynchronise(
    State(site): State<Site>,
    headers: HeaderMap,
    Path(serial): Path<String>,
    address: OriginalUri,
    request: Body,
) -> Result<Response, Problem> {
    let asked = Asked::read(site, &headers, Scope::Tokens, address, request).await?;
    let work = |asked: std::sync::Arc<Asked>| async move {
        let typed: TwoCodes = json(asked.body())?;
        let first = code("first_code", typed.first_code.as_ref())?;
        let second = code("second_code", typed.second_code.as_ref())?;
        let token = token_at(&asked.site, &serial).await?;
        let (registry, serial) = (&asked.site.registry, &token.serial);
        let done = match &typed.sign_in {
            None => {
                let (actor, now) = (asked.party.actor(), clock::now());
                let done = registry.resynchronise_token(&actor, serial, (&first, &second), now);
                done.await.map_err(refused::verify)
            }
            Some(sign_in) => {
                let npi = owner(&token)?;
                let session = sign_in.through(&asked, npi).await?;
                let (codes, now) = ((&first, &second), clock::now());
                let done = registry.resynchronise_own_token(&session, serial, codes, now).await;
                ended(&asked.site, &session).await;
                done.map_err(refused::own_token)
            }
        };
        Ok(Done::changed(&shown(&done?)))
    };
    asked.answered(work).await
}

/// Deactivates a token, for good, by its owner's sign-in.
#[utoipa::path(
    post,
    path = "/v1/tokens/{serial}/deactivate",
    request_body = End,
    params(
        ("serial" = String, Path, description = "The token's credential ID or serial number, as printed or typed.", example = "AVT812345678"),
        ("Idempotency-Key" = Option<String>, Header, pattern = "^[A-Za-z0-9_-]{1,64}$", description = "The same request under the same key is done once, and gets the same answer for 24 hours."),
    ),
    responses((status = 200, description = "It is deactivated, and stays so.", body = shown::Token), Refusals)
)]
pub(super) async fn deactivate(
    State(site): State<Site>,
    headers: HeaderMap,
    Path(serial): Path<String>,
    address: OriginalUri,
    request: Body,
) -> Result<Response, Problem> {
    let asked = Asked::read(site, &headers, Scope::Tokens, address, request).await?;
    let work = |asked: std::sync::Arc<Asked>| async move {
        let end: End = json(asked.body())?;
        let form =
            Deactivation { reason: reason(&end.reason)?, last_one_meant: end.last_one_meant };
        let token = token_at(&asked.site, &serial).await?;
        let npi = owner(&token)?;
        let session = end.sign_in.through(&asked, npi).await?;
        let (registry, now) = (&asked.site.registry, clock::now());
        let ended_token = registry.deactivate_own_token(&session, &token.serial, form, now).await;
        ended(&asked.site, &session).await;
        Ok(Done::changed(&shown(&ended_token.map_err(refused::own_token)?)))
    };
    asked.answered(work).await
}

pub(super) fn reason(text: &str) -> Result<DeactivationReason, Problem> {
    let found = DeactivationReason::ALL.iter().copied().find(|reason| reason.name() == text);
    let why = "this is one of lost, stolen, faulty, uninstalled, not-needed";
    found.ok_or_else(|| malformed("reason", &why))
}

/// Whose sign-in is asked for.
pub(super) fn owner(token: &Token) -> Result<registry::Npi, Problem> {
    let nobodys = registry::Error::NotPossible(token.state);
    token.owner.ok_or_else(|| refused::registry(nobodys))
}

fn shown(token: &Token) -> shown::Token {
    shown::Token::new(token, clock::now())
}
