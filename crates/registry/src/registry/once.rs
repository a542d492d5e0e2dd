//! Requests of relying parties that are done at most once, under an idempotency key: that one is begun is
//! kept before it is done, and its answer afterwards.
//!
//! ```text
//!   nothing kept --begun--> under way --answered--> answered, for a day
//!                              |-----not decided--> nothing kept
//!                              +-----the server stops--> under way; after a minute nobody knows
//! ```
//!
//! The answers are sealed: one may hold what opens a prescriber's access. Where the master key was
//! changed and the former one is gone, an earlier answer is not known any more.

use data_encoding::BASE64;
use oath::UnixTime;
use rand_core::CryptoRng;

use super::{ATTEMPTS, Registry};
use crate::{
    Error,
    api_key::RelyingParty,
    kept_answer::{Answer, AnswerError, KEPT_FOR, Kept, KeptAnswer, Once, UNDER_WAY_FOR},
    master_key::What,
    store::{Changes, Write},
};

impl Registry {
    /// Keeps that a request is begun; none if it is to be done now, or its answer of before.
    ///
    /// # Errors
    /// [`AnswerError`].
    pub async fn begin_once(
        &self,
        party: &RelyingParty,
        once: Once<'_>,
        now: UnixTime,
    ) -> Result<Option<Answer>, AnswerError> {
        for _ in 0..ATTEMPTS {
            let answer = Box::new(self.of_once(party, once, Kept::UnderWay, now));
            let before = UnixTime(now.0.saturating_sub(KEPT_FOR));
            if self.commit(Changes::new([Write::KeepAnswer { answer, before }], [])).await? {
                return Ok(None);
            }
            let kept = self.store.kept_answer(&party.name, once.key).await?;
            // Gone meanwhile: nothing was decided.
            let Some(kept) = kept.filter(|kept| kept.stands(now)) else { continue };
            return self.begun_before(party, once, kept, now).map(Some);
        }
        Err(Error::Busy.into())
    }

    fn begun_before(
        &self,
        party: &RelyingParty,
        once: Once<'_>,
        kept: KeptAnswer,
        now: UnixTime,
    ) -> Result<Answer, AnswerError> {
        if kept.tag != self.master.request_tag(party.name.as_str(), once.request) {
            return Err(AnswerError::KeyReused);
        }
        match kept.kept {
            Kept::UnderWay if now.since(kept.at) < UNDER_WAY_FOR => Err(AnswerError::InProgress),
            Kept::UnderWay => Err(AnswerError::UnknownOutcome),
            Kept::Answered { status, body } => {
                let body = self.open_answer(party, once, &body);
                let body = body.ok_or(AnswerError::UnknownOutcome)?;
                Ok(Answer { status, body, repeated: true })
            }
        }
    }

    fn open_answer(&self, party: &RelyingParty, once: Once<'_>, body: &str) -> Option<String> {
        let sealed = BASE64.decode(body.as_bytes()).ok()?;
        let opened = self.master.open(What::KeptAnswer, &whose(party, once), &sealed).ok()?;
        str::from_utf8(&opened).ok().map(str::to_owned)
    }

    /// Keeps the answer to a request that was begun.
    ///
    /// # Errors
    /// [`Error::Busy`] if it is not under way any more, or what the store cannot do.
    pub async fn finish_once(
        &self,
        party: &RelyingParty,
        once: Once<'_>,
        answer: &Answer,
        now: UnixTime,
        rng: &mut (impl CryptoRng + Send),
    ) -> Result<(), Error> {
        let whose = whose(party, once);
        let sealed = self.master.seal(What::KeptAnswer, &whose, answer.body.as_bytes(), rng);
        let kept = Kept::Answered { status: answer.status, body: BASE64.encode(&sealed) };
        let write = Write::AnswerBegun(Box::new(self.of_once(party, once, kept, now)));
        if self.commit(Changes::new([write], [])).await? { Ok(()) } else { Err(Error::Busy) }
    }

    /// Forgets that a request was begun, as nothing was decided: it can be sent again.
    ///
    /// # Errors
    /// What the store cannot do.
    pub async fn give_up_once(&self, party: &RelyingParty, once: Once<'_>) -> Result<(), Error> {
        let tag = self.master.request_tag(party.name.as_str(), once.request);
        let (party, key) = (party.name.clone(), once.key.clone());
        self.commit(Changes::new([Write::ForgetBegun { party, key, tag }], [])).await?;
        Ok(())
    }

    fn of_once(
        &self,
        party: &RelyingParty,
        once: Once<'_>,
        kept: Kept,
        now: UnixTime,
    ) -> KeptAnswer {
        KeptAnswer {
            party: party.name.clone(),
            key: once.key.clone(),
            tag: self.master.request_tag(party.name.as_str(), once.request),
            kept,
            at: now,
        }
    }
}

/// Names an answer, so that it opens in its own place only. A key has no line break.
fn whose(party: &RelyingParty, once: Once<'_>) -> Vec<u8> {
    format!("{}\n{}", once.key.as_str(), party.name.as_str()).into_bytes()
}
