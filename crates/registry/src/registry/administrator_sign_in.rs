//! An administrator's sign-in: name and passphrase, then a code; and the session that it gives.
//!
//! The rules are a prescriber's: wrong passphrases pause ([`crate::rules::sign_in`]), wrong codes lock
//! ([`crate::rules::lock`]), every refusal of the first factor is the same after the same work.

use oath::{Code, Seed, UnixTime};
use rand_core::CryptoRng;

use super::{ATTEMPTS, Registry};
use crate::{
    Cause, Error, SignInError, VerifyError,
    administrator::{AdministratorRecord, AdministratorSession, AdministratorSessionRecord},
    event::{Actor, EventKind, NewEvent, Outcome},
    master_key::What,
    rules::{administrators::judge, sign_in::pause_at},
    session::{LASTS, NOTED_EVERY, RENEWED_AGAIN},
    store::{Changes, Write},
    values::{AdministratorName, IdempotencyKey, SessionId, SessionSecret},
};

/// What is known of an attempt once it is counted.
struct Attempt {
    name: Option<AdministratorName>,
    /// The hash to compare with; `None` where nothing can fit.
    hash: Option<String>,
    pauses: bool,
}

impl Registry {
    /// Signs an administrator in with name and passphrase, both as typed: half a session, good for
    /// the code. As [`Registry::sign_in`] in every other respect.
    ///
    /// # Errors
    /// [`SignInError`].
    pub async fn sign_in_administrator(
        &self,
        name: &str,
        passphrase: &str,
        now: UnixTime,
        rng: &mut (impl CryptoRng + Send),
    ) -> Result<SessionSecret, SignInError> {
        let _turn = self.hasher.turn().await.ok_or(SignInError::TooMany)?;
        let attempt = self.count_administrators_attempt(name.parse().ok(), now).await?;
        let fits = self.hasher.verify(passphrase, attempt.hash.clone()).await?;
        match &attempt.name {
            Some(name) if fits => Ok(self.begin_administrator_session(name, now, rng).await?),
            _ => {
                self.note_administrators_refusal(&attempt, now).await?;
                Err(SignInError::Refused)
            }
        }
    }

    async fn count_administrators_attempt(
        &self,
        name: Option<AdministratorName>,
        now: UnixTime,
    ) -> Result<Attempt, Error> {
        for _ in 0..ATTEMPTS {
            let found = match &name {
                Some(name) => self.store.administrator(name.key()).await?,
                None => None,
            };
            let mut attempt = Attempt { name: None, hash: None, pauses: false };
            let mut changes = Changes::new([Write::Nothing], []);
            if let Some(mut record) = found.filter(|record| is_judged(record, now)) {
                let administrator = &mut record.administrator;
                administrator.sign_in_failures = administrator.sign_in_failures.saturating_add(1);
                administrator.sign_in_pause = pause_at(administrator.sign_in_failures, now);
                attempt.pauses = administrator.sign_in_pause.is_some();
                attempt.name = Some(administrator.name.clone());
                attempt.hash = Some(record.passphrase_hash.clone());
                let event = stranger(Outcome::Attempted, now, attempt.name.as_ref(), "");
                changes = Changes::new([Write::UpdateAdministrator(Box::new(record))], [event]);
            }
            if self.commit(changes).await? {
                return Ok(attempt);
            }
        }
        Err(Error::Busy)
    }

    async fn note_administrators_refusal(
        &self,
        attempt: &Attempt,
        now: UnixTime,
    ) -> Result<(), Error> {
        let cause = match attempt.name {
            Some(_) => ": wrong passphrase",
            None => ": unknown, or paused",
        };
        let mut events = vec![stranger(Outcome::Refused, now, attempt.name.as_ref(), cause)];
        if let (true, Some(name)) = (attempt.pauses, &attempt.name) {
            let event =
                NewEvent::new(now, Actor::System, EventKind::SignInPaused, Outcome::Success);
            events.push(event.because(format!("administrator {name}: too many wrong passphrases")));
        }
        Ok(self.store.commit(Changes::new([], events)).await?)
    }

