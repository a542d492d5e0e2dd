//! What a webhook is told, in which words, and when it is tried again.
//!
//! A webhook has a cursor in the audit. What comes next is claimed before it is posted, by one
//! compare-and-set, and the cursor moves on when it was taken: so of several servers one posts, and
//! whoever ends before it could tell leaves it to be posted again.

use core::{str::FromStr, time::Duration};

use backon::{BackoffBuilder, ExponentialBuilder};
use oath::UnixTime;

use super::{
    activity::SYNC_GIVEN_UP, handover::MOVED_TO, owning::DeactivationReason,
    reporting::is_reported_again, requesting::REQUEST,
};
use crate::{
    event::{EventKind, NewEvent, Outcome, words},
    values::{RequestId, ValueError},
    webhook::{Trouble, WebhookRecord},
};

/// For how many seconds a claim holds: longer than one try can take.
pub const CLAIMED_FOR: u64 = 60;
/// The most seconds from one try to the next, but for the jitter.
pub const LONGEST_PAUSE: u64 = 60 * 60;
/// After so many seconds of tries that all went wrong, a webhook is failing.
pub const FAILING_AFTER: u64 = 24 * 60 * 60;

/// What a webhook can be told of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum HookKind {
    /// An account was opened.
    AccountOpened,
    /// An account's access was ended.
    AccountAccessEnded,
    /// An account's codes that name no token are paused.
    AccountCodesPaused,
    /// A token became somebody's.
    TokenAssociated,
    /// The network knows a token, or need not.
    TokenNetworkAcknowledged,
    /// The network did not acknowledge a token in time.
    TokenNetworkGivenUp,
    /// A token was locked.
    TokenLocked,
    /// A token's lock ended, or was taken away.
    TokenUnlocked,
    /// A token was suspended.
    TokenSuspended,
    /// A suspended token was found.
    TokenFound,
    /// A token was deactivated.
    TokenDeactivated,
    /// A token was moved to a new phone.
    TokenMoved,
    /// A request was taken up.
    RequestProcessed,
    /// A request's hard token was shipped.
    RequestShipped,
    /// A request's token was associated.
    RequestActivated,
    /// A request was given up.
    RequestCancelled,
}

words!(HookKind {
    AccountOpened = "account.opened",
    AccountAccessEnded = "account.access_ended",
    AccountCodesPaused = "account.codes_paused",
    TokenAssociated = "token.associated",
    TokenNetworkAcknowledged = "token.network_acknowledged",
    TokenNetworkGivenUp = "token.network_given_up",
    TokenLocked = "token.locked",
    TokenUnlocked = "token.unlocked",
    TokenSuspended = "token.suspended",
    TokenFound = "token.found",
    TokenDeactivated = "token.deactivated",
    TokenMoved = "token.moved",
    RequestProcessed = "request.processed",
    RequestShipped = "request.shipped",
    RequestActivated = "request.activated",
    RequestCancelled = "request.cancelled",
});

impl FromStr for HookKind {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, ValueError> {
        Self::ALL.iter().copied().find(|known| known.name() == text).ok_or(ValueError::HookKind)
    }
}

impl HookKind {
    /// What an event is to a webhook, if it is anything.
    pub(crate) fn of(event: &NewEvent) -> Option<Self> {
        let cause = event.cause.as_deref();
        if event.kind == EventKind::NetworkSync && event.outcome == Outcome::Refused {
            return (cause == Some(SYNC_GIVEN_UP)).then_some(Self::TokenNetworkGivenUp);
        }
        if event.outcome != Outcome::Success {
            return None;
        }
        match event.kind {
            EventKind::AccountOpened => Some(Self::AccountOpened),
            EventKind::AccessEnded => Some(Self::AccountAccessEnded),
            EventKind::CodesPaused => Some(Self::AccountCodesPaused),
            EventKind::TokenAssociated => Some(Self::TokenAssociated),
            EventKind::NetworkSync => Some(Self::TokenNetworkAcknowledged),
            EventKind::TokenLocked => Some(Self::TokenLocked),
            EventKind::TokenUnlocked => Some(Self::TokenUnlocked),
            // It was suspended before.
            EventKind::TokenSuspended if is_reported_again(event) => None,
            EventKind::TokenSuspended => Some(Self::TokenSuspended),
            EventKind::TokenFound => Some(Self::TokenFound),
            EventKind::TokenDeactivated => Some(Self::TokenDeactivated),
            EventKind::HandoverDone => Some(Self::TokenMoved),
            EventKind::RequestProcessed => Some(Self::RequestProcessed),
            EventKind::RequestShipped => Some(Self::RequestShipped),
            EventKind::RequestActivated => Some(Self::RequestActivated),
            EventKind::RequestCancelled => Some(Self::RequestCancelled),
            _ => None,
        }
    }
}

/// The cause of an event where it is a fixed word; what somebody typed is nobody else's business.
#[must_use]
pub fn fixed_cause(event: &NewEvent) -> Option<&str> {
    let is_reason = |cause: &&str| DeactivationReason::ALL.iter().any(|one| one.name() == *cause);
    let cause = event.cause.as_deref()?;
    match event.kind {
        EventKind::TokenDeactivated => Some(cause).filter(is_reason),
        EventKind::TokenLocked | EventKind::CodesPaused => Some(cause),
        _ => None,
    }
}

