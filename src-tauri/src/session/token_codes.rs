//! The codes of the unlocked tokens.

use oath::{CredentialId, UnixTime};
use provisioning::OtpKind;
use vault::UnlockedVault;
use zeroize::Zeroizing;

use super::{
    Session,
    views::{BoundCodeView, CodeView, CounterCodeView},
};
use crate::{chance::rng, clock::Moment, problem::Problem};

/// The next code is told in the last milliseconds of a time step: too late to type this one.
const NEXT_SHOWN: u64 = 5000;

impl Session {
    /// The code of every token whose codes change by themselves.
    pub(crate) fn codes(&self, now: Moment) -> Result<Vec<CodeView>, Problem> {
        let vault = self.unlocked()?;
        let mut codes = Vec::new();
        for credential in vault.credentials() {
            let Some(totp) = credential.totp() else { continue };
            let (period, id) = (totp.period, credential.id);
            let left = now.left_in_step(period);
            let soon = left <= NEXT_SHOWN && period.seconds() * 1000 > NEXT_SHOWN;
            let next = now.unix().plus(period.seconds());
            codes.push(CodeView {
                id,
                digits: digits_at(vault, id, now.unix())?,
                next: if soon { Some(digits_at(vault, id, next)?) } else { None },
                period: period.seconds(),
                left,
            });
        }
        Ok(codes)
    }

    /// The code of a token's next counter, which is used up by it.
    pub(crate) fn next_counter_code(
        &mut self,
        id: CredentialId,
    ) -> Result<CounterCodeView, Problem> {
        let OtpKind::Hotp { counter, .. } = self.credential(id)?.kind.otp() else {
            return Err(Problem::NoCounter);
        };
        let code = self.unlocked_mut()?.next_counter_code(id, &mut rng())?;
        self.note.write_used_last(Some(id));
        let digits = Zeroizing::new(code.expose_digits());
        self.counter_code = Some((id, digits.clone()));
        Ok(CounterCodeView { digits, counter })
    }

    /// The code that is good for one prescription only, by the number that the signing page shows.
    pub(crate) fn bound_code(
        &mut self,
        id: CredentialId,
        number: &str,
        now: Moment,
    ) -> Result<BoundCodeView, Problem> {
        let credential = self.credential(id)?;
        let totp = credential.totp().filter(|_| credential.is_own()).ok_or(Problem::OnlyOwn)?;
        let challenge = number.parse().map_err(|_| Problem::NoChallenge)?;
        let code = self.unlocked()?.bound_code_at(id, challenge, now.unix())?;
        self.note.write_used_last(Some(id));
        let digits = Zeroizing::new(code.expose_digits());
        let left = now.left_in_step(totp.period);
        Ok(BoundCodeView { digits, period: totp.period.seconds(), left })
    }

    /// The digits of one token's code; of a token with a counter, those that were shown last.
    pub(crate) fn code_digits(
        &self,
        id: CredentialId,
        now: Moment,
    ) -> Result<Zeroizing<String>, Problem> {
        if self.credential(id)?.totp().is_some() {
            return digits_at(self.unlocked()?, id, now.unix());
        }
        match &self.counter_code {
            Some((shown, digits)) if *shown == id => Ok(digits.clone()),
            _ => Err(Problem::NoCounterCode),
        }
    }

    /// The credential ID of a token that is here, as people write it.
    pub(crate) fn shown_credential_id(&self, id: CredentialId) -> Result<String, Problem> {
        let credential = self.credential(id)?;
        if credential.is_own() { Ok(id.to_string()) } else { Err(Problem::OnlyOwn) }
    }
}

fn digits_at(
    vault: &UnlockedVault,
    id: CredentialId,
    at: UnixTime,
) -> Result<Zeroizing<String>, Problem> {
    Ok(Zeroizing::new(vault.code_at(id, at)?.expose_digits()))
}
