//! The first factor: NPI and passphrase. The policy stands in [`crate::rules::sign_in`].

use oath::UnixTime;
use rand_core::CryptoRng;

use super::{ATTEMPTS, Registry};
use crate::{
    Error, Npi, PassphraseError, Session, SignInError,
    account::AccountRecord,
    event::{Actor, EventKind, NewEvent, Outcome},
    rules::{access::ACCESS_ENDED, sign_in::pause_at},
    session::{Factor, LASTS, SessionRecord},
    store::{Changes, Write},
    values::SessionSecret,
};

/// What is known of an attempt once it is counted.
struct Attempt {
    npi: Option<Npi>,
    actor: Actor,
    /// The hash to compare with; `None` where nothing can fit.
    hash: Option<String>,
    pauses: bool,
    /// Whether the account's access was ended.
    ended: bool,
}

impl Registry {
    /// Signs in with NPI and passphrase, both as typed: half a session, good for the second factor.
    ///
    /// The answer and the work for it are the same whether the NPI is unknown, the passphrase wrong
    /// or none at all, or the sign-in paused.
    ///
    /// Nothing is counted before it is this attempt's turn; from then on it should be let run to its
    /// end, as it stays counted if it is given up.
    ///
    /// # Errors
    /// [`SignInError::Refused`]; [`SignInError::TooMany`] if too many wait to be judged, whoever
    /// asks, with nothing counted or written; [`SignInError::Registry`] where it could not be judged.
    pub async fn sign_in(
        &self,
        npi: &str,
        passphrase: &str,
        now: UnixTime,
        rng: &mut (impl CryptoRng + Send),
    ) -> Result<SessionSecret, SignInError> {
        self.sign_in_by(Actor::Stranger, (npi.parse().ok(), passphrase), now, rng).await
    }

    /// As [`Registry::sign_in`], by somebody whom the audit names.
    pub(super) async fn sign_in_by(
        &self,
        actor: Actor,
        (npi, passphrase): (Option<Npi>, &str),
        now: UnixTime,
        rng: &mut (impl CryptoRng + Send),
    ) -> Result<SessionSecret, SignInError> {
        let _turn = self.hasher.turn().await.ok_or(SignInError::TooMany)?;
        let attempt = self.count_attempt(npi, actor, now).await?;
        let fits = self.hasher.verify(passphrase, attempt.hash.clone()).await?;
        match attempt.npi {
            Some(npi) if fits => {
                let begun = self.begin_session(npi, &attempt, now, rng).await?;
                begun.ok_or(SignInError::Refused)
            }
            _ => {
                self.note_refusal(&attempt, now).await?;
                Err(SignInError::Refused)
            }
        }
    }

    /// Judges the passphrase once more, of whoever is signed in by both factors. It is counted as at
    /// the sign-in.
    pub(super) async fn passphrase_again(
        &self,
        session: &Session,
        passphrase: &str,
        now: UnixTime,
    ) -> Result<(), PassphraseError> {
        let npi = session.account.npi;
        let _turn = self.hasher.turn().await.ok_or(PassphraseError::TooMany)?;
        let attempt = self.count_attempt(Some(npi), session.actor(), now).await?;
        if self.hasher.verify(passphrase, attempt.hash.clone()).await? {
            let stands = self.forget_failures(npi, &attempt, Vec::new(), now).await?;
            return if stands { Ok(()) } else { Err(PassphraseError::Wrong) };
        }
        self.note_refusal(&attempt, now).await?;
        Err(if attempt.hash.is_some() { PassphraseError::Wrong } else { PassphraseError::Paused })
    }