/// The token that an event moved to, where it did.
#[must_use]
pub fn moved_to(event: &NewEvent) -> Option<&str> {
    let cause = event.cause.as_deref().filter(|_| event.kind == EventKind::HandoverDone);
    cause.and_then(|cause| cause.strip_prefix(MOVED_TO))
}

/// The number of the request that an event is of.
#[must_use]
pub fn request_of(event: &NewEvent) -> Option<RequestId> {
    let (_, rest) = event.cause.as_deref()?.split_once(REQUEST)?;
    rest.split([',', ' ']).next()?.parse().ok()
}

/// The seconds until the next try, after so many.
fn pause_after(attempts: u32, seed: u64) -> u64 {
    let mut pauses = ExponentialBuilder::new()
        .with_min_delay(Duration::from_secs(1))
        .with_max_delay(Duration::from_secs(LONGEST_PAUSE))
        .without_max_times()
        .with_jitter()
        .with_jitter_seed(seed)
        .build();
    // After 16 tries they grow no more.
    let nth = usize::try_from(attempts.saturating_sub(1).min(16)).unwrap_or(16);
    let pause = pauses.nth(nth).unwrap_or(Duration::from_secs(LONGEST_PAUSE));
    pause.as_secs_f64().ceil() as u64
}

/// Whether a try is due, and nobody has one under way. One that is due later than any is ever set was
/// set by a clock that was wrong.
pub(crate) fn is_due(record: &WebhookRecord, now: UnixTime) -> bool {
    let is_due = record.due <= now || record.due.since(now) > 2 * LONGEST_PAUSE;
    is_due && !is_claimed(record, now)
}

/// Whether a try may be under way: also where the next one was asked for meanwhile.
pub(crate) fn is_claimed(record: &WebhookRecord, now: UnixTime) -> bool {
    let left = record.claimed_until.map_or(0, |until| until.since(now));
    (1..=2 * CLAIMED_FOR).contains(&left)
}

/// The webhook as it is claimed by whoever tries now.
pub(crate) fn claimed(record: &WebhookRecord, now: UnixTime) -> WebhookRecord {
    let until = now.plus(CLAIMED_FOR);
    WebhookRecord {
        attempts: record.attempts.saturating_add(1),
        due: until,
        claimed_until: Some(until),
        ..record.clone()
    }
}

/// The webhook once an event was taken.
pub(crate) fn delivered(record: &WebhookRecord, event: u64, now: UnixTime) -> WebhookRecord {
    WebhookRecord { delivered: Some(now), ..passed(record, event, now) }
}

/// The webhook once it is done with an event, whether that was taken or given up.
pub(crate) fn passed(record: &WebhookRecord, event: u64, now: UnixTime) -> WebhookRecord {
    WebhookRecord {
        cursor: event,
        attempts: 0,
        due: now,
        claimed_until: None,
        trouble: None,
        ..record.clone()
    }
}

/// The webhook once a claimed try went wrong, and whether it is failing from now on.
pub(crate) fn not_delivered(
    record: &WebhookRecord,
    why: &str,
    seed: u64,
    now: UnixTime,
) -> (WebhookRecord, bool) {
    let before = record.trouble.as_ref();
    let since = before.map_or(now, |trouble| trouble.since);
    let was_failing = before.is_some_and(|trouble| trouble.failing);
    let failing = was_failing || now.since(since) >= FAILING_AFTER;
    let asked_for_meanwhile = Some(record.due) != record.claimed_until;
    let after = WebhookRecord {
        due: match asked_for_meanwhile {
            true => record.due,
            false => now.plus(pause_after(record.attempts, seed)),
        },
        claimed_until: None,
        trouble: Some(Trouble { since, failing, why: why.to_owned() }),
        ..record.clone()
    };
    (after, failing && !was_failing)
}

/// The webhook without a former secret that signs no more.
pub(crate) fn without_expired(record: &WebhookRecord, now: UnixTime) -> WebhookRecord {
    let former = record.former.clone().filter(|(_, until)| now < *until);
    WebhookRecord { former, ..record.clone() }
}

#[cfg(test)]
mod tests {
    use provisioning::Label;

    use super::*;
    use crate::{event::Actor, rules::reporting::REPORTED_AGAIN, webhook::WebhookId};

    const NOW: UnixTime = UnixTime(1_812_345_660);

    fn webhook() -> WebhookRecord {
        WebhookRecord {
            id: "0123456789abcdef".parse::<WebhookId>().unwrap(),
            party: "Example EHR".parse::<Label>().unwrap(),
            url: "https://ehr.example.org/hooks".parse().unwrap(),
            kinds: vec![HookKind::TokenLocked],
            newer_kinds: Vec::new(),
            sealed_secret: vec![1],
            former: None,
            made: NOW,
            cursor: 7,
            attempts: 0,
            due: NOW,
            claimed_until: None,
            trouble: None,
            delivered: None,
            version: 1,
        }
    }

