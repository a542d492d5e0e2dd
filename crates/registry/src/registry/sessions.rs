//! Sessions: found by their secret, made full by a code of a token, ended.

use oath::{Code, SerialNumber, UnixTime};

use super::{ATTEMPTS, Registry};
use crate::{
    Error, Npi, Purpose, VerifyError,
    event::{Actor, EventKind, NewEvent, Outcome},
    session::{Factor, NOTED_EVERY, SecondFactor, Session, SessionRecord},
    store::{Changes, Write},
    values::SessionSecret,
};

impl Registry {
    /// The session of a secret, if it has not ended; notes that it was seen.
    ///
    /// # Errors
    /// [`Error::SessionEnded`].
    pub async fn session(&self, secret: &SessionSecret, now: UnixTime) -> Result<Session, Error> {
        let id = secret.id();
        let record = self.store.session(id).await?.ok_or(Error::SessionEnded)?;
        if !record.is_alive(now) {
            return Err(Error::SessionEnded);
        }
        if now.since(record.last_seen) >= NOTED_EVERY {
            let touch = Write::TouchSession { id, seen: now };
            self.store.commit(Changes::new([touch], [])).await?;
        }
        let account = self.store.account(record.npi).await?.ok_or(Error::SessionEnded)?.account;
        let SessionRecord { factor, signed_in, .. } = record;
        Ok(Session { account, factor, signed_in, csrf: secret.csrf(), id })
    }

    /// The stored session as it is now, on which a decision is to be based.
    pub(super) async fn alive(
        &self,
        session: &Session,
        now: UnixTime,
    ) -> Result<SessionRecord, Error> {
        let found = self.store.session(session.id).await?;
        found.filter(|record| record.is_alive(now)).ok_or(Error::SessionEnded)
    }

    /// The second factor of a sign-in by a code of one of the account's tokens; which one need not
    /// be said where there is only one in use.
    ///
    /// # Errors
    /// [`VerifyError`].
    pub async fn confirm_with_code(
        &self,
        session: &Session,
        serial: Option<&SerialNumber>,
        code: &Code,
        now: UnixTime,
    ) -> Result<(), VerifyError> {
        let npi = session.account.npi;
        let serial = match serial {
            Some(serial) => serial.clone(),
            None => self.only_token_of(npi).await?,
        };
        for _ in 0..ATTEMPTS {
            let token = self.token_of(npi, &serial, Purpose::SignIn, now).await?;
            let decision = self.decide(&token, npi, code, Purpose::SignIn, now).await?;
            // Read last: while it is half, no other submit of it was in what was read before.
            let record = self.alive(session, now).await?;
            if record.factor != Factor::Half {
                return Ok(());
            }
            let mut changes = decision.changes(&token);
            if decision.result.is_ok() {
                let factor = Factor::Full { at: now, by: SecondFactor::Token(serial.clone()) };
                let full = SessionRecord { factor, last_seen: now, ..record };
                changes.writes.push(Write::UpdateSession(full));
                let actor = Actor::Prescriber { npi };
                changes.events.push(
                    NewEvent::new(now, actor, EventKind::SecondFactorGiven, Outcome::Success)
                        .of(npi)
                        .on(&serial),
                );
            }
            if self.commit(changes).await? {
                return decision.result.map(drop).map_err(VerifyError::Refused);
            }
        }
        Err(Error::Busy.into())
    }

    async fn only_token_of(&self, npi: Npi) -> Result<SerialNumber, VerifyError> {
        let tokens = self.store.tokens_of(npi).await?;
        let mut in_use = tokens.into_iter().filter(|record| record.token.state.is_in_use());
        match (in_use.next(), in_use.next()) {
            (Some(only), None) => Ok(only.token.serial),
            (Some(_), Some(_)) => Err(VerifyError::WhichToken),
            (None, _) => Err(VerifyError::UnknownToken),
        }
    }

    /// Ends a session; one that has ended already stays so.
    ///
    /// # Errors
    /// What the store cannot do.
    pub async fn sign_out(&self, session: &Session, now: UnixTime) -> Result<(), Error> {
        if self.store.session(session.id).await?.is_none() {
            return Ok(());
        }
        let npi = session.account.npi;
        let actor = Actor::Prescriber { npi };
        let event = NewEvent::new(now, actor, EventKind::SignedOut, Outcome::Success).of(npi);
        Ok(self.store.commit(Changes::new([Write::DeleteSession(session.id)], [event])).await?)
    }
}
