//! A code that a relying party brings: judged, answered and, under an idempotency key, kept, all in one
//! commit.
//!
//! A code that names its token is judged as ever. One that names none is tried on every token of the
//! account whose codes count; a wrong one is charged to none of them, but to the account, which ten in
//! a row pause, for codes without a name only.

use oath::{Challenge, Code, SerialNumber, UnixTime};

use super::{ATTEMPTS, Accepted, Registry};
use crate::{
    Cause, Error, Npi, Purpose,
    api_key::RelyingParty,
    code_misses::{CodeMisses, CodeRefusal},
    event::{EventKind, NewEvent, Outcome},
    kept_answer::{Answer, AnswerError, KEPT_FOR, Kept, KeptAnswer, Once},
    rules::{
        explaining::explain,
        judging::{Typed, Verdict, check_judgeable, judge},
    },
    store::{Changes, Write},
    token::TokenRecord,
    values::Reference,
};

/// What a relying party asks of a code.
#[derive(Debug)]
pub struct CodeOrder {
    /// Whose code it is; none where what was said names no account, and then it is refused.
    pub account: Option<Npi>,
    /// Which token it is from, where that is known.
    pub serial: Option<SerialNumber>,
    /// The code.
    pub code: Code,
    /// What it is for.
    pub purpose: Purpose,
    /// What it signs.
    pub reference: Option<Reference>,
    /// The number that it has to answer, where it is to be good for one prescription only (OCRA,
    /// RFC 6287); a plain code is wrong then.
    pub challenge: Option<Challenge>,
}

impl CodeOrder {
    fn typed(&self) -> Typed<'_> {
        Typed { code: &self.code, next: None, challenge: self.challenge }
    }
}

/// What was decided. It counts only if its changes are committed.
struct Judged {
    changes: Changes,
    result: Result<Accepted, CodeRefusal>,
}

impl Registry {
    /// Judges a relying party's code. `answer` says how the result is told; under an idempotency key
    /// that is stored in the same commit, and the same request gets it again for 24 hours, whatever
    /// became of the code, this program and the token meanwhile.
    ///
    /// # Errors
    /// [`AnswerError`].
    pub async fn verify_for(
        &self,
        party: &RelyingParty,
        order: &CodeOrder,
        once: Option<Once<'_>>,
        now: UnixTime,
        answer: impl Fn(&Result<Accepted, CodeRefusal>) -> Answer + Send + Sync,
    ) -> Result<Answer, AnswerError> {
        for _ in 0..ATTEMPTS {
            let Judged { mut changes, result } = match (order.account, &order.serial) {
                (Some(npi), Some(serial)) => {
                    self.judge_named(party, order, (npi, serial), now).await?
                }
                (Some(npi), None) => self.judge_unnamed(party, order, npi, now).await?,
                (None, _) => refused(party, order, None, CodeRefusal::UnknownToken, now),
            };
            for event in &mut changes.events {
                if event.kind == EventKind::CodeJudged {
                    event.actor = party.actor();
                    event.reference = order.reference.clone();
                }
            }
            let answer = answer(&result);
            if let Some(once) = once {
                let kept = self.kept(party, once, &answer, now);
                let before = UnixTime(now.0.saturating_sub(KEPT_FOR));
                changes.writes.push(Write::KeepAnswer { answer: Box::new(kept), before });
            }
            if self.commit(changes).await? {
                return Ok(answer);
            }
            // That this was answered before is found only here, so that a first request reads less.
            if let Some(once) = once
                && let Some(kept) = self.answered_before(party, once, now).await?
            {
                return Ok(kept);
            }
        }
        Err(Error::Busy.into())
    }

