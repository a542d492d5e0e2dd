//! What the prescriber has typed on the relying party's page, to show who they are.

use core::{fmt::Display, str::FromStr};

use oath::Code;
use registry::{Npi, SecondThrough, Session, SignInThrough};
use serde::{Deserialize, Deserializer};
use utoipa::ToSchema;
use zeroize::Zeroizing;

use super::{
    super::{super::Problem, asking::malformed},
    once::Asked,
    refused,
};
use crate::{clock, randomness};

/// The prescriber's sign-in, for this one request: the passphrase, and either a code of an active token of
/// theirs or, before the first one, the confirmation code of the enrolment. What is typed here is judged and
/// counted as on the dashboard, and a code is used up.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "passphrase": "correct horse battery", "credential_id": "CSST 4F7K 92MQ", "code": "123456" }))]
pub(super) struct SignIn {
    #[serde(deserialize_with = "secret")]
    #[schema(value_type = String)]
    passphrase: Zeroizing<String>,
    /// Which token the code is from; may be left out where the account has one.
    #[schema(pattern = r"^[A-Za-z0-9]([ -]?[A-Za-z0-9]){3,31}$")]
    credential_id: Option<String>,
    /// A code of that token.
    #[serde(default, deserialize_with = "maybe_secret")]
    #[schema(value_type = Option<String>, pattern = r"^[0-9]([ -]?[0-9]){5,7}$")]
    code: Option<Zeroizing<String>>,
    /// The confirmation code of the enrolment, in place of a token's code.
    #[serde(default, deserialize_with = "maybe_secret")]
    #[schema(value_type = Option<String>, pattern = r"^[0-9A-TV-Za-tv-z]([ -]?[0-9A-TV-Za-tv-z]){7}$")]
    confirmation_code: Option<Zeroizing<String>>,
}

pub(super) fn secret<'a, D: Deserializer<'a>>(from: D) -> Result<Zeroizing<String>, D::Error> {
    String::deserialize(from).map(Zeroizing::new)
}

pub(super) fn maybe_secret<'a, D: Deserializer<'a>>(
    from: D,
) -> Result<Option<Zeroizing<String>>, D::Error> {
    Ok(Option::<String>::deserialize(from)?.map(Zeroizing::new))
}

/// A code that has to be there.
pub(super) fn code(name: &str, text: Option<&Zeroizing<String>>) -> Result<Code, Problem> {
    field(name, text.ok_or_else(|| malformed(name, &"this is missing"))?)
}

impl SignIn {
    /// Does something in their session, which is of this one request.
    pub(super) async fn act<T, E>(
        &self,
        asked: &Asked,
        npi: Npi,
        refused: fn(E) -> Problem,
        work: impl AsyncFnOnce(&Session) -> Result<T, E>,
    ) -> Result<T, Problem> {
        let session = self.through(asked, npi).await?;
        let done = work(&session).await;
        // One that stays ends by itself, and nobody knows its secret.
        if let Err(error) = asked.site.registry.sign_out(&session, clock::now()).await {
            tracing::warn!(%error, "a session of one request was not ended");
        }
        done.map_err(refused)
    }

    async fn through(&self, asked: &Asked, npi: Npi) -> Result<Session, Problem> {
        let second = match (&self.code, &self.confirmation_code) {
            (Some(code), None) => SecondThrough::Code {
                serial: maybe("sign_in.credential_id", self.credential_id.as_deref())?,
                code: field("sign_in.code", code)?,
            },
            (None, Some(code)) => {
                SecondThrough::Confirmation(field("sign_in.confirmation_code", code)?)
            }
            _ => {
                let why = "give either a code of a token or a confirmation code";
                return Err(malformed("sign_in", &why));
            }
        };
        let typed = SignInThrough { npi, passphrase: &self.passphrase, second };
        let (now, mut rng) = (clock::now(), randomness::rng());
        let registry = &asked.site.registry;
        let session = registry.sign_in_through(&asked.party, &typed, now, &mut rng).await;
        session.inspect(|_| asked.note_sign_in()).map_err(refused::through)
    }
}

/// A field that is read by its own rules.
pub(super) fn field<T: FromStr<Err: Display>>(name: &str, text: &str) -> Result<T, Problem> {
    text.parse().map_err(|error| malformed(name, &error))
}

pub(super) fn maybe<T: FromStr<Err: Display>>(
    name: &str,
    text: Option<&str>,
) -> Result<Option<T>, Problem> {
    text.map(|text| field(name, text)).transpose()
}
