//! The first factor: NPI and passphrase. The policy stands in [`crate::rules::sign_in`].

use oath::UnixTime;
use rand_core::CryptoRng;

use super::{ATTEMPTS, Registry};
use crate::{
    Error, Npi, SignInError,
    account::AccountRecord,
    event::{Actor, EventKind, NewEvent, Outcome},
    rules::sign_in::pause_at,
    session::{Factor, LASTS, SessionRecord},
    store::{Changes, Write},
    values::SessionSecret,
};

/// What is known of an attempt once it is counted.
struct Attempt {
    npi: Option<Npi>,
    /// The hash to compare with; `None` where nothing can fit.
    hash: Option<String>,
    pauses: bool,
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
        let _turn = self.hasher.turn().await.ok_or(SignInError::TooMany)?;
        let attempt = self.count_attempt(npi.parse().ok(), now).await?;
        let fits = self.hasher.verify(passphrase, attempt.hash.clone()).await?;
        match attempt.npi {
            Some(npi) if fits => Ok(self.begin_session(npi, now, rng).await?),
            _ => {
                self.note_refusal(&attempt, now).await?;
                Err(SignInError::Refused)
            }
        }
    }

    /// Counts an attempt as failed before it is judged. Where there is nothing to count, a write is
    /// made all the same, so that the time that it takes tells nothing.
    async fn count_attempt(&self, npi: Option<Npi>, now: UnixTime) -> Result<Attempt, Error> {
        for _ in 0..ATTEMPTS {
            let found = match npi {
                Some(npi) => self.store.account(npi).await?,
                None => None,
            };
            let mut attempt = Attempt { npi, hash: None, pauses: false };
            let mut changes = Changes::new([Write::Nothing], []);
            if let Some(mut record) = found.filter(|record| !is_paused(record, now)) {
                let account = &mut record.account;
                account.sign_in_failures = account.sign_in_failures.saturating_add(1);
                account.sign_in_pause = pause_at(account.sign_in_failures, now);
                attempt.pauses = account.sign_in_pause.is_some();
                attempt.hash = Some(record.passphrase_hash.clone());
                let event = stranger_event(npi, Outcome::Attempted, now);
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
            None => "unknown account, or paused",
        };
        let mut events = vec![stranger_event(attempt.npi, Outcome::Refused, now).because(cause)];
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
        now: UnixTime,
        rng: &mut impl CryptoRng,
    ) -> Result<SessionSecret, Error> {
        let secret = SessionSecret::generate(rng);
        for _ in 0..ATTEMPTS {
            let mut record = self.store.account(npi).await?.ok_or(Error::UnknownAccount)?;
            record.account.sign_in_failures = 0;
            record.account.sign_in_pause = None;
            let session = SessionRecord {
                id: secret.id(),
                npi,
                factor: Factor::Half,
                signed_in: now,
                last_seen: now,
                version: 0,
            };
            let writes = [
                Write::UpdateAccount(record),
                Write::ForgetSessions { npi, before: UnixTime(now.0.saturating_sub(LASTS)) },
                Write::InsertSession(session),
            ];
            let actor = Actor::Prescriber { npi };
            let event =
                NewEvent::new(now, actor, EventKind::PassphraseGiven, Outcome::Success).of(npi);
            if self.commit(Changes::new(writes, [event])).await? {
                return Ok(secret);
            }
        }
        Err(Error::Busy)
    }
}

fn is_paused(record: &AccountRecord, now: UnixTime) -> bool {
    record.account.sign_in_pause.is_some_and(|pause| pause.holds(now))
}

fn stranger_event(npi: Option<Npi>, outcome: Outcome, now: UnixTime) -> NewEvent {
    let mut event = NewEvent::new(now, Actor::Stranger, EventKind::PassphraseGiven, outcome);
    event.account = npi;
    event
}
