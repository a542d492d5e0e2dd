//! Judging a code, and committing the verdict before it is told.

use oath::{Challenge, Code, Seed, SerialNumber, UnixTime};
use provisioning::Label;

use super::{ATTEMPTS, Registry};
use crate::{
    Cause, Error, Npi, Purpose, VerifyError,
    drift::DriftSample,
    event::{Actor, EventKind, NewEvent, Outcome},
    rules::{
        drift::sample,
        explaining::{Explanation, counted, explain},
        handover::is_held_up,
        judging::{Judgement, Typed, Verdict, check_judgeable, judge},
    },
    store::{Changes, Write},
    token::{Token, TokenRecord},
};

/// A code that was accepted; it will not be again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    /// The token that it is from.
    pub serial: SerialNumber,
    /// What the prescriber calls that token.
    pub name: Label,
    /// When it was accepted.
    pub at: UnixTime,
}

/// What was decided about a code. It counts only if its changes are committed.
pub(super) struct Decision {
    /// The token after it; `None` if nothing changes.
    pub(super) token: Option<Token>,
    pub(super) result: Result<Accepted, Cause>,
    /// Another token of the account, which the code was from and is used up for.
    used_up: Option<TokenRecord>,
    /// What the code showed of the token, where that is kept.
    sample: Option<DriftSample>,
    events: Vec<NewEvent>,
    /// The end of the token whose place this one takes, where that has waited for a good code.
    moved: Changes,
}

impl Decision {
    /// Lets the events say who typed the code, where that is not the prescriber.
    pub(super) fn done_by(&mut self, actor: &Actor) {
        let by_prescriber = |event: &&mut NewEvent| matches!(event.actor, Actor::Prescriber { .. });
        for event in self.events.iter_mut().filter(by_prescriber) {
            event.actor = actor.clone();
        }
    }

    /// Lets the events say what the codes were for, where they were judged as another purpose's.
    pub(super) fn noted_as(&mut self, purpose: Purpose) {
        for event in self.events.iter_mut().filter(|event| event.purpose.is_some()) {
            event.purpose = Some(purpose);
        }
    }

    /// The changes, on the condition that the token is as it was read.
    pub(super) fn changes(&self, read: &TokenRecord) -> Changes {
        self.changes_by(match &self.token {
            Some(token) => {
                Write::UpdateJudged { token: Box::new(token.clone()), version: read.version }
            }
            None => Write::ExpectToken { serial: read.token.serial.clone(), version: read.version },
        })
    }

    /// The changes, where what becomes of the token is written otherwise.
    pub(super) fn changes_by(&self, write: Write) -> Changes {
        let used_up = self.used_up.clone().map(|other| Write::UpdateToken(Box::new(other)));
        let sample = self.sample.clone().map(|sample| Write::NoteDrift(Box::new(sample)));
        let writes: Vec<_> = [write].into_iter().chain(used_up).chain(sample).collect();
        Changes::new(writes, self.events.clone()).and(self.moved.clone())
    }
}

impl Registry {
    /// Judges a code of one of the account's tokens. An accepted code is never accepted again.
    ///
    /// The cause of a refusal is for the prescriber's own session, the help desk, or a relying party
    /// that has shown who it is; a stranger must get one uniform refusal.
    ///
    /// # Errors
    /// [`VerifyError`].
    pub async fn verify(
        &self,
        account: &Npi,
        serial: &SerialNumber,
        code: &Code,
        purpose: Purpose,
        now: UnixTime,
    ) -> Result<Accepted, VerifyError> {
        self.verify_typed(account, serial, code.into(), purpose, now).await
    }

    /// Judges a code that is good for one prescription only (OCRA, RFC 6287): as [`Registry::verify`],
    /// but that it must answer the challenge, which is made of what is signed. A plain code is wrong.
    ///
    /// # Errors
    /// [`VerifyError`].
    pub async fn verify_bound(
        &self,
        account: &Npi,
        serial: &SerialNumber,
        (challenge, code): (Challenge, &Code),
        purpose: Purpose,
        now: UnixTime,
    ) -> Result<Accepted, VerifyError> {
        let typed = Typed { code, next: None, challenge: Some(challenge) };
        self.verify_typed(account, serial, typed, purpose, now).await
    }

    async fn verify_typed(
        &self,
        account: &Npi,
        serial: &SerialNumber,
        typed: Typed<'_>,
        purpose: Purpose,
        now: UnixTime,
    ) -> Result<Accepted, VerifyError> {
        for _ in 0..ATTEMPTS {
            let actor = Actor::Prescriber { npi: *account };
            let token = self.token_of(*account, serial, purpose, &actor, now).await?;
            let decision = self.decide(&token, *account, typed, purpose, now).await?;
            if self.commit(decision.changes(&token)).await? {
                return decision.result.map_err(VerifyError::Refused);
            }
        }
        Err(Error::Busy.into())
    }