    /// Answers without judging; under an idempotency key that is kept as a judged code's answer is.
    ///
    /// # Errors
    /// [`AnswerError`].
    pub async fn keep_for(
        &self,
        party: &RelyingParty,
        once: Option<Once<'_>>,
        answer: Answer,
        now: UnixTime,
    ) -> Result<Answer, AnswerError> {
        let Some(once) = once else { return Ok(answer) };
        for _ in 0..ATTEMPTS {
            let kept = Box::new(self.kept(party, once, &answer, now));
            let before = UnixTime(now.0.saturating_sub(KEPT_FOR));
            let write = Write::KeepAnswer { answer: kept, before };
            if self.commit(Changes::new([write], [])).await? {
                return Ok(answer);
            }
            if let Some(kept) = self.answered_before(party, once, now).await? {
                return Ok(kept);
            }
        }
        Err(Error::Busy.into())
    }

    async fn judge_named(
        &self,
        party: &RelyingParty,
        order: &CodeOrder,
        (npi, serial): (Npi, &SerialNumber),
        now: UnixTime,
    ) -> Result<Judged, Error> {
        let found = self.store.token(serial).await?;
        let Some(record) = found.filter(|record| record.token.owner == Some(npi)) else {
            return Ok(refused(party, order, Some(serial), CodeRefusal::UnknownToken, now));
        };
        self.judge_one(&record, order, npi, now).await
    }

    async fn judge_one(
        &self,
        record: &TokenRecord,
        order: &CodeOrder,
        npi: Npi,
        now: UnixTime,
    ) -> Result<Judged, Error> {
        let typed = order.typed();
        let decision = self.decide(record, npi, typed, order.purpose, now).await?;
        let changes = decision.changes(record);
        Ok(Judged { changes, result: decision.result.map_err(CodeRefusal::Cause) })
    }

    async fn judge_unnamed(
        &self,
        party: &RelyingParty,
        order: &CodeOrder,
        npi: Npi,
        now: UnixTime,
    ) -> Result<Judged, Error> {
        let (tokens, misses) =
            tokio::try_join!(self.store.tokens_of(npi), self.store.code_misses(npi))?;
        let misses = misses.unwrap_or_else(|| CodeMisses::none(npi));
        if let Some(refusal) = misses.refusal(now) {
            return Ok(refused(party, order, None, refusal, now));
        }
        let judgeable =
            |record: &&TokenRecord| check_judgeable(&record.token, order.purpose, now).is_ok();
        let tried: Vec<_> = tokens.iter().filter(judgeable).collect();
        if tried.is_empty() {
            return Ok(refused(party, order, None, no_token_counts(&tokens, order, now), now));
        }
        if let Some(record) = self.whose(&tried, order, now)? {
            let mut judged = self.judge_one(record, order, npi, now).await?;
            judged.changes.writes.push(match judged.result.is_ok() && misses.failures > 0 {
                true => Write::UpdateCodeMisses(misses.forgiven()),
                false => Write::ExpectCodeMisses { npi, version: misses.version },
            });
            return Ok(judged);
        }
        self.missed(party, order, &tried, &misses, now)
    }

