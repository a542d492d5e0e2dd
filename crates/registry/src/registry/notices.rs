//! Mails that tell prescribers what was done to their tokens: from the audit into a queue, and from there
//! to whoever sends them.
//!
//! As with webhooks, what the audit's checkpoints cover is told, and nothing after it. A mail is claimed
//! before it is sent, by one compare-and-set, so that of several servers one sends it; whoever ends
//! before it could tell is taken for failed when the claim's time is over. So a mail may arrive twice,
//! and is never lost.

use oath::UnixTime;

use super::{
    ATTEMPTS, Registry,
    mailing::{MOST_TRIES, pause_after},
};
use crate::{
    Error,
    event::{Actor, Event, EventKind, NewEvent, Outcome},
    notice::{FailingNotice, Notice, NoticeRecord, NoticedToken},
    rules::{
        notices::{NoticeKind, told},
        webhooks::moved_to,
    },
    store::{Changes, Write},
    values::Mail,
};

/// The name of the cursor in the audit.
const CURSOR: &str = "notices";
/// How many events are looked at in one step.
const BATCH: u32 = 500;
/// For how many seconds a mail that was given up is kept, to be shown.
const KEPT_FOR: u64 = 7 * 24 * 60 * 60;

impl Registry {
    /// Begins to tell prescribers, of what happens from now on; where it was begun before, it goes on
    /// from there.
    ///
    /// # Errors
    /// What the store cannot do.
    pub async fn begin_notices(&self) -> Result<(), Error> {
        if self.store.cursor(CURSOR).await?.is_none() {
            let (name, event) = (CURSOR.to_owned(), self.last_event().await?);
            // Where another server was first, its beginning is as good.
            self.commit(Changes::new([Write::InsertCursor { name, event }], [])).await?;
        }
        Ok(())
    }

    /// Looks at the events since the last look and queues a mail for each that its prescriber is told of.
    ///
    /// # Errors
    /// What the store cannot do.
    pub async fn queue_notices(&self, now: UnixTime) -> Result<(), Error> {
        let until = self.sealed_until().await?;
        loop {
            let Some(cursor) = self.store.cursor(CURSOR).await? else { return Ok(()) };
            let batch = self.store.events_but_codes(cursor.event, until, BATCH).await?;
            let Some(last) = batch.last() else { return Ok(()) };
            let (name, version) = (CURSOR.to_owned(), cursor.version);
            let mut writes = vec![Write::MoveCursor { name, version, event: last.id }];
            let queued = told(&batch).into_iter();
            writes.extend(queued.map(|event| Write::InsertNotice { event, due: now }));
            let before = UnixTime(now.0.saturating_sub(KEPT_FOR));
            writes.push(Write::ForgetNotices { before });
            let is_last = batch.len() < BATCH as usize;
            // Where another server was first, what is left is for the next look.
            if !self.commit(Changes::new(writes, [])).await? || is_last {
                return Ok(());
            }
        }
    }

    /// The numbers of the events whose mail is due, the longest due first, at most `limit`.
    ///
    /// # Errors
    /// What the store cannot do.
    pub async fn notices_due(&self, now: UnixTime, limit: u32) -> Result<Vec<u64>, Error> {
        let due = self.store.notices_due(now, limit).await?;
        Ok(due.into_iter().map(|record| record.event).collect())
    }

    /// The mails that could not be sent so far, those that were given up in the last week and then those
    /// that are tried again, at most `limit`.
    ///
    /// # Errors
    /// What the store cannot do; [`Error::Damaged`] as of [`Registry::claim_notice`].
    pub async fn failing_notices(&self, limit: u32) -> Result<Vec<FailingNotice>, Error> {
        let mut failing = Vec::new();
        for record in self.store.notices_failing(limit).await? {
            let (event, kind) = self.noticed_event(record.event).await?;
            failing.push(FailingNotice {
                npi: event.what.account.ok_or(damaged())?,
                kind,
                attempts: record.attempts,
                due: record.due,
                given_up: record.given_up,
                problem: record.problem.unwrap_or_default(),
            });
        }
        Ok(failing)
    }

