//! What a prescriber is told by mail: that a token was bound to their account, or that something grave
//! was done to a token or to the account (NIST SP 800-63B-4, section 4.6).

use super::{
    access::ACCESS_ENDED, handover::MOVED, reporting::is_reported_again, step_up::PhoneChange,
    webhooks::moved_to,
};
use crate::event::{Actor, Event, EventKind, NewEvent, Outcome, words};

/// What a prescriber is told of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum NoticeKind {
    /// A token was added.
    TokenAdded,
    /// A token was moved to a new phone.
    TokenMoved,
    /// A token was suspended.
    TokenSuspended,
    /// A new phone's token was suspended, since another was reported lost.
    NewPhoneSuspended,
    /// A suspended token was taken into use again.
    TokenRestored,
    /// A token was deactivated.
    TokenDeactivated,
    /// The passphrase was changed.
    PassphraseChanged,
    /// A telephone number was noted where there was none.
    PhoneAdded,
    /// The telephone number was changed.
    PhoneChanged,
    /// The telephone number was removed.
    PhoneRemoved,
    /// The mail address was changed; told to the one before.
    MailReplaced,
    /// The mail address was changed; told to the new one.
    MailChanged,
    /// The account's access was ended, and with it every token's use.
    AccessEnded,
}

words!(NoticeKind {
    TokenAdded = "token-added",
    TokenMoved = "token-moved",
    TokenSuspended = "token-suspended",
    NewPhoneSuspended = "new-phone-suspended",
    TokenRestored = "token-restored",
    TokenDeactivated = "token-deactivated",
    PassphraseChanged = "passphrase-changed",
    PhoneAdded = "phone-added",
    PhoneChanged = "phone-changed",
    PhoneRemoved = "phone-removed",
    MailReplaced = "mail-replaced",
    MailChanged = "mail-changed",
    AccessEnded = "access-ended",
});

impl NoticeKind {
    /// What an event is to its prescriber, if they are told of it.
    pub(crate) fn of(event: &NewEvent) -> Option<Self> {
        event.account?;
        if event.outcome != Outcome::Success {
            return None;
        }
        match event.kind {
            EventKind::TokenAssociated => Some(Self::TokenAdded),
            EventKind::HandoverDone => Some(Self::TokenMoved),
            // It was suspended before.
            EventKind::TokenSuspended if is_reported_again(event) => None,
            EventKind::TokenSuspended if event.actor == Actor::System => {
                Some(Self::NewPhoneSuspended)
            }
            EventKind::TokenSuspended => Some(Self::TokenSuspended),
            EventKind::TokenFound => Some(Self::TokenRestored),
            EventKind::TokenDeactivated => Some(Self::TokenDeactivated),
            EventKind::PassphraseReset => Some(Self::PassphraseChanged),
            EventKind::PhoneNoted => Some(match PhoneChange::of(event) {
                PhoneChange::Added => Self::PhoneAdded,
                PhoneChange::Changed => Self::PhoneChanged,
                PhoneChange::Removed => Self::PhoneRemoved,
            }),
            EventKind::MailReplaced => Some(Self::MailReplaced),
            EventKind::MailNoted => Some(Self::MailChanged),
            EventKind::AccessEnded => Some(Self::AccessEnded),
            _ => None,
        }
    }
}

/// The numbers of the events that are told, of some in a row. What a move or an end of access did to the
/// tokens in its commit is told by the move, or by the end of access.
pub(crate) fn told(events: &[Event]) -> Vec<u64> {
    let is_told_by_another = |event: &NewEvent| {
        let beside = events.iter().map(|event| &event.what).filter(|other| {
            (other.at, other.account, other.outcome) == (event.at, event.account, Outcome::Success)
        });
        beside.into_iter().any(|other| tells_of(other, event))
    };
    let told = events.iter().filter(|event| NoticeKind::of(&event.what).is_some());
    told.filter(|event| !is_told_by_another(&event.what)).map(|event| event.id).collect()
}

