//! Why something was refused, for the help desk: what a cause that stands in the audit means, and what
//! to do about it. Only the word of a cause is kept there, so a word is all that this begins with.

/// What a cause means, and what the help desk does about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Meaning {
    /// What happened.
    pub what: &'static str,
    /// What to do next; empty where there is nothing to do.
    pub next: &'static str,
}

/// Cause, what happened, what to do next.
const TABLE: &[(&str, &str, &str)] = &[
    (
        "already-used",
        "The code had been used before: each is good once.",
        "Have the prescriber wait for the next code.",
    ),
    (
        "old",
        "The code was older than the last one that was used.",
        "Have the prescriber type the code that the token shows now.",
    ),
    (
        "wrong",
        "The code was none of this token's that could have been good then.",
        "Ask which token it was read from; a mistyped digit looks the same. If it goes on, resynchronise the token.",
    ),
    (
        "clock-off",
        "It was a code of this token, but of another time: its clock is slow or fast, or the code was typed late.",
        "Have the phone’s date and time set to automatic. If it goes on, resynchronise the token.",
    ),
    (
        "out-of-step",
        "It was a code of this token, but again of another time, or too many presses ahead.",
        "Resynchronise the token with two codes in a row.",
    ),
    (
        "not-consecutive",
        "The two codes did not follow each other, or one of them had been used.",
        "Take a new code, then the very next one.",
    ),
    (
        "other-token",
        "It was a good code of another token of the same account.",
        "Have the prescriber choose the token that the code is read from.",
    ),
    (
        "locked",
        "The token was locked after too many wrong codes, so the code was not judged.",
        "Find out who typed the wrong codes, then unlock it; or it unlocks by itself.",
    ),
    (
        "not-active",
        "The token was suspended, deactivated or not yet added, so the code was not judged.",
        "Look at the token’s state.",
    ),
    (
        "no such token",
        "The account has no token of this serial number.",
        "Compare the number with what the token shows or has on its back.",
    ),
    (
        "wrong passphrase",
        "The passphrase was wrong.",
        "After ten in a row sign-in pauses for 15 minutes; unlock it in the account.",
    ),
    (
        "unknown account, or paused",
        "There is no such account, or its sign-in was paused, so nothing was judged.",
        "See whether the account’s sign-in is paused, and unlock it there.",
    ),
    (
        "no open activation",
        "There was no open activation, or its confirmation code had expired or had too many wrong tries.",
        "Begin a new activation.",
    ),
    (
        "wrong confirmation code",
        "The confirmation code was wrong.",
        "Read it out again; begin a new activation if it is lost.",
    ),
    (
        "sign-in not fresh",
        "The sign-in was more than 20 minutes old.",
        "Have the prescriber sign in again.",
    ),
    (
        "needs a sign-in by confirmation code",
        "A first token needs a sign-in by the confirmation code.",
        "Begin an activation if there is none.",
    ),
    (
        "needs a sign-in by a token's code",
        "A further token needs a sign-in by a code of one that is active.",
        "Have the prescriber sign in with such a code; if no token is left, deactivate them and begin an activation.",
    ),
    (
        "other manufacturer",
        "The serial number is of another manufacturer.",
        "Have the number checked.",
    ),
    ("other type", "The serial number is of the other type of token.", "Have the number checked."),
    (
        "no such token waiting",
        "No token of this serial number was waiting for the account.",
        "Compare the number with what the app shows, and see that the app says that it was sent.",
    ),
    (
        "earlier enrolment",
        "The token was enrolled with a link that a newer one replaced.",
        "Have the newer link opened in the app.",
    ),
    ("associated already", "The token was in the account’s list already.", ""),
];

/// The meaning of a cause; `None` for a reason that somebody gave in words of their own.
#[must_use]
pub fn meaning(cause: &str) -> Option<Meaning> {
    let found = TABLE.iter().find(|(listed, ..)| *listed == cause);
    found.map(|&(_, what, next)| Meaning { what, next })
}

#[cfg(test)]
mod tests {
    use oath::UnixTime;

    use super::*;
    use crate::{
        TokenState,
        rules::judging::{Cause, Off},
    };

    #[test]
    fn every_cause_of_a_refused_code_has_a_meaning_and_a_next_step() {
        let by = Off::Presses(20);
        for cause in [
            Cause::AlreadyUsed { seconds_ago: 1 },
            Cause::Old,
            Cause::Wrong,
            Cause::ClockOff { seconds: 90 },
            Cause::OutOfStep { by },
            Cause::NotConsecutive,
            Cause::OtherToken { name: "Fob".parse().unwrap() },
            Cause::Locked { until: Some(UnixTime(1)), seconds_left: 1 },
            Cause::NotActive { state: TokenState::Suspended },
        ] {
            let meaning = meaning(cause.name()).unwrap_or_else(|| panic!("{}", cause.name()));
            assert!(meaning.what.ends_with('.') && meaning.next.ends_with('.'), "{meaning:?}");
        }
        assert_eq!(meaning("she called us"), None);
    }
}
