//! Finding a token's step or counter again by two codes in a row.

use oath::{Code, SerialNumber, UnixTime};

use super::{ATTEMPTS, Registry};
use crate::{
    Error, Npi, Purpose, VerifyError,
    event::Actor,
    rules::{
        judging::Typed,
        token_states::{Impossible, TokenEvent, apply},
    },
    store::Write,
    token::{Token, TokenRecord},
};

/// Seconds for which the same pair gets the same answer.
const ANSWERED_AGAIN: u64 = 60;

impl Registry {
    /// Finds a token's step or counter again, in a much wider window than a single code's. Neither
    /// code is good again. A pair that is wrong counts as a wrong code.
    ///
    /// # Errors
    /// [`VerifyError`]; the help desk and the owner are told the cause.
    pub async fn resynchronise_token(
        &self,
        actor: &Actor,
        serial: &SerialNumber,
        codes: (&Code, &Code),
        now: UnixTime,
    ) -> Result<Token, VerifyError> {
        for _ in 0..ATTEMPTS {
            if let Some(token) = self.try_resynchronise(actor, serial, codes, None, now).await? {
                return Ok(token);
            }
        }
        Err(Error::Busy.into())
    }

    /// Tries it once, on a condition; nothing where somebody else was first.
    pub(super) async fn try_resynchronise(
        &self,
        actor: &Actor,
        serial: &SerialNumber,
        (first, second): (&Code, &Code),
        condition: Option<Write>,
        now: UnixTime,
    ) -> Result<Option<Token>, VerifyError> {
        let record = self.token_to_resynchronise(actor, serial).await?;
        let Some(npi) = record.token.owner else {
            return Err(Error::NotPossible(record.token.state).into());
        };
        // Before anything is counted against the token.
        if apply(&record.token, TokenEvent::Resynchronise, actor, now) == Err(Impossible::ForThem) {
            return Err(Error::NotAllowed.into());
        }
        if self.was_just_done(&record, (first, second), now)? {
            return Ok(Some(record.token.at(now)));
        }
        let typed = Typed { code: first, next: Some(second), challenge: None };
        let mut decision = self.decide(&record, npi, typed, window(actor), now).await?;
        decision.done_by(actor);
        decision.noted_as(Purpose::Resynchronisation);
        let mut changes = decision.changes(&record);
        changes.writes.extend(condition);
        if !self.commit(changes).await? {
            return Ok(None);
        }
        match decision.result {
            Ok(_) => Ok(Some(decision.token.unwrap_or(record.token))),
            Err(cause) => Err(VerifyError::Refused(cause)),
        }
    }

    /// Whether this very pair was accepted a moment ago: a form that was sent twice is answered the
    /// same twice. It opens nothing, and nothing is changed.
    fn was_just_done(
        &self,
        record: &TokenRecord,
        codes: (&Code, &Code),
        now: UnixTime,
    ) -> Result<bool, Error> {
        let token = &record.token;
        let just_used = token.last_used.is_some_and(|used| now.since(used) <= ANSWERED_AGAIN);
        let Some(last) = token.last_accepted.filter(|_| just_used && token.at(now).is_usable())
        else {
            return Ok(false);
        };
        Ok(token.otp.are_the_last_two(&self.open_seed(record)?, codes, last))
    }

    /// The token, as far as this actor may know of it.
    async fn token_to_resynchronise(
        &self,
        actor: &Actor,
        serial: &SerialNumber,
    ) -> Result<TokenRecord, VerifyError> {
        let found = self.store.token(serial).await?;
        let own = |npi: &Npi, record: &TokenRecord| record.token.owner == Some(*npi);
        match actor {
            Actor::Prescriber { npi } => found.filter(|record| own(npi, record)),
            _ => found,
        }
        .ok_or(VerifyError::UnknownToken)
    }
}

/// A relying party's key shows nothing of the token: so its two codes are looked for no farther back
/// than at a sign-in, and codes that somebody noted open nothing a few minutes later.
const fn window(actor: &Actor) -> Purpose {
    match actor {
        Actor::RelyingParty { signed_in: None, .. } => Purpose::SignIn,
        _ => Purpose::Resynchronisation,
    }
}
