//! Tokens: suspended, found, unlocked, resynchronised, given up.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    response::Response,
};
use registry::{Deactivation, DeactivationReason, Npi, OwnTokenError, Scope, Session, Token};
use serde::Deserialize;
use utoipa::ToSchema;
use zeroize::Zeroizing;

use super::{
    super::{
        super::{Problem, Site},
        asking::{json, malformed, token_at},
        named::{Named, OfToken, OnceUnder},
        problems::{NothingThere, Unanswered, Unchanged},
    },
    changed::Changed,
    once::{Asked, Done},
    refused,
    sign_in::{SignIn, code, field, maybe_secret},
};
use crate::clock;

/// Why a token is suspended.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "reason": "phone left in a taxi" }))]
pub(super) struct Loss {
    /// What the prescriber says; it stands in the audit.
    #[schema(max_length = 64, pattern = r"^[^\s\x00-\x1f\x7f-\x9f][^\x00-\x1f\x7f-\x9f]*$")]
    reason: String,
}

/// The prescriber’s sign-in by another token than the one that it is about.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ByOtherToken, example = json!({
    "sign_in": { "passphrase": "correct horse battery", "credential_id": "AVT812345678", "code": "123456" }
}))]
pub(super) struct ByOther {
    sign_in: SignIn,
}

/// Two codes of a token that follow each other.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "first_code": "123456", "second_code": "654321" }))]
pub(super) struct TwoCodes {
    #[serde(default, deserialize_with = "maybe_secret")]
    #[schema(value_type = String, required, pattern = r"^[0-9]([ -]?[0-9]){5,7}$")]
    first_code: Option<Zeroizing<String>>,
    #[serde(default, deserialize_with = "maybe_secret")]
    #[schema(value_type = String, required, pattern = r"^[0-9]([ -]?[0-9]){5,7}$")]
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
    #[schema(pattern = "^(lost|stolen|faulty|uninstalled|not-needed)$")]
    reason: String,
    /// Whether the prescriber has read what follows from giving up the last token, and means it.
    #[serde(default)]
    last_one_meant: bool,
}

/// Suspends a token that is lost. The key alone is enough: it is urgent, and the safe side.
#[utoipa::path(
    post,
    path = "/v1/tokens/{serial}/suspend",
    operation_id = "suspend_token",
    request_body = Loss,
    params(OfToken, OnceUnder),
    responses(
        (status = 200, description = "Its codes count no more.", body = Changed,
            links(("token" = (operation_id = "read_token", parameters(("serial" = "$response.body#/credential_id")), description = "The token as it is now.")))),
        Unanswered, NothingThere, Unchanged
    )
)]
pub(super) async fn suspend(
    State(site): State<Site>,
    Named(OfToken { serial }): Named<OfToken>,
    request: Request,
) -> Result<Response, Problem> {
    let asked = Asked::of(site, Scope::Tokens, request).await?;
    let work = |asked: Arc<Asked>| async move {
        let loss: Loss = json(asked.body())?;
        let reason = field("reason", &loss.reason)?;
        let token = token_at(&asked.site, &serial).await?;
        let (actor, now) = (asked.party.actor(), clock::now());
        let suspended =
            asked.site.registry.suspend_token(&actor, &token.serial, &reason, now).await;
        Ok(Done::changed(&Changed::of(&suspended.map_err(refused::registry)?)))
    };
    asked.answered(work).await
}

/// Takes a suspended token into use again, by its owner's sign-in with another one.
#[utoipa::path(
    post,
    path = "/v1/tokens/{serial}/restore",
    operation_id = "restore_token",
    request_body = ByOther,
    params(OfToken, OnceUnder),
    responses(
        (status = 200, description = "It is as it was.", body = Changed,
            links(("token" = (operation_id = "read_token", parameters(("serial" = "$response.body#/credential_id")), description = "The token as it is now.")))),
        Unanswered, NothingThere, Unchanged
    )
)]
pub(super) async fn restore(
    State(site): State<Site>,
    Named(OfToken { serial }): Named<OfToken>,
    request: Request,
) -> Result<Response, Problem> {
    let asked = Asked::of(site, Scope::Tokens, request).await?;
    let work = |asked: Arc<Asked>| async move {
        let by: ByOther = json(asked.body())?;
        let registry = &asked.site.registry;
        let found = async |session: &Session, token: &Token| {
            registry.found_own_token(session, &token.serial, clock::now()).await
        };
        changed_by_owner(&asked, &serial, &by.sign_in, found).await
    };
    asked.answered(work).await
}