    /// The account's token of this serial number. That another account has it is not told.
    pub(super) async fn token_of(
        &self,
        npi: Npi,
        serial: &SerialNumber,
        purpose: Purpose,
        actor: &Actor,
        now: UnixTime,
    ) -> Result<TokenRecord, VerifyError> {
        let found = self.store.token(serial).await?;
        if let Some(record) = found.filter(|record| record.token.owner == Some(npi)) {
            return Ok(record);
        }
        let event =
            code_event(npi, serial, purpose, Outcome::Refused, now).because("no such token");
        let event = NewEvent { actor: actor.clone(), ..event };
        self.store.commit(Changes::new([], [event])).await?;
        Err(VerifyError::UnknownToken)
    }

    /// Judges a code of a token that was read, and explains a refusal. Changes nothing yet.
    pub(super) async fn decide(
        &self,
        record: &TokenRecord,
        npi: Npi,
        typed: Typed<'_>,
        purpose: Purpose,
        now: UnixTime,
    ) -> Result<Decision, Error> {
        let serial = &record.token.serial;
        let event = |outcome| code_event(npi, serial, purpose, outcome, now);
        let refused = |token, cause: Cause| Decision {
            token,
            events: vec![event(Outcome::Refused).because(cause.name())],
            result: Err(cause),
            used_up: None,
            sample: None,
            moved: Changes::default(),
        };
        if let Err(cause) = check_judgeable(&record.token, purpose, now) {
            return Ok(refused(None, cause));
        }
        let seed = self.open_seed(record)?;
        let Judgement { mut token, verdict } = judge(&record.token, &seed, typed, purpose, now);
        let explained = match verdict {
            Verdict::Accepted => {
                let accepted =
                    Accepted { serial: serial.clone(), name: token.name.clone(), at: now };
                let events = vec![event(Outcome::Success)];
                let codes = 1 + u64::from(typed.next.is_some());
                let sample = sample(&record.token, &token, codes, now);
                let moved = match is_held_up(&record.token) {
                    true => self.moved_to(&token, None, now).await?,
                    false => Changes::default(),
                };
                return Ok(Decision {
                    sample,
                    token: Some(token),
                    result: Ok(accepted),
                    used_up: None,
                    events,
                    moved,
                });
            }
            Verdict::Refused(cause) => return Ok(refused(None, cause)),
            Verdict::Miss { .. } if typed.next.is_some() => {
                Explanation::from(Cause::NotConsecutive)
            }
            // Which code was meant instead cannot be told from a bound one.
            Verdict::Miss { .. } if typed.challenge.is_some() => Explanation::from(Cause::Wrong),
            Verdict::Miss { explain: false } => Explanation::from(Cause::Wrong),
            Verdict::Miss { explain: true } => {
                let others = self.others_in_use(npi, serial).await;
                explain(&record.token, &seed, typed.code, purpose, now, &others)
            }
        };
        // It was good once: nobody is charged for it.
        if matches!(explained.cause, Cause::AlreadyUsed { .. } | Cause::Old) {
            return Ok(refused(None, explained.cause));
        }
        let cause = counted(explained.cause, &mut token, purpose);
        let locks = token.lock.is_some();
        let changed = Some(token).filter(|token| *token != record.token);
        let mut decision = refused(changed, cause);
        if let Some(other) = explained.used_up {
            let event = code_event(npi, &other.token.serial, purpose, Outcome::Success, now);
            decision.events.push(event.because("typed for another token"));
            decision.used_up = Some(other);
        }
        if locks {
            let actor = Actor::System;
            let event = NewEvent::new(now, actor, EventKind::TokenLocked, Outcome::Success);
            decision.events.push(event.of(npi).on(serial).because("too many wrong codes"));
        }
        Ok(decision)
    }

    /// The account's other tokens, as far as they can be read: a wrong code is counted whether or
    /// not it can be explained.
    async fn others_in_use(&self, npi: Npi, named: &SerialNumber) -> Vec<(TokenRecord, Seed)> {
        let records = self.store.other_tokens_of(npi, named).await.unwrap_or_default();
        records
            .into_iter()
            .filter(|record| record.token.state.is_in_use())
            .filter_map(|record| self.open_seed(&record).ok().map(|seed| (record, seed)))
            .collect()
    }
}

fn code_event(
    npi: Npi,
    serial: &SerialNumber,
    purpose: Purpose,
    outcome: Outcome,
    now: UnixTime,
) -> NewEvent {
    let actor = Actor::Prescriber { npi };
    NewEvent::new(now, actor, EventKind::CodeJudged, outcome).of(npi).on(serial).to(purpose)
}