    fn event(kind: EventKind, outcome: Outcome, cause: &str) -> NewEvent {
        NewEvent::new(NOW, Actor::System, kind, outcome).because(cause)
    }

    #[test]
    fn no_judged_code_and_nothing_refused_is_told_of() {
        for kind in EventKind::ALL {
            for outcome in [Outcome::Attempted, Outcome::Refused] {
                assert_eq!(HookKind::of(&event(*kind, outcome, "")), None, "{kind} {outcome}");
            }
        }
        let done = |kind, cause: &str| HookKind::of(&event(kind, Outcome::Success, cause));
        assert_eq!(done(EventKind::CodeJudged, ""), None);
        assert_eq!(done(EventKind::SignedOut, ""), None);
        assert_eq!(
            done(EventKind::TokenSuspended, "reported lost"),
            Some(HookKind::TokenSuspended)
        );
        let in_words = event(EventKind::TokenSuspended, Outcome::Success, REPORTED_AGAIN);
        assert_eq!(HookKind::of(&in_words), Some(HookKind::TokenSuspended), "a free reason");
        let (npi, serial) = ("1234567893".parse().unwrap(), "SSGA12345678".parse().unwrap());
        let again = NewEvent { actor: Actor::Token { npi, serial }, ..in_words };
        assert_eq!(HookKind::of(&again), None);
        let given_up = event(EventKind::NetworkSync, Outcome::Refused, SYNC_GIVEN_UP);
        assert_eq!(HookKind::of(&given_up), Some(HookKind::TokenNetworkGivenUp));
        let told: Vec<_> = EventKind::ALL.iter().filter_map(|kind| done(*kind, "")).collect();
        let all = HookKind::ALL.iter().filter(|kind| **kind != HookKind::TokenNetworkGivenUp);
        assert!(all.clone().all(|kind| told.contains(kind)), "{told:?}");
        assert_eq!(told.len(), all.count(), "each comes of one kind of event");
    }

    #[test]
    fn the_pauses_grow_to_an_hour_and_no_two_are_alike() {
        for attempts in 1..=60 {
            let plain = 1_u64.checked_shl(attempts - 1).unwrap_or(u64::MAX).min(LONGEST_PAUSE);
            for seed in 0..50 {
                let pause = pause_after(attempts, seed);
                assert!((plain..=2 * plain + 1).contains(&pause), "{attempts}: {pause}");
            }
        }
        let of_seeds: std::collections::BTreeSet<_> =
            (0..50).map(|seed| pause_after(12, seed)).collect();
        assert!(of_seeds.len() > 40, "{of_seeds:?}");
    }

    #[test]
    fn a_day_of_failures_makes_it_failing_once_and_one_delivery_makes_it_good() {
        let (mut record, mut now, mut told) = (webhook(), NOW, Vec::new());
        while now.since(NOW) < 3 * FAILING_AFTER {
            assert!(is_due(&record, now));
            record = claimed(&record, now);
            assert!(!is_due(&record, now), "one tries");
            let (after, from_now_on) = not_delivered(&record, "answer 500", 3, now);
            assert!(after.due > now);
            if from_now_on {
                told.push(now.since(NOW));
            }
            (record, now) = (after.clone(), after.due);
        }
        let [failing] = told[..] else { panic!("{told:?}") };
        assert!((FAILING_AFTER..FAILING_AFTER + 2 * LONGEST_PAUSE).contains(&failing));
        assert!(record.attempts > 30 && record.attempts < 100, "{}", record.attempts);
        let taken = delivered(&claimed(&record, now), 9, now);
        assert_eq!((taken.cursor, taken.attempts, taken.trouble), (9, 0, None));
    }

    #[test]
    fn a_try_that_is_asked_for_during_another_comes_after_it() {
        let trying = claimed(&webhook(), NOW);
        let asked = WebhookRecord { due: NOW.plus(5), ..trying };
        assert!(!is_due(&asked, NOW.plus(9)), "one is under way");
        let (after, _) = not_delivered(&asked, "answer 500", 3, NOW.plus(9));
        assert!(is_due(&after, NOW.plus(9)), "it was not asked for in vain");
    }

    #[test]
    fn a_clock_that_was_a_year_ahead_stops_nothing() {
        let ahead = claimed(&webhook(), NOW.plus(365 * 86_400));
        assert!(is_due(&ahead, NOW));
    }

    #[test]
    fn the_number_of_a_request_is_found_in_its_cause() {
        for cause in [
            "OTP SOFT TOKEN, request R-4F7K-92MQ",
            "OTP HARD TOKEN, request R-4F7K-92MQ, to ada@example.org",
        ] {
            let event = event(EventKind::RequestProcessed, Outcome::Success, cause);
            let found = request_of(&event).map(|id| id.to_string());
            assert_eq!(found.as_deref(), Some("R-4F7K-92MQ"), "{cause}");
        }
        assert_eq!(request_of(&event(EventKind::TokenLocked, Outcome::Success, "no")), None);
    }
}