    /// Claims a mail that is due; `None` where somebody else did, or it is due no longer.
    ///
    /// # Errors
    /// What the store cannot do; [`Error::Damaged`] where its event is none that a prescriber is told of.
    pub async fn claim_notice(&self, event: u64, now: UnixTime) -> Result<Option<Notice>, Error> {
        let Some(record) = self.store.notice(event).await? else { return Ok(None) };
        if record.due > now || record.given_up.is_some() {
            return Ok(None);
        }
        let claimed = NoticeRecord {
            attempts: record.attempts.saturating_add(1),
            due: now.plus(pause_after(record.attempts)),
            ..record
        };
        let attempt = claimed.attempts;
        if !self.commit(Changes::new([Write::UpdateNotice(claimed)], [])).await? {
            return Ok(None);
        }
        self.notice_of(event, attempt).await.map(Some)
    }

    async fn notice_of(&self, number: u64, attempt: u32) -> Result<Notice, Error> {
        let (Event { id, what }, kind) = self.noticed_event(number).await?;
        let npi = what.account.ok_or(damaged())?;
        let account = self.store.account(npi).await?.ok_or(Error::UnknownAccount)?.account;
        let token = match &what.serial {
            Some(serial) => self.store.token(serial).await?.map(|record| record.token),
            None => None,
        };
        let mail = match (kind, what.cause.as_deref()) {
            (NoticeKind::MailReplaced | NoticeKind::MailChanged, Some(address)) => {
                Mail::stored(address).map_err(|_| damaged())?
            }
            _ => account.mail,
        };
        Ok(Notice {
            event: id,
            kind,
            at: what.at,
            npi,
            name: account.name,
            mail,
            token: token.map(|token| NoticedToken {
                name: token.name,
                serial: token.serial,
                token_type: token.token_type,
            }),
            moved_to: moved_to(&what).and_then(|serial| serial.parse().ok()),
            by: what.actor,
            attempt,
        })
    }

    async fn noticed_event(&self, number: u64) -> Result<(Event, NoticeKind), Error> {
        let before = number.saturating_sub(1);
        let event = self.store.events_but_codes(before, number, 1).await?.pop();
        let event = event.ok_or(damaged())?;
        let kind = NoticeKind::of(&event.what).ok_or(damaged())?;
        Ok((event, kind))
    }

    /// Notes that a claimed mail was sent, or why not; then it is tried again later, for about a day.
    ///
    /// # Errors
    /// [`Error::Busy`], or what the store cannot do.
    pub async fn notice_done(
        &self,
        notice: &Notice,
        result: Result<(), &str>,
        now: UnixTime,
    ) -> Result<(), Error> {
        for _ in 0..ATTEMPTS {
            let Some(record) = self.store.notice(notice.event).await? else { return Ok(()) };
            let changes = match result {
                Ok(()) => Changes::new(
                    [Write::DeleteNotice { event: record.event, version: record.version }],
                    [mailed(notice, result, now)],
                ),
                Err(problem) => {
                    let ends = record.attempts >= MOST_TRIES;
                    let given_up = record.given_up.or(Some(now).filter(|_| ends));
                    let events = Vec::from_iter(ends.then(|| mailed(notice, result, now)));
                    let problem = Some(problem.to_owned());
                    let record = NoticeRecord { problem, given_up, ..record };
                    Changes::new([Write::UpdateNotice(record)], events)
                }
            };
            if self.commit(changes).await? {
                return Ok(());
            }
        }
        Err(Error::Busy)
    }
}

/// The event that a mail was sent, or was given up.
fn mailed(notice: &Notice, result: Result<(), &str>, now: UnixTime) -> NewEvent {
    let about = format!("{} of event {}, to {}", notice.kind, notice.event, notice.mail);
    let (outcome, cause) = match result {
        Ok(()) => (Outcome::Success, about),
        Err(problem) => (Outcome::Refused, format!("{about}: {problem}")),
    };
    let event = NewEvent::new(now, Actor::System, EventKind::NoticeMailed, outcome);
    let event = event.of(notice.npi).because(cause);
    match &notice.token {
        Some(token) => event.on(&token.serial),
        None => event,
    }
}

const fn damaged() -> Error {
    Error::Damaged { what: "a mail that tells a prescriber of something" }
}
