//! A code by phone before a token is added: made here, sent by whoever asked for it, judged here.

use oath::UnixTime;
use rand_core::CryptoRng;
use subtle::ConstantTimeEq;

use super::{ATTEMPTS, Registry, only_the_help_desk};
use crate::{
    Error, Npi, Session, StepUpError,
    account::AccountRecord,
    event::{Actor, EventKind, NewEvent, Outcome},
    rules::step_up::{
        MOST_WRONG, OVER, PHONE_ADDED, PHONE_REMOVED, SENT_JUST_NOW, StepUpStanding,
        sends_with_this, standing,
    },
    step_up::{PhoneChannel, StepUpMessage, StepUpRecord, StepUpSends},
    store::{Changes, Write},
    values::{ConfirmationCode, Phone, SessionId},
};

impl Registry {
    /// The registry of a server that sends a code to the prescriber's phone before a token is added.
    #[must_use]
    pub fn asking_step_up(self) -> Self {
        Self { asks_step_up: true, ..self }
    }

    /// Where a session stands with its code by phone; `None` where none is asked for.
    ///
    /// # Errors
    /// What the store cannot do.
    pub async fn step_up(
        &self,
        session: &Session,
        now: UnixTime,
    ) -> Result<Option<StepUpStanding>, Error> {
        self.step_up_of(session.account.npi, session.id, now).await
    }

    pub(super) async fn step_up_of(
        &self,
        npi: Npi,
        session: SessionId,
        now: UnixTime,
    ) -> Result<Option<StepUpStanding>, Error> {
        if !self.asks_step_up {
            return Ok(None);
        }
        let last = self.store.step_up(npi, session).await?;
        Ok(Some(standing(last.as_ref(), now)))
    }

    /// Makes a code that is to be sent to the account's phone now; `None` where one was sent the same
    /// way a moment ago, or was typed already.
    ///
    /// # Errors
    /// [`StepUpError`].
    pub async fn begin_step_up(
        &self,
        session: &Session,
        channel: PhoneChannel,
        now: UnixTime,
        rng: &mut (impl CryptoRng + Send),
    ) -> Result<Option<StepUpMessage>, StepUpError> {
        check(session, now)?;
        let npi = session.account.npi;
        for _ in 0..ATTEMPTS {
            // First: who notes another phone meanwhile changes it too, and so is noticed.
            let counts = self.store.step_up_sends(npi).await.map_err(Error::from)?;
            let account = self.store.account(npi).await.map_err(Error::from)?;
            let phone = account.and_then(|record| record.account.phone);
            let phone = phone.ok_or(StepUpError::NoPhone)?;
            let last = self.store.step_up(npi, session.id).await.map_err(Error::from)?;
            match standing(last.as_ref(), now) {
                StepUpStanding::Confirmed => return Ok(None),
                StepUpStanding::Sent { channel: before, .. }
                    if before == channel
                        && last
                            .as_ref()
                            .is_some_and(|last| now.since(last.sent) < SENT_JUST_NOW) =>
                {
                    return Ok(None);
                }
                StepUpStanding::Sent { .. } | StepUpStanding::ToSend => {}
            }
            let counted = sends_with_this(counts.as_ref(), now);
            let (sends, since) =
                counted.map_err(|seconds_left| StepUpError::TooManySends { seconds_left })?;
            let code = ConfirmationCode::generate(rng);
            let tag = self.master.step_up_tag(session.id.as_bytes(), code.expose_bytes());
            let record = StepUpRecord {
                npi,
                session: session.id,
                channel,
                tag,
                sent: now,
                wrong: 0,
                confirmed: None,
                version: last.as_ref().map_or(0, |last| last.version),
            };
            let write = match last {
                Some(_) => Write::UpdateStepUp(Box::new(record)),
                None => Write::InsertStepUp(Box::new(record)),
            };
            let before = UnixTime(now.0.saturating_sub(OVER));
            let writes = [
                write,
                counted_sends(counts, npi, sends, since),
                Write::ForgetStepUps { npi, before },
            ];
            let event = event(npi, EventKind::StepUpSent, Outcome::Attempted, now);
            let changes = Changes::new(writes, [event.because(channel.name())]);
            if self.commit(changes).await? {
                return Ok(Some(StepUpMessage { phone, channel, code, tag }));
            }
        }
        Err(Error::Busy.into())
    }

    /// Records whether a code was handed over, or why not in a few words: then it is good no more, and
    /// another can be sent at once. A newer one that was sent meanwhile stays good.
    ///
    /// # Errors
    /// What the store cannot do.
    pub async fn step_up_sent(
        &self,
        session: &Session,
        tag: [u8; 32],
        sent: Result<(), &str>,
        now: UnixTime,
    ) -> Result<(), Error> {
        let outcome = if sent.is_ok() { Outcome::Success } else { Outcome::Refused };
        let mut event = event(session.account.npi, EventKind::StepUpSent, outcome, now);
        event.actor = Actor::System;
        event.cause = sent.err().map(str::to_owned);
        for _ in 0..ATTEMPTS {
            let last = self.store.step_up(session.account.npi, session.id).await?;
            let lost = last.filter(|last| sent.is_err() && last.tag == tag);
            let ended = lost.map(|last| {
                Write::UpdateStepUp(Box::new(StepUpRecord { wrong: MOST_WRONG, ..last }))
            });
            if self.commit(Changes::new(Vec::from_iter(ended), [event.clone()])).await? {
                return Ok(());
            }
        }
        Err(Error::Busy)
    }