    /// The token that the code is or was good for: one that accepts it, or else one that has had it.
    fn whose<'a>(
        &self,
        tried: &[&'a TokenRecord],
        order: &CodeOrder,
        now: UnixTime,
    ) -> Result<Option<&'a TokenRecord>, Error> {
        let mut had = None;
        for record in tried {
            let seed = self.open_seed(record)?;
            match judge(&record.token, &seed, order.typed(), order.purpose, now).verdict {
                Verdict::Accepted => return Ok(Some(record)),
                Verdict::Refused(_) => had = had.or(Some(*record)),
                Verdict::Miss { .. } => {}
            }
        }
        Ok(had)
    }

    /// A code of none of the tokens: explained as far as one of them can, and charged to the account.
    fn missed(
        &self,
        party: &RelyingParty,
        order: &CodeOrder,
        tried: &[&TokenRecord],
        misses: &CodeMisses,
        now: UnixTime,
    ) -> Result<Judged, Error> {
        let mut cause = Cause::Wrong;
        // Which code was meant instead cannot be told from a bound one.
        let explained = if order.challenge.is_none() { tried } else { &[] };
        for record in explained {
            let seed = self.open_seed(record)?;
            let found = explain(&record.token, &seed, &order.code, order.purpose, now, &[]).cause;
            if matches!(found, Cause::AlreadyUsed { .. } | Cause::Old) {
                // It was good once: nobody is charged for it.
                return Ok(refused(party, order, None, found.into(), now));
            }
            if cause == Cause::Wrong {
                cause = found;
            }
        }
        let mut judged = refused(party, order, None, cause.into(), now);
        let after = misses.and_one(now);
        if after.pause.is_some() {
            let event = NewEvent::new(now, party.actor(), EventKind::CodesPaused, Outcome::Success)
                .of(misses.npi)
                .because("too many wrong codes that named no token");
            judged.changes.events.push(event);
        }
        judged.changes.writes.push(match after.version {
            0 => Write::InsertCodeMisses(after),
            _ => Write::UpdateCodeMisses(after),
        });
        Ok(judged)
    }

    fn kept(
        &self,
        party: &RelyingParty,
        once: Once<'_>,
        answer: &Answer,
        now: UnixTime,
    ) -> KeptAnswer {
        KeptAnswer {
            party: party.name.clone(),
            key: once.key.clone(),
            tag: self.master.request_tag(party.name.as_str(), once.request),
            kept: Kept::Answered { status: answer.status, body: answer.body.clone() },
            at: now,
        }
    }

    async fn answered_before(
        &self,
        party: &RelyingParty,
        once: Once<'_>,
        now: UnixTime,
    ) -> Result<Option<Answer>, AnswerError> {
        let kept = self.store.kept_answer(&party.name, once.key).await?;
        let Some(kept) = kept.filter(|kept| kept.stands(now)) else { return Ok(None) };
        if kept.tag != self.master.request_tag(party.name.as_str(), once.request) {
            return Err(AnswerError::KeyReused);
        }
        match kept.kept {
            Kept::Answered { status, body } => Ok(Some(Answer { status, body, repeated: true })),
            Kept::UnderWay => Err(AnswerError::InProgress),
        }
    }

    /// Forgets answers that are a day old, some at a time.
    ///
    /// # Errors
    /// What the store cannot do.
    pub async fn forget_old_answers(&self, now: UnixTime) -> Result<(), Error> {
        let before = UnixTime(now.0.saturating_sub(KEPT_FOR));
        self.commit(Changes::new([Write::ForgetAnswers { before }], [])).await?;
        Ok(())
    }
}

/// Why no token of an account is tried: a lock first, as time ends it.
fn no_token_counts(tokens: &[TokenRecord], order: &CodeOrder, now: UnixTime) -> CodeRefusal {
    let cause = |record: &TokenRecord| check_judgeable(&record.token, order.purpose, now).err();
    let rank = |cause: &Cause| match cause {
        Cause::Locked { until: Some(_), seconds_left } => (0, *seconds_left),
        Cause::Locked { .. } => (1, 0),
        Cause::NotActive { state } if state.is_in_use() => (2, 0),
        _ => (3, 0),
    };
    let found = tokens.iter().filter_map(cause).min_by_key(rank);
    found.map_or(CodeRefusal::UnknownToken, CodeRefusal::Cause)
}

fn refused(
    party: &RelyingParty,
    order: &CodeOrder,
    serial: Option<&SerialNumber>,
    refusal: CodeRefusal,
    now: UnixTime,
) -> Judged {
    let event = NewEvent::new(now, party.actor(), EventKind::CodeJudged, Outcome::Refused);
    let event = order.account.map_or_else(|| event.clone(), |npi| event.clone().of(npi));
    let event = event.to(order.purpose).because(refusal.name());
    let event = serial.map_or_else(|| event.clone(), |serial| event.clone().on(serial));
    Judged { changes: Changes::new([], [event]), result: Err(refusal) }
}
