//! The codes of the unlocked tokens.

use oath::CredentialId;

use super::{Session, views::CodeView};
use crate::{clock::Moment, problem::Problem};

impl Session {
    /// The code of every token.
    pub(crate) fn codes(&self, now: Moment) -> Result<Vec<CodeView>, Problem> {
        let vault = self.unlocked()?;
        let mut codes = Vec::new();
        for credential in vault.credentials() {
            let period = credential.totp.period;
            codes.push(CodeView {
                id: credential.id,
                digits: vault.code_at(credential.id, now.unix())?.expose_digits(),
                period: period.seconds(),
                left: now.left_in_step(period),
            });
        }
        Ok(codes)
    }

    /// The digits of one token's code.
    pub(crate) fn code_digits(&self, id: CredentialId, now: Moment) -> Result<String, Problem> {
        Ok(self.unlocked()?.code_at(id, now.unix())?.expose_digits())
    }

    /// The credential ID of a token that is here, as people write it.
    pub(crate) fn shown_credential_id(&self, id: CredentialId) -> Result<String, Problem> {
        let here = self.unlocked()?.credentials().iter().any(|credential| credential.id == id);
        if here { Ok(id.to_string()) } else { Err(Problem::UnknownToken) }
    }
}
