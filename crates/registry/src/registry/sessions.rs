//! Sessions: found by their secret, made full by a code of a token, ended.

use oath::{Code, SerialNumber, UnixTime};

use super::{ATTEMPTS, Registry};
use crate::{
    Error, Npi, Purpose, Token, VerifyError,
    event::{EventKind, NewEvent, Outcome},
    rules::judging::{Typed, check_judgeable},
    session::{Factor, NOTED_EVERY, RENEWED_AGAIN, SecondFactor, Session, SessionRecord},
    store::{Changes, Write},
    values::{IdempotencyKey, SessionId, SessionSecret},
};

/// Where a session stands when its second factor comes.
pub(super) enum Standing {
    /// It waits for it.
    Half(SessionRecord),
    /// It is full; with its new secret, if this very submit made it so.
    Full(Option<SessionSecret>),
}

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
        let account = self.store.account(record.npi).await?.map(|record| record.account);
        let account = account.filter(|account| account.access_ended.is_none());
        let account = account.ok_or(Error::SessionEnded)?;
        let SessionRecord { factor, signed_in, .. } = record;
        Ok(Session {
            account,
            factor,
            signed_in,
            csrf: secret.csrf(),
            id,
            submit: None,
            through: None,
        })
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

    /// Where a session stands when its second factor comes.
    pub(super) async fn standing(
        &self,
        session: &Session,
        now: UnixTime,
    ) -> Result<Standing, Error> {
        match self.alive(session, now).await {
            Ok(record) if record.factor == Factor::Half => Ok(Standing::Half(record)),
            Ok(_) => Ok(Standing::Full(None)),
            Err(Error::SessionEnded) => {
                let secret = match &session.submit {
                    Some(submit) => self.renewed(session.id, submit, now).await?,
                    None => None,
                };
                secret.map(|secret| Standing::Full(Some(secret))).ok_or(Error::SessionEnded)
            }
            Err(error) => Err(error),
        }
    }

    /// What makes a half session a full one, under a new secret.
    pub(super) fn fill(
        &self,
        session: &Session,
        half: SessionRecord,
        by: SecondFactor,
        now: UnixTime,
    ) -> (SessionSecret, [Write; 3]) {
        let secret = self.next_secret(half.id, session.submit.as_ref());
        let factor = Factor::Full { at: now, by };
        let full = SessionRecord { id: secret.id(), factor, last_seen: now, ..half.clone() };
        let (delete, insert) = (Write::DeleteSession(half.id), Write::InsertSession(full));
        // The update changes nothing: it is the condition that nobody was first.
        (secret, [Write::UpdateSession(half), delete, insert])
    }

    /// The secret that follows a session's, which the same submit sent again makes again.
    pub(super) fn next_secret(
        &self,
        old: SessionId,
        submit: Option<&IdempotencyKey>,
    ) -> SessionSecret {
        let submit = submit.map_or(&[][..], |submit| submit.as_str().as_bytes());
        SessionSecret::from_bytes(self.master.renewed_session(old.as_bytes(), submit))
    }

    /// The new secret of a session whose second factor came with this submit a moment ago: for the
    /// same submit sent again, whose sender may not have got the first one's answer.
    ///
    /// # Errors
    /// What the store cannot do.
    pub async fn renewed_by(
        &self,
        old: &SessionSecret,
        submit: &IdempotencyKey,
        now: UnixTime,
    ) -> Result<Option<SessionSecret>, Error> {
        self.renewed(old.id(), submit, now).await
    }

    async fn renewed(
        &self,
        old: SessionId,
        submit: &IdempotencyKey,
        now: UnixTime,
    ) -> Result<Option<SessionSecret>, Error> {
        let secret = self.next_secret(old, Some(submit));
        let found = self.store.session(secret.id()).await?;
        let just_now = found.is_some_and(|record| {
            let full =
                matches!(record.factor, Factor::Full { at, .. } if now.since(at) <= RENEWED_AGAIN);
            full && record.is_alive(now)
        });
        Ok(just_now.then_some(secret))
    }

    /// The second factor of a sign-in by a code of one of the account's tokens; which one need not
    /// be said where there is only one in use. Gives the session's new secret; none if the session
    /// was full already.
    ///
    /// # Errors
    /// [`VerifyError`].
    pub async fn confirm_with_code(
        &self,
        session: &Session,
        serial: Option<&SerialNumber>,
        code: &Code,
        now: UnixTime,
    ) -> Result<Option<SessionSecret>, VerifyError> {
        self.confirm_with(session, serial, code.into(), now).await
    }

    /// As [`Registry::confirm_with_code`], by two codes in a row, which find the token's step or
    /// counter again: the way in for whoever has no token but one that is out of step. Codes of long
    /// before the one expected now are refused here.
    ///
    /// # Errors
    /// [`VerifyError`].
    pub async fn confirm_with_two_codes(
        &self,
        session: &Session,
        serial: Option<&SerialNumber>,
        (first, second): (&Code, &Code),
        now: UnixTime,
    ) -> Result<Option<SessionSecret>, VerifyError> {
        let typed = Typed { code: first, next: Some(second), challenge: None };
        self.confirm_with(session, serial, typed, now).await
    }

    async fn confirm_with(
        &self,
        session: &Session,
        serial: Option<&SerialNumber>,
        typed: Typed<'_>,
        now: UnixTime,
    ) -> Result<Option<SessionSecret>, VerifyError> {
        let (npi, actor) = (session.account.npi, session.actor());
        let serial = match serial {
            Some(serial) => serial.clone(),
            None => self.only_token_of(npi, now).await?,
        };
        for _ in 0..ATTEMPTS {
            let token = self.token_of(npi, &serial, Purpose::SignIn, &actor, now).await?;
            let mut decision = self.decide(&token, npi, typed, Purpose::SignIn, now).await?;
            decision.done_by(&actor);
            // Read last: while it is half, no other submit of it was in what was read before.
            let half = match self.standing(session, now).await? {
                Standing::Half(record) => record,
                Standing::Full(secret) => return Ok(secret),
            };
            let mut changes = decision.changes(&token);
            let mut secret = None;
            if decision.result.is_ok() {
                let by = SecondFactor::Token(serial.clone());
                let (new, writes) = self.fill(session, half, by, now);
                secret = Some(new);
                changes.writes.extend(writes);
                let (actor, kind) = (actor.clone(), EventKind::SecondFactorGiven);
                let event = NewEvent::new(now, actor, kind, Outcome::Success);
                changes.events.push(event.of(npi).on(&serial));
            }
            if self.commit(changes).await? {
                return decision.result.map(|_| secret).map_err(VerifyError::Refused);
            }
        }
        Err(Error::Busy.into())
    }

    /// The only token whose codes count; where none's do, the only one in use, whose refusal says why.
    async fn only_token_of(&self, npi: Npi, now: UnixTime) -> Result<SerialNumber, VerifyError> {
        let tokens: Vec<_> =
            self.store.tokens_of(npi).await?.into_iter().map(|record| record.token).collect();
        let counts = |token: &&Token| check_judgeable(token, Purpose::SignIn, now).is_ok();
        let mut meant: Vec<_> = tokens.iter().filter(counts).collect();
        if meant.is_empty() {
            meant = tokens.iter().filter(|token| token.state.is_in_use()).collect();
        }
        match *meant {
            [only] => Ok(only.serial.clone()),
            [] => Err(VerifyError::UnknownToken),
            _ => Err(VerifyError::WhichToken),
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
        let event = NewEvent::new(now, session.actor(), EventKind::SignedOut, Outcome::Success)
            .of(session.account.npi);
        Ok(self.store.commit(Changes::new([Write::DeleteSession(session.id)], [event])).await?)
    }
}