/// Ends a token's lock before its time, by its owner's sign-in with another one. Its wrong codes stay counted;
/// after a hundred in a row only the help desk unlocks.
#[utoipa::path(
    post,
    path = "/v1/tokens/{serial}/unlock",
    operation_id = "unlock_token",
    request_body = ByOther,
    params(OfToken, OnceUnder),
    responses(
        (status = 200, description = "Its codes are judged again.", body = Changed,
            links(("token" = (operation_id = "read_token", parameters(("serial" = "$response.body#/credential_id")), description = "The token as it is now.")))),
        Unanswered, NothingThere, Unchanged
    )
)]
pub(super) async fn unlock(
    State(site): State<Site>,
    Named(OfToken { serial }): Named<OfToken>,
    request: Request,
) -> Result<Response, Problem> {
    let asked = Asked::of(site, Scope::Tokens, request).await?;
    let work = |asked: Arc<Asked>| async move {
        let by: ByOther = json(asked.body())?;
        let registry = &asked.site.registry;
        let unlocked = async |session: &Session, token: &Token| {
            registry.unlock_own_token(session, &token.serial, clock::now()).await
        };
        changed_by_owner(&asked, &serial, &by.sign_in, unlocked).await
    };
    asked.answered(work).await
}

/// Finds a token's clock or counter again by two codes in a row, both of the last minutes. A pair that is
/// wrong counts as a wrong code.
#[utoipa::path(
    post,
    path = "/v1/tokens/{serial}/resync",
    operation_id = "resynchronise_token",
    request_body = TwoCodes,
    params(OfToken, OnceUnder),
    responses(
        (status = 200, description = "It is in step.", body = Changed,
            links(("token" = (operation_id = "read_token", parameters(("serial" = "$response.body#/credential_id")), description = "The token as it is now.")))),
        Unanswered, NothingThere, Unchanged
    )
)]
pub(super) async fn resynchronise(
    State(site): State<Site>,
    Named(OfToken { serial }): Named<OfToken>,
    request: Request,
) -> Result<Response, Problem> {
    let asked = Asked::of(site, Scope::Tokens, request).await?;
    let work = |asked: Arc<Asked>| async move {
        let typed: TwoCodes = json(asked.body())?;
        let first = code("first_code", typed.first_code.as_ref())?;
        let second = code("second_code", typed.second_code.as_ref())?;
        let (registry, codes) = (&asked.site.registry, (&first, &second));
        if let Some(sign_in) = &typed.sign_in {
            let done = async |session: &Session, token: &Token| {
                registry.resynchronise_own_token(session, &token.serial, codes, clock::now()).await
            };
            return changed_by_owner(&asked, &serial, sign_in, done).await;
        }
        let token = token_at(&asked.site, &serial).await?;
        let (actor, now) = (asked.party.actor(), clock::now());
        let done = registry.resynchronise_token(&actor, &token.serial, codes, now).await;
        Ok(Done::changed(&Changed::of(&done.map_err(refused::verify)?)))
    };
    asked.answered(work).await
}

/// Deactivates a token, for good, by its owner's sign-in.
#[utoipa::path(
    post,
    path = "/v1/tokens/{serial}/deactivate",
    operation_id = "deactivate_token",
    request_body = End,
    params(OfToken, OnceUnder),
    responses(
        (status = 200, description = "It is deactivated, and stays so.", body = Changed,
            links(("token" = (operation_id = "read_token", parameters(("serial" = "$response.body#/credential_id")), description = "The token as it is now.")))),
        Unanswered, NothingThere, Unchanged
    )
)]
pub(super) async fn deactivate(
    State(site): State<Site>,
    Named(OfToken { serial }): Named<OfToken>,
    request: Request,
) -> Result<Response, Problem> {
    let asked = Asked::of(site, Scope::Tokens, request).await?;
    let work = |asked: Arc<Asked>| async move {
        let end: End = json(asked.body())?;
        let form = Deactivation {
            reason: reason(&end.reason, DeactivationReason::ALL)?,
            last_one_meant: end.last_one_meant,
        };
        let registry = &asked.site.registry;
        let deactivated = async |session: &Session, token: &Token| {
            registry.deactivate_own_token(session, &token.serial, form, clock::now()).await
        };
        changed_by_owner(&asked, &serial, &end.sign_in, deactivated).await
    };
    asked.answered(work).await
}

/// Changes a token as its owner, who signs in for it.
async fn changed_by_owner(
    asked: &Asked,
    serial: &str,
    sign_in: &SignIn,
    change: impl AsyncFnOnce(&Session, &Token) -> Result<Token, OwnTokenError>,
) -> Result<Done, Problem> {
    let (token, npi) = owned_token(asked, serial).await?;
    let change = async |session: &Session| change(session, &token).await;
    let changed = sign_in.act(asked, npi, refused::own_token, change).await?;
    Ok(Done::changed(&Changed::of(&changed)))
}

/// The token at an address, and whose sign-in is asked for.
pub(super) async fn owned_token(asked: &Asked, serial: &str) -> Result<(Token, Npi), Problem> {
    let token = token_at(&asked.site, serial).await?;
    let nobodys = registry::Error::NotPossible(token.state);
    let npi = token.owner.ok_or_else(|| refused::registry(nobodys))?;
    Ok((token, npi))
}

/// One of these reasons.
pub(super) fn reason(
    text: &str,
    these: &[DeactivationReason],
) -> Result<DeactivationReason, Problem> {
    let found = these.iter().copied().find(|reason| reason.name() == text);
    let words = || these.iter().map(|reason| reason.name()).collect::<Vec<_>>().join(", ");
    found.ok_or_else(|| malformed("reason", &format!("this is one of {}", words())))
}