    /// Judges a code that came by phone. One that was right stays right in its session.
    ///
    /// # Errors
    /// [`StepUpError`].
    pub async fn confirm_step_up(
        &self,
        session: &Session,
        code: &ConfirmationCode,
        now: UnixTime,
    ) -> Result<(), StepUpError> {
        check(session, now)?;
        let npi = session.account.npi;
        let event = |outcome| event(npi, EventKind::StepUpConfirmed, outcome, now);
        for _ in 0..ATTEMPTS {
            let last = self.store.step_up(npi, session.id).await.map_err(Error::from)?;
            let mut record = match (standing(last.as_ref(), now), last) {
                (StepUpStanding::Confirmed, _) => return Ok(()),
                (StepUpStanding::Sent { .. }, Some(record)) => record,
                _ => {
                    let event = event(Outcome::Refused).because("no open phone code");
                    self.store.commit(Changes::new([], [event])).await.map_err(Error::from)?;
                    return Err(StepUpError::NoCode);
                }
            };
            let tag = self.master.step_up_tag(session.id.as_bytes(), code.expose_bytes());
            let (event, result) = if bool::from(tag.ct_eq(&record.tag)) {
                record.confirmed = Some(now);
                (event(Outcome::Success), Ok(()))
            } else {
                record.wrong += 1;
                let tries_left = MOST_WRONG - record.wrong;
                let event = event(Outcome::Refused).because("wrong phone code");
                (event, Err(StepUpError::Wrong { tries_left }))
            };
            let write = Write::UpdateStepUp(Box::new(record));
            if self.commit(Changes::new([write], [event])).await? {
                return result;
            }
        }
        Err(Error::Busy.into())
    }

    /// Notes the phone of a prescriber, or that there is none.
    ///
    /// # Errors
    /// [`Error::UnknownAccount`], [`Error::NotAllowed`], [`Error::Busy`].
    pub async fn note_phone(
        &self,
        actor: &Actor,
        npi: &Npi,
        phone: Option<Phone>,
        now: UnixTime,
    ) -> Result<(), Error> {
        only_the_help_desk(actor)?;
        for _ in 0..ATTEMPTS {
            let record = self.store.account(*npi).await?.ok_or(Error::UnknownAccount)?;
            if record.account.phone == phone {
                return Ok(());
            }
            let changes = self.phone_noted(record, phone.clone(), actor, now).await?;
            if self.commit(changes).await? {
                return Ok(());
            }
        }
        Err(Error::Busy)
    }

    /// What notes the phone of a prescriber, on the condition that the account is as it was read.
    pub(super) async fn phone_noted(
        &self,
        mut record: AccountRecord,
        phone: Option<Phone>,
        actor: &Actor,
        now: UnixTime,
    ) -> Result<Changes, Error> {
        let npi = record.account.npi;
        let counts = self.store.step_up_sends(npi).await?;
        let added = if record.account.phone.is_none() { PHONE_ADDED } else { "" };
        let ends_in = |phone: &Phone| format!("{added}ends in {}", phone.last_digits());
        let about = phone.as_ref().map_or_else(|| PHONE_REMOVED.to_owned(), ends_in);
        record.account.phone = phone;
        let kind = EventKind::PhoneNoted;
        let event = NewEvent::new(now, actor.clone(), kind, Outcome::Success);
        // What went to the number of before says nothing of who has this one, and nothing goes there
        // once this is committed: the count is written as it is.
        let (sends, since) =
            counts.as_ref().map_or((0, now), |counts| (counts.sends, counts.since));
        let writes = [
            Write::UpdateAccount(record),
            Write::ForgetStepUps { npi, before: UnixTime(u64::MAX) },
            counted_sends(counts, npi, sends, since),
        ];
        Ok(Changes::new(writes, [event.of(npi).because(about)]))
    }
}

/// The count of what was sent to an account, written on the condition that it is as it was read.
fn counted_sends(read: Option<StepUpSends>, npi: Npi, sends: u32, since: UnixTime) -> Write {
    match read {
        Some(read) => Write::UpdateStepUpSends(StepUpSends { sends, since, ..read }),
        None => Write::InsertStepUpSends(StepUpSends { npi, sends, since, version: 0 }),
    }
}

fn check(session: &Session, now: UnixTime) -> Result<(), StepUpError> {
    if !session.is_full() {
        return Err(StepUpError::NotSignedIn);
    }
    if session.is_fresh(now) { Ok(()) } else { Err(StepUpError::NotFresh) }
}

fn event(npi: Npi, kind: EventKind, outcome: Outcome, now: UnixTime) -> NewEvent {
    NewEvent::new(now, Actor::Prescriber { npi }, kind, outcome).of(npi)
}
