//! Mails that tell prescribers what was done to their tokens: from the audit into a queue, and from there
//! to whoever sends them.
//!
//! As with webhooks, what the audit's checkpoints cover is told, and nothing after it. A mail is claimed
//! before it is sent, by one compare-and-set, so that of several servers one sends it; whoever ends
//! before it could tell is taken for failed when the claim's time is over. So a mail may arrive twice,
//! and is never lost.

use oath::UnixTime;

use super::{ATTEMPTS, Registry, mailing::MOST_TRIES, webhook_delivery::Readable};
use crate::{
    Error,
    event::{Actor, Event, EventKind, NewEvent, Outcome},
    notice::{FailingNotice, Notice, NoticeRecord, NoticedToken},
    rules::{
        mail_tries::{LONGEST_PAUSE, pause_after},
        notices::{NoticeKind, told},
        webhooks::moved_to,
    },
    store::{Changes, Write},
    values::{Mail, Npi},
};

/// The name of the cursor in the audit.
const CURSOR: &str = "notices";
/// How many mails of an account are in a round.
const OF_AN_ACCOUNT: u32 = 3;
/// How many mails are in a round.
const ROUND: u32 = 100;
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

    /// Looks at the events since the last look and queues a mail for each that its prescriber is told
    /// of; also for one that cannot be read, which somebody may have to be told of: it is shown as not
    /// sent. One of a kind that only a newer version of this program knows is left to that.
    ///
    /// # Errors
    /// What the store cannot do.
    pub async fn queue_notices(&self, now: UnixTime) -> Result<(), Error> {
        let until = self.sealed_until().await?;
        loop {
            let Some(cursor) = self.store.cursor(CURSOR).await? else { return Ok(()) };
            let (last, queued) = match self.readable_events(cursor.event, until).await? {
                Readable::Events(batch) => match batch.last() {
                    Some(last) => (last.id, told(&batch)),
                    None => return Ok(()),
                },
                Readable::NotThis(event) => (event, vec![event]),
            };
            let (name, version) = (CURSOR.to_owned(), cursor.version);
            let mut writes = vec![Write::MoveCursor { name, version, event: last }];
            let queued = queued.into_iter();
            writes.extend(queued.map(|event| Write::InsertNotice { event, due: now }));
            let before = UnixTime(now.0.saturating_sub(KEPT_FOR));
            writes.push(Write::ForgetNotices { before });
            // Where another server was first, what is left is for the next look.
            if !self.commit(Changes::new(writes, [])).await? {
                return Ok(());
            }
        }
    }

    /// One round of the mails that are due, by the numbers of their events: of each account at most
    /// three, so that one to which much was done delays nobody else's for longer than a round. Whoever sends
    /// them goes through the whole round before it asks for the next.
    ///
    /// # Errors
    /// What the store cannot do.
    pub async fn notices_due(&self, now: UnixTime) -> Result<Vec<u64>, Error> {
        let due = self.store.notices_due(now, OF_AN_ACCOUNT, ROUND).await?;
        Ok(due.into_iter().map(|record| record.event).collect())
    }

    /// The mails that could not be sent so far, those that were given up in the last week and then those
    /// that are tried again, at most `limit`.
    ///
    /// # Errors
    /// What the store cannot do.
    pub async fn failing_notices(&self, limit: u32) -> Result<Vec<FailingNotice>, Error> {
        let mut failing = Vec::new();
        for record in self.store.notices_failing(limit).await? {
            let about = match self.noticed_event(record.event).await? {
                Noticed::Told(_, npi, kind) => Some((npi, kind)),
                _ => None,
            };
            failing.push(FailingNotice {
                event: record.event,
                about,
                attempts: record.attempts,
                due: record.due,
                given_up: record.given_up,
                problem: record.problem.unwrap_or_default(),
            });
        }
        Ok(failing)
    }

    /// Claims a mail that is due; `None` where somebody else did, it is due no longer, there is nothing to
    /// tell, or only a newer version of this program knows what: then it is left to that.
    ///
    /// # Errors
    /// What the store cannot do, or why it cannot be written, which is noted.
    pub async fn claim_notice(&self, event: u64, now: UnixTime) -> Result<Option<Notice>, Error> {
        let Some(record) = self.store.notice(event).await? else { return Ok(None) };
        if !record.is_due(now) {
            return Ok(None);
        }
        let noticed = self.noticed_event(event).await?;
        let write = match noticed {
            Noticed::Newer => return Ok(None),
            Noticed::Nothing(at) => Some(left(&record, at, now)),
            Noticed::Told(..) | Noticed::Unreadable => None,
        };
        if let Some(write) = write {
            self.commit(Changes::new([write], [])).await?;
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
        let notice = match noticed {
            Noticed::Told(event, npi, kind) => self.notice_of(*event, npi, kind, attempt).await,
            _ => Err(Error::Damaged { what: "an event" }),
        };
        if let Err(error) = &notice {
            self.note(event, None, Err(&error.to_string()), now).await?;
        }
        notice.map(Some)
    }

    /// What is to be mailed of an event.
    async fn notice_of(
        &self,
        Event { id, what }: Event,
        npi: Npi,
        kind: NoticeKind,
        attempt: u32,
    ) -> Result<Notice, Error> {
        let account = self.store.account(npi).await?.ok_or(Error::UnknownAccount)?.account;
        let token = match &what.serial {
            Some(serial) => self.store.token(serial).await?.map(|record| record.token),
            None => None,
        };
        let mail = match (kind, what.cause.as_deref()) {
            (NoticeKind::MailReplaced | NoticeKind::MailChanged, Some(address)) => {
                Mail::stored(address)
                    .map_err(|_| Error::Damaged { what: "the address in an event" })?
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

    async fn noticed_event(&self, number: u64) -> Result<Noticed, Error> {
        let events = self.store.events_but_codes(number.saturating_sub(1), number, 1).await?;
        let Some(event) = events.into_iter().next() else { return Ok(Noticed::Nothing(None)) };
        Ok(match (event.what.kind, event.what.account, NoticeKind::of(&event.what)) {
            (EventKind::Unknown, ..) => Noticed::Newer,
            (EventKind::Unreadable, ..) => Noticed::Unreadable,
            (_, Some(npi), Some(kind)) => Noticed::Told(Box::new(event), npi, kind),
            (_, account, _) => Noticed::Nothing(account.map(|_| event.what.at)),
        })
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
        self.note(notice.event, Some(notice), result, now).await
    }

    async fn note(
        &self,
        event: u64,
        notice: Option<&Notice>,
        result: Result<(), &str>,
        now: UnixTime,
    ) -> Result<(), Error> {
        for _ in 0..ATTEMPTS {
            let Some(record) = self.store.notice(event).await? else { return Ok(()) };
            let changes = match result {
                Ok(()) => Changes::new(
                    [Write::DeleteNotice { event, version: record.version }],
                    [mailed(event, notice, result, now)],
                ),
                Err(problem) => {
                    let ends = record.attempts >= MOST_TRIES;
                    let given_up = record.given_up.or(Some(now).filter(|_| ends));
                    let events = Vec::from_iter(ends.then(|| mailed(event, notice, result, now)));
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

/// What an event is to its prescriber.
enum Noticed {
    Told(Box<Event>, Npi, NoticeKind),
    /// Of no account, or nothing that this version tells of: when it was.
    Nothing(Option<UnixTime>),
    /// Only a newer version of this program knows it.
    Newer,
    Unreadable,
}

/// What is done about the mail of an event that this version tells nobody of. It was queued by an older one
/// that could not read it, or by a newer one that tells of it: for a week it is left to that, and looked at
/// again later and later.
fn left(record: &NoticeRecord, at: Option<UnixTime>, now: UnixTime) -> Write {
    let (event, version) = (record.event, record.version);
    match at.map(|at| now.since(at)) {
        Some(age) if age < KEPT_FOR => Write::UpdateNotice(NoticeRecord {
            // A first try would be due whatever the time.
            attempts: record.attempts.max(1),
            due: now.plus(age.clamp(pause_after(0), LONGEST_PAUSE)),
            ..record.clone()
        }),
        _ => Write::DeleteNotice { event, version },
    }
}

/// The event that a mail was sent, or was given up: one of which not even that can be read whom it is
/// for, by its number alone.
fn mailed(
    number: u64,
    notice: Option<&Notice>,
    result: Result<(), &str>,
    now: UnixTime,
) -> NewEvent {
    let about = match notice {
        Some(notice) => format!("{} of event {number}, to {}", notice.kind, notice.mail),
        None => format!("event {number}"),
    };
    let (outcome, cause) = match result {
        Ok(()) => (Outcome::Success, about),
        Err(problem) => (Outcome::Refused, format!("{about}: {problem}")),
    };
    let mut event = NewEvent::new(now, Actor::System, EventKind::NoticeMailed, outcome);
    event.account = notice.map(|notice| notice.npi);
    event.serial = notice.and_then(|notice| Some(notice.token.as_ref()?.serial.clone()));
    event.because(cause)
}
