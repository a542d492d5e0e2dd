//! A loss after it was reported: by when the notice of 21 CFR 1311.102 is due, which codes are looked
//! at, and by which sign-in.
//!
//! | what | sign-in |
//! | --- | --- |
//! | that a token is lost, since when, and by when the notice is due | the passphrase alone, as for the report |
//! | the codes that were accepted since | both factors, the second not by a lost token |
//! | when it was last had, which codes were mine, that the notice was given | the same, the second at most 20 minutes old |
//!
//! Whoever has the passphrase alone may be the thief: a list of when somebody signs is none of theirs,
//! and "these were mine" would clear what they did.

use oath::UnixTime;
use serde::Serialize;

use super::owning::DeactivationReason;
use crate::{
    error::OwnTokenError,
    event::{Actor, Event, EventKind, Outcome},
    session::{Factor, is_fresh},
};

const HOUR: u64 = 60 * 60;
const DAY: u64 = 24 * HOUR;
/// Where in the United States a day begins last (Hawaii) and first (the East, in summer).
const WESTMOST: u64 = 10 * HOUR;
const EASTMOST: u64 = 4 * HOUR;

/// By when the notice of a loss is due: the end of the next business day.
///
/// Weekends are skipped; federal holidays are not known, so that one may be taken for a business day.
/// The server does not know the owner's time zone either: the day is counted so that it is too late
/// nowhere in the United States, and a day early where it was reported in the small hours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Due {
    /// The day, as its first instant in UTC.
    pub day: UnixTime,
    /// When that day ends first in the United States.
    pub ends: UnixTime,
}

impl Due {
    /// Whether the day is over.
    #[must_use]
    pub fn has_passed(self, now: UnixTime) -> bool {
        now >= self.ends
    }
}

/// By when the notice of a loss is due that was reported at an instant.
#[must_use]
pub const fn due(reported: UnixTime) -> Due {
    let mut day = reported.0.saturating_sub(WESTMOST) / DAY + 1;
    while is_weekend(day) {
        day += 1;
    }
    Due { day: UnixTime(day * DAY), ends: UnixTime((day + 1) * DAY + EASTMOST) }
}

/// Whether a day, counted from 1970-01-01, which was a Thursday, is a Saturday or a Sunday.
const fn is_weekend(day: u64) -> bool {
    matches!((day + 4) % 7, 0 | 6)
}

/// The event that reported a token's loss, of the token's events in their order: the first since it
/// was last found.
pub(crate) fn reported<'a>(events: impl IntoIterator<Item = &'a Event>) -> Option<&'a Event> {
    let done = events.into_iter().filter(|event| event.what.outcome == Outcome::Success);
    done.fold(None, |loss, event| match event.what.kind {
        EventKind::TokenFound => None,
        _ if loss.is_some() || !is_loss(event) => loss,
        _ => Some(event),
    })
}

/// Whether an event, if it was done, says that its token is lost.
pub(crate) fn is_loss(event: &Event) -> bool {
    match event.what.kind {
        // Of itself this program suspends a new phone's token where another one is lost.
        EventKind::TokenSuspended => event.what.actor != Actor::System,
        EventKind::TokenDeactivated => {
            let reason = event.what.cause.as_deref().and_then(DeactivationReason::recorded);
            reason.is_some_and(DeactivationReason::is_loss)
        }
        _ => false,
    }
}

/// Refuses whoever may not see the codes that were accepted since the token was last had.
pub(crate) const fn may_see_codes(
    factor: &Factor,
    is_by_a_lost: bool,
) -> Result<(), OwnTokenError> {
    match factor {
        Factor::Half => Err(OwnTokenError::NotSignedIn),
        Factor::Full { .. } if is_by_a_lost => Err(OwnTokenError::LostFactor),
        Factor::Full { .. } => Ok(()),
    }
}

/// Refuses whoever may not tell anything of a loss.
pub(crate) fn may_tell(
    factor: &Factor,
    is_by_a_lost: bool,
    now: UnixTime,
) -> Result<(), OwnTokenError> {
    may_see_codes(factor, is_by_a_lost)?;
    if is_fresh(factor, now) { Ok(()) } else { Err(OwnTokenError::NotFresh) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::NewEvent;

    /// Days of 2026-11: the 16th is a Monday.
    const fn november(day: u64, hour: u64) -> UnixTime {
        UnixTime(1_793_491_200 + (day - 1) * DAY + hour * HOUR)
    }

    #[test]
    fn the_notice_is_due_by_the_end_of_the_next_business_day() {
        for (reported, day, why) in [
            (november(16, 15), 17, "Monday morning in the East: Tuesday"),
            (november(19, 15), 20, "Thursday: Friday"),
            (november(20, 15), 23, "Friday: Monday"),
            (november(21, 15), 23, "Saturday: Monday"),
            (november(22, 23), 23, "Sunday: Monday"),
            (november(20, 1), 20, "Thursday evening everywhere in the United States: Friday"),
            (november(20, 9), 20, "still Thursday in Hawaii: Friday, never too late"),
            (november(20, 10), 23, "Friday everywhere: Monday"),
        ] {
            let due = due(reported);
            assert_eq!(due.day, november(day, 0), "{why}");
            assert_eq!(due.ends, november(day + 1, 4), "{why}");
            assert!(!due.has_passed(november(day + 1, 3)) && due.has_passed(november(day + 1, 4)));
        }
    }

    type Happened = (EventKind, Outcome, &'static str);

    #[test]
    fn a_loss_stands_from_its_first_report_until_the_token_is_found() {
        use EventKind::{CodeJudged, TokenDeactivated, TokenFound, TokenSuspended};
        use Outcome::{Refused, Success};
        let table: [(&[Happened], Option<u64>); 10] = [
            (&[], None),
            (&[(TokenSuspended, Success, "")], Some(1)),
            (&[(TokenSuspended, Refused, "")], None),
            (&[(TokenSuspended, Success, ""), (TokenFound, Success, "")], None),
            (
                &[
                    (TokenSuspended, Success, ""),
                    (TokenFound, Success, ""),
                    (CodeJudged, Success, ""),
                    (TokenSuspended, Success, ""),
                    (TokenDeactivated, Success, "lost"),
                ],
                Some(4),
            ),
            (&[(TokenDeactivated, Success, "stolen")], Some(1)),
            (&[(TokenDeactivated, Success, "lost, replaced by request RQ-1")], Some(1)),
            (&[(TokenDeactivated, Success, "faulty")], None),
            (&[(TokenDeactivated, Success, "faulty, replaced by request RQ-1")], None),
            (&[(TokenDeactivated, Success, "moved to a new phone")], None),
        ];
        let owner = Actor::Prescriber { npi: "1234567893".parse().unwrap() };
        let of_itself = NewEvent::new(UnixTime(1), Actor::System, TokenSuspended, Success);
        assert_eq!(reported(&[Event { id: 1, what: of_itself }]), None);
        for (events, expected) in table {
            let events: Vec<_> = (1..)
                .zip(events)
                .map(|(id, (kind, outcome, cause))| {
                    let event = NewEvent::new(UnixTime(id), owner.clone(), *kind, *outcome);
                    Event { id, what: event.because(*cause) }
                })
                .collect();
            assert_eq!(reported(&events).map(|event| event.id), expected, "{events:?}");
        }
    }
}
