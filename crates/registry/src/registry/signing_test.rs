//! A signing that is gone through with both factors and signs nothing.

use oath::{Code, SerialNumber, UnixTime};

use super::Registry;
use crate::{Accepted, Purpose, Session, SigningTestError};

impl Registry {
    /// Judges passphrase and code as when a prescription is signed, and signs nothing: wrong ones are
    /// counted, and an accepted code is used up. The code is judged only if the passphrase is right.
    ///
    /// # Errors
    /// [`SigningTestError`].
    pub async fn sign_test_prescription(
        &self,
        session: &Session,
        passphrase: &str,
        serial: &SerialNumber,
        code: &Code,
        now: UnixTime,
    ) -> Result<Accepted, SigningTestError> {
        if !session.is_full() {
            return Err(SigningTestError::NotSignedIn);
        }
        self.passphrase_again(session, passphrase, now).await?;
        let npi = session.account.npi;
        Ok(self.verify(&npi, serial, code, Purpose::SigningTest, now).await?)
    }
}
