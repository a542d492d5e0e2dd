//! A signing that is gone through with both factors and signs nothing.

use oath::{Challenge, Code, SerialNumber, UnixTime};

use super::Registry;
use crate::{Accepted, Purpose, Session, SigningTestError};

impl Registry {
    /// Judges passphrase and code as when a prescription is signed, and signs nothing: wrong ones are
    /// counted, and an accepted code is used up. The code is judged only if the passphrase is right;
    /// where there is a challenge, it has to answer that one.
    ///
    /// # Errors
    /// [`SigningTestError`].
    pub async fn sign_test_prescription(
        &self,
        session: &Session,
        passphrase: &str,
        serial: &SerialNumber,
        (challenge, code): (Option<Challenge>, &Code),
        now: UnixTime,
    ) -> Result<Accepted, SigningTestError> {
        if !session.is_full() {
            return Err(SigningTestError::NotSignedIn);
        }
        self.passphrase_again(session, passphrase, now).await?;
        let npi = session.account.npi;
        let judged = match challenge {
            Some(challenge) => {
                let bound = (challenge, code);
                self.verify_bound(&npi, serial, bound, Purpose::SigningTest, now).await
            }
            None => self.verify(&npi, serial, code, Purpose::SigningTest, now).await,
        };
        Ok(judged?)
    }
}