    async fn begin_administrator_session(
        &self,
        name: &AdministratorName,
        now: UnixTime,
        rng: &mut impl CryptoRng,
    ) -> Result<SessionSecret, Error> {
        let secret = SessionSecret::generate(rng);
        for _ in 0..ATTEMPTS {
            let found = self.store.administrator(name.key()).await?;
            let mut record = found.ok_or(Error::UnknownAdministrator)?;
            if record.administrator.removed.is_some() {
                return Err(Error::UnknownAdministrator);
            }
            record.administrator.sign_in_failures = 0;
            record.administrator.sign_in_pause = None;
            let session = AdministratorSessionRecord {
                id: secret.id(),
                administrator: name.key().to_owned(),
                full_since: None,
                signed_in: now,
                last_seen: now,
                version: 0,
            };
            let actor = record.administrator.actor();
            let event = NewEvent::new(now, actor, EventKind::PassphraseGiven, Outcome::Success);
            let (key, before) = (name.key().to_owned(), UnixTime(now.0.saturating_sub(LASTS)));
            let writes = [
                Write::UpdateAdministrator(Box::new(record)),
                Write::ForgetAdministratorSessions { key, before },
                Write::InsertAdministratorSession(session),
            ];
            if self.commit(Changes::new(writes, [event])).await? {
                return Ok(secret);
            }
        }
        Err(Error::Busy)
    }

    /// The administrator's session of a secret, if it has not ended; notes that it was seen.
    ///
    /// # Errors
    /// [`Error::SessionEnded`].
    pub async fn administrator_session(
        &self,
        secret: &SessionSecret,
        now: UnixTime,
    ) -> Result<AdministratorSession, Error> {
        let record = self.administrator_alive(secret.id(), now).await?;
        if now.since(record.last_seen) >= NOTED_EVERY {
            let touch = Write::TouchAdministratorSession { id: record.id, seen: now };
            self.store.commit(Changes::new([touch], [])).await?;
        }
        let found = self.store.administrator(&record.administrator).await?;
        let administrator = found.ok_or(Error::SessionEnded)?.administrator;
        Ok(AdministratorSession::new(administrator, &record, secret))
    }

    /// The stored session as it is now, on which a decision is to be based.
    pub(super) async fn administrator_alive(
        &self,
        id: SessionId,
        now: UnixTime,
    ) -> Result<AdministratorSessionRecord, Error> {
        let found = self.store.administrator_session(id).await?;
        found.filter(|record| record.is_alive(now)).ok_or(Error::SessionEnded)
    }

    /// Takes a code of the administrator's token: it makes half a session a full one, and a full one
    /// fresh again. Gives the session's new secret; the same submit sent again gets the same.
    ///
    /// # Errors
    /// [`VerifyError`].
    pub async fn confirm_administrator(
        &self,
        session: &AdministratorSession,
        code: &Code,
        now: UnixTime,
    ) -> Result<SessionSecret, VerifyError> {
        for _ in 0..ATTEMPTS {
            let key = session.administrator.name.key();
            let found = self.store.administrator(key).await?;
            let record = found.ok_or(Error::SessionEnded)?;
            // Read last: while it is there, no other submit of it was in what was read before.
            let old = match self.administrator_alive(session.id, now).await {
                Ok(old) => old,
                Err(Error::SessionEnded) => {
                    let again = match &session.submit {
                        Some(submit) => self.renewed_administrator(session.id, submit, now).await?,
                        None => None,
                    };
                    return again.ok_or(Error::SessionEnded.into());
                }
                Err(error) => return Err(error.into()),
            };
            let (changes, result) = self.judge_administrator(session, record, old, code, now)?;
            if self.commit(changes).await? {
                return result.map_err(VerifyError::Refused);
            }
        }
        Err(Error::Busy.into())
    }