    /// Counts an attempt as failed before it is judged. Where there is nothing to count, a write is
    /// made all the same, so that the time that it takes tells nothing.
    async fn count_attempt(
        &self,
        npi: Option<Npi>,
        actor: Actor,
        now: UnixTime,
    ) -> Result<Attempt, Error> {
        for _ in 0..ATTEMPTS {
            let found = match npi {
                Some(npi) => self.store.account(npi).await?,
                None => None,
            };
            let mut attempt =
                Attempt { npi, actor: actor.clone(), hash: None, pauses: false, ended: false };
            attempt.ended =
                found.as_ref().is_some_and(|record| record.account.access_ended.is_some());
            let judged = |record: &AccountRecord| !attempt.ended && !is_paused(record, now);
            let mut changes = Changes::new([Write::Nothing], []);
            if let Some(mut record) = found.filter(judged) {
                let account = &mut record.account;
                account.sign_in_failures = account.sign_in_failures.saturating_add(1);
                account.sign_in_pause = pause_at(account.sign_in_failures, now);
                attempt.pauses = account.sign_in_pause.is_some();
                attempt.hash = Some(record.passphrase_hash.clone());
                let event = passphrase_event(actor.clone(), npi, Outcome::Attempted, now);
                changes = Changes::new([Write::UpdateAccount(record)], [event]);
            }
            if self.commit(changes).await? {
                return Ok(attempt);
            }
        }
        Err(Error::Busy)
    }

    async fn note_refusal(&self, attempt: &Attempt, now: UnixTime) -> Result<(), Error> {
        let cause = match attempt.hash {
            Some(_) => "wrong passphrase",
            None if attempt.ended => ACCESS_ENDED,
            None => "unknown account, or paused",
        };
        let event = passphrase_event(attempt.actor.clone(), attempt.npi, Outcome::Refused, now);
        let mut events = vec![event.because(cause)];
        if attempt.pauses {
            let mut event =
                NewEvent::new(now, Actor::System, EventKind::SignInPaused, Outcome::Success);
            event.account = attempt.npi;
            events.push(event.because("too many wrong passphrases"));
        }
        Ok(self.store.commit(Changes::new([], events)).await?)
    }

    async fn begin_session(
        &self,
        npi: Npi,
        attempt: &Attempt,
        now: UnixTime,
        rng: &mut impl CryptoRng,
    ) -> Result<Option<SessionSecret>, Error> {
        let secret = SessionSecret::generate(rng);
        let session = SessionRecord {
            id: secret.id(),
            npi,
            factor: Factor::Half,
            signed_in: now,
            last_seen: now,
            version: 0,
        };
        let before = UnixTime(now.0.saturating_sub(LASTS));
        let writes = vec![Write::ForgetSessions { npi, before }, Write::InsertSession(session)];
        let stands = self.forget_failures(npi, attempt, writes, now).await?;
        Ok(stands.then_some(secret))
    }

    /// The passphrase was right: what was counted is forgotten, and these writes are made with it. `false`
    /// where it is the passphrase no more, or the access was ended, since it was judged.
    async fn forget_failures(
        &self,
        npi: Npi,
        attempt: &Attempt,
        writes: Vec<Write>,
        now: UnixTime,
    ) -> Result<bool, Error> {
        for _ in 0..ATTEMPTS {
            let mut record = self.store.account(npi).await?.ok_or(Error::UnknownAccount)?;
            let same = attempt.hash.as_ref() == Some(&record.passphrase_hash);
            if !same || record.account.access_ended.is_some() {
                return Ok(false);
            }
            record.account.sign_in_failures = 0;
            record.account.sign_in_pause = None;
            let mut writes = writes.clone();
            writes.insert(0, Write::UpdateAccount(record));
            let actor = match &attempt.actor {
                Actor::Stranger => Actor::Prescriber { npi },
                known => known.clone(),
            };
            let event = passphrase_event(actor, Some(npi), Outcome::Success, now);
            if self.commit(Changes::new(writes, [event])).await? {
                return Ok(true);
            }
        }
        Err(Error::Busy)
    }
}

fn is_paused(record: &AccountRecord, now: UnixTime) -> bool {
    record.account.sign_in_pause.is_some_and(|pause| pause.holds(now))
}

fn passphrase_event(actor: Actor, npi: Option<Npi>, outcome: Outcome, now: UnixTime) -> NewEvent {
    let mut event = NewEvent::new(now, actor, EventKind::PassphraseGiven, outcome);
    event.account = npi;
    event
}
