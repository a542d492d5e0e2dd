//! What a prescriber does with a token of their own, by the session on the dashboard.

use oath::{Code, SerialNumber, UnixTime};

use super::{
    ATTEMPTS, Registry,
    tokens::{Why, changed, ended_with, spared},
};
use crate::{
    Error, OwnTokenError,
    event::{NewEvent, Outcome},
    rules::{
        owning::{
            DeactivationReason, OwnerAct, Remaining, check_factor, check_other_token,
            check_sign_in, remaining,
        },
        token_states::TokenEvent,
    },
    session::Session,
    store::{Changes, Write},
    token::{Token, TokenRecord},
};

/// The form by which an owner deactivates a token.
#[derive(Debug, Clone, Copy)]
pub struct Deactivation {
    /// Why.
    pub reason: DeactivationReason,
    /// Whether what follows from giving up the last one was read and meant.
    pub last_one_meant: bool,
}

/// What was read for a decision on a token of an account.
struct Read {
    session: Write,
    /// Whether the session's second factor was a token that is lost now.
    is_by_a_lost: bool,
    record: TokenRecord,
    all: Vec<TokenRecord>,
}

impl Registry {
    /// Suspends a token of the session's account; the passphrase alone is enough. One that is
    /// suspended already stays so.
    ///
    /// # Errors
    /// [`OwnTokenError`].
    pub async fn report_own_token_lost(
        &self,
        session: &Session,
        serial: &SerialNumber,
        now: UnixTime,
    ) -> Result<Token, OwnTokenError> {
        let why = Why::Words("reported lost by its owner");
        self.change_own(session, serial, OwnerAct::ReportLost, why, now, |_| Ok(())).await
    }

    /// Takes a suspended token of the session's account into use again.
    ///
    /// # Errors
    /// [`OwnTokenError`].
    pub async fn found_own_token(
        &self,
        session: &Session,
        serial: &SerialNumber,
        now: UnixTime,
    ) -> Result<Token, OwnTokenError> {
        let why = Why::Words("found by its owner");
        self.change_own(session, serial, OwnerAct::Found, why, now, |_| Ok(())).await
    }

    /// Ends the lock of a token of the session's account before its time; the session's second factor
    /// was another token. The wrong codes stay counted, and a lock that only the help desk ends stays.
    ///
    /// # Errors
    /// [`OwnTokenError`].
    pub async fn unlock_own_token(
        &self,
        session: &Session,
        serial: &SerialNumber,
        now: UnixTime,
    ) -> Result<Token, OwnTokenError> {
        let why = Why::Words("by its owner, with another token");
        let by_another = |_: &Read| check_other_token(&session.factor, serial);
        self.change_own(session, serial, OwnerAct::Unlock, why, now, by_another).await
    }

    /// Lets the network be told once more of a token of the session's account, if that was given up.
    ///
    /// # Errors
    /// [`OwnTokenError`].
    pub async fn sync_own_token_again(
        &self,
        session: &Session,
        serial: &SerialNumber,
        now: UnixTime,
    ) -> Result<Token, OwnTokenError> {
        let why = Why::Words("begun again by its owner");
        self.change_own(session, serial, OwnerAct::SyncAgain, why, now, |_| Ok(())).await
    }

    /// Deactivates a token of the session's account, for good; the last one only if that is meant.
    ///
    /// # Errors
    /// [`OwnTokenError`].
    pub async fn deactivate_own_token(
        &self,
        session: &Session,
        serial: &SerialNumber,
        form: Deactivation,
        now: UnixTime,
    ) -> Result<Token, OwnTokenError> {
        let why = Why::Reason(form.reason);
        self.change_own(session, serial, OwnerAct::Deactivate, why, now, |read| {
            let all: Vec<_> = read.all.iter().map(|record| record.token.clone()).collect();
            let token = &read.record.token;
            if !form.reason.fits(token.token_type) {
                return Err(OwnTokenError::OtherReason);
            }
            match remaining(&all, token, now) {
                Remaining::None if !form.last_one_meant => Err(OwnTokenError::LastToken),
                _ => Ok(()),
            }
        })
        .await
    }