    fn judge_administrator(
        &self,
        session: &AdministratorSession,
        record: AdministratorRecord,
        old: AdministratorSessionRecord,
        code: &Code,
        now: UnixTime,
    ) -> Result<(Changes, Result<SessionSecret, Cause>), Error> {
        let seed = self.administrators_seed(&record)?;
        let (after, verdict) = judge(&record.administrator, &seed, code, now);
        let event =
            |outcome| NewEvent::new(now, after.actor(), EventKind::SecondFactorGiven, outcome);
        let update = |administrator| {
            Write::UpdateAdministrator(Box::new(AdministratorRecord {
                administrator,
                ..record.clone()
            }))
        };
        let cause = match verdict {
            Ok(()) => {
                let secret = self.next_secret(old.id, session.submit.as_ref());
                let (id, full_since) = (secret.id(), Some(now));
                let full =
                    AdministratorSessionRecord { id, full_since, last_seen: now, ..old.clone() };
                let writes = [
                    update(after.clone()),
                    Write::DeleteAdministratorSession { id: old.id, version: old.version },
                    Write::InsertAdministratorSession(full),
                ];
                let events = [event(Outcome::Success)];
                return Ok((Changes::new(writes, events), Ok(secret)));
            }
            Err(cause) => cause,
        };
        let mut events = vec![event(Outcome::Refused).because(cause.name())];
        if after.code_failures != record.administrator.code_failures && after.code_lock.is_some() {
            let locked =
                NewEvent::new(now, Actor::System, EventKind::AdministratorLocked, Outcome::Success);
            events.push(locked.because(format!("{}: too many wrong codes", after.name)));
        }
        // Written also where nothing is counted: the verdict holds for who they were when read.
        Ok((Changes::new([update(after)], events), Err(cause)))
    }

    fn administrators_seed(&self, record: &AdministratorRecord) -> Result<Seed, Error> {
        let damaged = Error::Damaged { what: "the seed of an administrator's token" };
        let whose = record.administrator.name.key().as_bytes();
        let opened = self.master.open(What::AdministratorSeed, whose, &record.sealed_seed);
        let bytes = opened.map_err(|_| damaged.clone())?;
        Seed::from_bytes(bytes).map_err(|_| damaged)
    }

    /// As [`Registry::renewed_by`], of an administrator's session.
    ///
    /// # Errors
    /// What the store cannot do.
    pub async fn administrator_renewed_by(
        &self,
        old: &SessionSecret,
        submit: &IdempotencyKey,
        now: UnixTime,
    ) -> Result<Option<SessionSecret>, Error> {
        self.renewed_administrator(old.id(), submit, now).await
    }

    async fn renewed_administrator(
        &self,
        old: SessionId,
        submit: &IdempotencyKey,
        now: UnixTime,
    ) -> Result<Option<SessionSecret>, Error> {
        let secret = self.next_secret(old, Some(submit));
        let found = self.store.administrator_session(secret.id()).await?;
        let just_now = found.is_some_and(|record| {
            let full = record.full_since.is_some_and(|at| now.since(at) <= RENEWED_AGAIN);
            full && record.is_alive(now)
        });
        Ok(just_now.then_some(secret))
    }

    /// Ends an administrator's session; one that has ended already stays so.
    ///
    /// # Errors
    /// What the store cannot do.
    pub async fn sign_out_administrator(
        &self,
        session: &AdministratorSession,
        now: UnixTime,
    ) -> Result<(), Error> {
        let Some(record) = self.store.administrator_session(session.id).await? else {
            return Ok(());
        };
        let actor = session.administrator.actor();
        let event = NewEvent::new(now, actor, EventKind::SignedOut, Outcome::Success);
        let delete = Write::DeleteAdministratorSession { id: record.id, version: record.version };
        // A conflict means that it has just ended otherwise.
        self.commit(Changes::new([delete], [event])).await?;
        Ok(())
    }
}

fn is_judged(record: &AdministratorRecord, now: UnixTime) -> bool {
    let administrator = &record.administrator;
    let paused = administrator.sign_in_pause.is_some_and(|pause| pause.holds(now));
    administrator.removed.is_none() && !paused
}

fn stranger(
    outcome: Outcome,
    now: UnixTime,
    name: Option<&AdministratorName>,
    cause: &str,
) -> NewEvent {
    // What a stranger typed may be anything, a passphrase too: only a name that is one is recorded.
    let name = name.map_or_else(String::new, |name| format!(" {name}"));
    NewEvent::new(now, Actor::Stranger, EventKind::PassphraseGiven, outcome)
        .because(format!("administrator{name}{cause}"))
}
