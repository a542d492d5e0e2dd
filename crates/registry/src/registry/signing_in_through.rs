//! A prescriber who signs in on a relying party's own page, for one request of it.
//!
//! What a prescriber may do on the dashboard takes the same there: the passphrase, and a code of a token
//! of theirs or, before the first one, the confirmation code of an activation. Each is judged, counted and
//! recorded as at a sign-in of the dashboard. The session has a secret that nobody gets to know, and is
//! ended with the request; one that a server leaves behind ends as any other, when it is idle.

use oath::{Code, SerialNumber, UnixTime};
use rand_core::CryptoRng;

use super::Registry;
use crate::{
    ConfirmError, Error, Npi, Session, SignInError, VerifyError, api_key::RelyingParty,
    values::ConfirmationCode,
};

/// What a prescriber has typed on a relying party's page.
#[derive(Debug)]
pub struct SignInThrough<'a> {
    /// Whose account.
    pub npi: Npi,
    /// The passphrase.
    pub passphrase: &'a str,
    /// The second factor.
    pub second: SecondThrough,
}

/// The second factor of a sign-in through a relying party.
#[derive(Debug)]
pub enum SecondThrough {
    /// The confirmation code of an activation.
    Confirmation(ConfirmationCode),
    /// A code of a token.
    Code {
        /// Which token; needed where the account has several.
        serial: Option<SerialNumber>,
        /// The code.
        code: Code,
    },
}

/// A sign-in through a relying party that was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ThroughError {
    /// NPI and passphrase.
    #[error(transparent)]
    Passphrase(#[from] SignInError),
    /// The code.
    #[error(transparent)]
    Code(#[from] VerifyError),
    /// The confirmation code.
    #[error(transparent)]
    Confirmation(#[from] ConfirmError),
}

impl From<Error> for ThroughError {
    fn from(error: Error) -> Self {
        Self::Passphrase(error.into())
    }
}

impl Registry {
    /// Signs a prescriber in for one request of a relying party, by both factors. The audit names the
    /// relying party as who did it, and as who does what is done in the session.
    ///
    /// # Errors
    /// [`ThroughError`].
    pub async fn sign_in_through(
        &self,
        party: &RelyingParty,
        typed: &SignInThrough<'_>,
        now: UnixTime,
        rng: &mut (impl CryptoRng + Send),
    ) -> Result<Session, ThroughError> {
        let given = (Some(typed.npi), typed.passphrase);
        let secret = self.sign_in_by(party.actor(), given, now, rng).await?;
        let through = Some(party.name.clone());
        let half = Session { through: through.clone(), ..self.session(&secret, now).await? };
        let full = match &typed.second {
            SecondThrough::Confirmation(code) => {
                self.confirm(&half, code, now).await.map_err(ThroughError::from)
            }
            SecondThrough::Code { serial, code } => {
                let confirmed = self.confirm_with_code(&half, serial.as_ref(), code, now).await;
                confirmed.map_err(ThroughError::from)
            }
        };
        let secret = match full {
            // Nobody else knows the half session, so that it was this that made it full.
            Ok(secret) => secret.ok_or(Error::SessionEnded)?,
            Err(error) => {
                self.sign_out(&half, now).await?;
                return Err(error);
            }
        };
        let session = self.session(&secret, now).await?;
        Ok(Session { through, ..session })
    }
}