/// Whether one event of a commit tells what another of it did. A cause alone is not believed: a reason in
/// free words can read the same.
fn tells_of(whole: &NewEvent, part: &NewEvent) -> bool {
    let cause = part.cause.as_deref().unwrap_or_default();
    match (part.kind, whole.kind) {
        (EventKind::TokenAssociated, _) => moved_to(whole)
            .is_some_and(|to| part.serial.as_ref().is_some_and(|serial| serial.as_str() == to)),
        (EventKind::TokenDeactivated, EventKind::HandoverDone) => {
            cause == MOVED && part.serial == whole.serial
        }
        (EventKind::TokenDeactivated, EventKind::AccessEnded) => cause.starts_with(ACCESS_ENDED),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use oath::UnixTime;

    use super::*;
    use crate::{rules::reporting::REPORTED_AGAIN, values::Npi};

    fn event(kind: EventKind, outcome: Outcome, cause: &str) -> NewEvent {
        let npi: Npi = "1234567893".parse().unwrap();
        let actor = Actor::Prescriber { npi };
        NewEvent::new(UnixTime(1), actor, kind, outcome).of(npi).because(cause)
    }

    #[test]
    fn what_is_told_as_a_table() {
        let told: Vec<_> = EventKind::ALL
            .iter()
            .filter_map(|kind| Some((*kind, NoticeKind::of(&event(*kind, Outcome::Success, ""))?)))
            .collect();
        let expected = [
            (EventKind::PhoneNoted, NoticeKind::PhoneChanged),
            (EventKind::MailReplaced, NoticeKind::MailReplaced),
            (EventKind::MailNoted, NoticeKind::MailChanged),
            (EventKind::TokenAssociated, NoticeKind::TokenAdded),
            (EventKind::TokenSuspended, NoticeKind::TokenSuspended),
            (EventKind::TokenFound, NoticeKind::TokenRestored),
            (EventKind::TokenDeactivated, NoticeKind::TokenDeactivated),
            (EventKind::HandoverDone, NoticeKind::TokenMoved),
            (EventKind::AccessEnded, NoticeKind::AccessEnded),
            (EventKind::PassphraseReset, NoticeKind::PassphraseChanged),
        ];
        assert_eq!(told, expected);
        for kind in EventKind::ALL {
            for outcome in [Outcome::Attempted, Outcome::Refused] {
                assert_eq!(NoticeKind::of(&event(*kind, outcome, "")), None, "{kind} {outcome}");
            }
        }
        for (cause, expected) in [
            ("added, ends in 34", NoticeKind::PhoneAdded),
            ("ends in 34", NoticeKind::PhoneChanged),
            ("none", NoticeKind::PhoneRemoved),
        ] {
            let noted = event(EventKind::PhoneNoted, Outcome::Success, cause);
            assert_eq!(NoticeKind::of(&noted), Some(expected), "{cause}");
        }
        let suspended = event(EventKind::TokenSuspended, Outcome::Success, "");
        let in_words = event(EventKind::TokenSuspended, Outcome::Success, REPORTED_AGAIN);
        assert_eq!(NoticeKind::of(&in_words), Some(NoticeKind::TokenSuspended), "a free reason");
        let (npi, serial) = (in_words.account.unwrap(), "SSGA12345678".parse().unwrap());
        let again = NewEvent { actor: Actor::Token { npi, serial }, ..in_words };
        assert_eq!(NoticeKind::of(&again), None);
        let by_itself = NewEvent { actor: Actor::System, ..suspended.clone() };
        assert_eq!(NoticeKind::of(&by_itself), Some(NoticeKind::NewPhoneSuspended));
        assert_eq!(NoticeKind::of(&NewEvent { account: None, ..suspended }), None, "nobody's");
    }
    #[test]
    fn a_token_that_ends_with_a_move_or_the_access_is_told_by_that_and_by_no_reason_that_says_so() {
        let done = |kind, cause| event(kind, Outcome::Success, cause);
        let told_of = |events: &[&NewEvent]| {
            let rows = (1..).zip(events);
            told(&rows.map(|(id, what)| Event { id, what: (*what).clone() }).collect::<Vec<_>>())
        };
        for (whole, cause) in
            [(EventKind::HandoverDone, MOVED), (EventKind::AccessEnded, "access ended: retired")]
        {
            let (whole, part) = (done(whole, ""), done(EventKind::TokenDeactivated, cause));
            assert_eq!(told_of(&[&part, &whole]), [2], "{cause}");
            assert_eq!(told_of(&[&whole, &part]), [1], "{cause}");
            assert_eq!(told_of(&[&part]), [1], "a free reason: {cause}");
            let later = NewEvent { at: UnixTime(2), ..part };
            assert_eq!(told_of(&[&whole, &later]), [1, 2], "another commit: {cause}");
        }
    }
}
