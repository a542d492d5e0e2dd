//! What the address of a request names, and the key under which it is sent.

use axum::{
    extract::{FromRequestParts, Path},
    http::request::Parts,
};
use serde::{Deserialize, de::DeserializeOwned};
use utoipa::IntoParams;

use super::{super::Problem, asking::malformed};

/// The parts of an address that have names; what cannot be read of them is told as every problem is.
pub(super) struct Named<T>(pub(super) T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Named<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let path = Path::from_request_parts(parts, state).await;
        let why = "what is written with % there is no UTF-8";
        path.map(|Path(named)| Self(named)).map_err(|_| malformed("the address", &why))
    }
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub(super) struct OfAccount {
    /// The prescriber’s NPI, or the operator’s own ID of the account.
    #[param(example = "1234567893")]
    pub(super) account: String,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub(super) struct OfToken {
    /// The token’s credential ID or serial number, as printed or typed.
    #[param(example = "AVT812345678")]
    pub(super) serial: String,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub(super) struct OfRequest {
    /// The request’s number, as it is shown.
    #[param(example = "R-4F7K-92MQ")]
    pub(super) id: String,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub(super) struct OfEntry {
    /// The `entry` that was answered when it was entered.
    #[param(example = "Vq0yTj3xZk1B9hJmC2wN4aRs7uXeLdGfHo8iPbKt5Yc")]
    pub(super) entry: String,
}

/// The header of what is done once.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "says in the document what `asking::idempotency_key` reads")]
pub(super) struct OnceUnder {
    /// The same request under the same key is done once, and gets the same answer for 24 hours.
    #[param(rename = "Idempotency-Key", pattern = "^[A-Za-z0-9_-]{1,64}$")]
    key: Option<String>,
}
