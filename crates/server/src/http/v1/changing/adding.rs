//! A token becomes a prescriber's.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    response::Response,
};
use registry::{Association, Scope, Seen, Session};
use serde::Deserialize;
use utoipa::ToSchema;
use zeroize::Zeroizing;

use super::{
    super::{
        super::{Problem, Site},
        asking::{account_at, json, malformed},
        named::{Named, OfAccount, OnceUnder},
        problems::{NothingThere, Unanswered, Unchanged},
    },
    changed::Changed,
    once::{Asked, Done},
    refused,
    sign_in::{SignIn, code, field, maybe, maybe_secret},
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
    #[schema(pattern = r"^[A-Za-z0-9]([ -]?[A-Za-z0-9]){3,31}$")]
    credential_id: String,
    /// What the prescriber calls it.
    #[schema(max_length = 64, pattern = r"^[^\s\x00-\x1f\x7f-\x9f][^\x00-\x1f\x7f-\x9f]*$")]
    name: String,
    /// A code of it. It is used up.
    #[serde(default, deserialize_with = "maybe_secret")]
    #[schema(value_type = String, required, pattern = r"^[0-9]([ -]?[0-9]){5,7}$")]
    code: Option<Zeroizing<String>>,
    /// The code after that; a token with a button needs it.
    #[serde(default, deserialize_with = "maybe_secret")]
    #[schema(value_type = Option<String>, pattern = r"^[0-9]([ -]?[0-9]){5,7}$")]
    second_code: Option<Zeroizing<String>>,
    /// Who made it, where the number does not tell.
    manufacturer: Option<String>,
    /// `OTP SOFT TOKEN` or `OTP HARD TOKEN`, where the number does not tell.
    r#type: Option<String>,
}

/// Adds a token to an account.
#[utoipa::path(
    post,
    path = "/v1/accounts/{account}/tokens",
    operation_id = "associate_token",
    request_body = NewToken,
    params(OfAccount, OnceUnder),
    responses(
        (status = 201, description = "It is theirs.", body = Changed,
            links(("token" = (operation_id = "read_token", parameters(("serial" = "$response.body#/credential_id")), description = "The token that was added.")))),
        Unanswered, NothingThere, Unchanged
    )
)]
pub(super) async fn associate(
    State(site): State<Site>,
    Named(OfAccount { account }): Named<OfAccount>,
    request: Request,
) -> Result<Response, Problem> {
    let asked = Asked::of(site, Scope::Tokens, request).await?;
    let work = |asked: Arc<Asked>| async move {
        let new: NewToken = json(asked.body())?;
        let form = form(&asked, &new)?;
        let npi = account_at(&asked.site, &account).await?.npi;
        let add = async |session: &Session| {
            asked.site.registry.associate(session, &form, clock::now()).await
        };
        let added = new.sign_in.act(&asked, npi, refused::associate, add).await?;
        Ok(Done::created(&Changed::of(&added)))
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