    /// Finds the step or counter of a token of the session's account again by two codes in a row.
    /// A pair that is wrong counts as a wrong code.
    ///
    /// # Errors
    /// [`OwnTokenError`].
    pub async fn resynchronise_own_token(
        &self,
        session: &Session,
        serial: &SerialNumber,
        codes: (&Code, &Code),
        now: UnixTime,
    ) -> Result<Token, OwnTokenError> {
        let npi = session.account.npi;
        let actor = session.actor();
        for _ in 0..ATTEMPTS {
            let stored = self.alive(session, now).await?;
            check_sign_in(OwnerAct::Resynchronise, &stored.factor, now)?;
            let tokens = self.tokens(&npi, now).await?;
            let by_lost = self.is_by_a_lost_token(npi, &stored.factor, &tokens).await?;
            check_factor(OwnerAct::Resynchronise, by_lost)?;
            let there = Some(Write::ExpectSession { id: stored.id, version: stored.version });
            if let Some(token) = self.try_resynchronise(&actor, serial, codes, there, now).await? {
                return Ok(token);
            }
        }
        Err(Error::Busy.into())
    }

    /// Lets an owner's act happen; where it has happened already, nothing changes.
    async fn change_own(
        &self,
        session: &Session,
        serial: &SerialNumber,
        act: OwnerAct,
        why: Why<'_>,
        now: UnixTime,
        check: impl Fn(&Read) -> Result<(), OwnTokenError>,
    ) -> Result<Token, OwnTokenError> {
        let npi = session.account.npi;
        let actor = session.actor();
        let event = match act {
            OwnerAct::ReportLost => TokenEvent::Lost,
            OwnerAct::Found => TokenEvent::Found,
            OwnerAct::Deactivate => TokenEvent::Deactivate,
            OwnerAct::Resynchronise => TokenEvent::Resynchronise,
            OwnerAct::SyncAgain => TokenEvent::SyncAgain,
            OwnerAct::Unlock => TokenEvent::EndLock,
        };
        let spared = spared(session.id, why.reason());
        for _ in 0..ATTEMPTS {
            let read = self.read_own(session, serial, act, now).await?;
            let Some(token) = changed(&read.record.token, event, &actor, now)? else {
                let ended = ended_with(&read.record.token, spared);
                self.commit(Changes::new(Vec::from_iter(ended), [])).await?;
                return Ok(read.record.token.at(now));
            };
            check_factor(act, read.is_by_a_lost)?;
            check(&read)?;
            let noted =
                NewEvent::new(now, actor.clone(), super::tokens::kind(event), Outcome::Success)
                    .of(npi)
                    .on(serial)
                    .because(why.text());
            // Whether it is the last depends on the others: they are to be as they were read.
            let others = read.all.iter().filter(|other| other.token.serial != *serial);
            let mut writes = vec![read.session];
            writes.extend(ended_with(&token, spared));
            writes.extend(others.map(|other| Write::ExpectToken {
                serial: other.token.serial.clone(),
                version: other.version,
            }));
            let record = TokenRecord { token: token.clone(), ..read.record };
            writes.push(Write::UpdateToken(Box::new(record)));
            let mut more = self.moves_ended(&token, why.reason(), &actor, now).await?;
            if act == OwnerAct::Unlock {
                more = more.and(self.moved_to(&token, spared, now).await?);
            }
            if self.commit(Changes::new(writes, [noted]).and(more)).await? {
                return Ok(token);
            }
        }
        Err(Error::Busy.into())
    }

    /// Reads the account's tokens by a session that is enough for the act.
    async fn read_own(
        &self,
        session: &Session,
        serial: &SerialNumber,
        act: OwnerAct,
        now: UnixTime,
    ) -> Result<Read, OwnTokenError> {
        let stored = self.alive(session, now).await?;
        check_sign_in(act, &stored.factor, now)?;
        let all = self.store.tokens_of(stored.npi).await.map_err(Error::from)?;
        let record = all.iter().find(|record| record.token.serial == *serial).cloned();
        let record = record.ok_or(Error::UnknownToken)?;
        let tokens: Vec<_> = all.iter().map(|record| record.token.clone()).collect();
        let is_by_a_lost = self.is_by_a_lost_token(stored.npi, &stored.factor, &tokens).await?;
        let session = Write::ExpectSession { id: stored.id, version: stored.version };
        Ok(Read { session, is_by_a_lost, record, all })
    }
}
