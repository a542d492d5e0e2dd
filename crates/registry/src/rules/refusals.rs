//! Why something was refused, for the help desk and for the owner: what a cause that stands in the audit
//! means, and what each of them does about it. Only the word of a cause is kept there, so a word is all that this begins with.

/// What a cause means, and what is done about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Meaning {
    /// What happened.
    pub what: &'static str,
    /// What the help desk does next; empty where there is nothing to do.
    pub next: &'static str,
    /// What the owner does next; empty where there is nothing to do.
    pub own_next: &'static str,
}

/// Cause, what happened, what the help desk does next, what the owner does next.
const TABLE: &[(&str, &str, &str, &str)] = &[
    (
        "already-used",
        "The code had been used before: each is good once.",
        "Have the prescriber wait for the next code.",
        "Wait for the next code: each is good once.",
    ),
    (
        "old",
        "The code was older than the last one that was used.",
        "Have the prescriber type the code that the token shows now.",
        "Type the code that the token shows now.",
    ),
    (
        "wrong",
        "The code was none of this token's that could have been good then.",
        "Ask which token it was read from; a mistyped digit looks the same. If it goes on, resynchronise the token.",
        "See that it is the token you chose, and type the code that it shows now. If that was not you, report the token lost.",
    ),
    (
        "clock-off",
        "It was a code of this token, but of another time: its clock is slow or fast, or the code was typed late.",
        "Have the phone’s date and time set to automatic. If it goes on, resynchronise the token.",
        "Set the phone’s date and time to automatic. If it goes on, resynchronise the token.",
    ),
    (
        "out-of-step",
        "It was a code of this token, but again of another time, or too many presses ahead.",
        "Resynchronise the token with two codes in a row.",
        "Resynchronise the token with two codes in a row.",
    ),
    (
        "not-consecutive",
        "The two codes did not follow each other, or one of them had been used.",
        "Take a new code, then the very next one.",
        "Type a new code, then the very next one.",
    ),
    (
        "other-token",
        "It was a good code of another token of the same account.",
        "Have the prescriber choose the token that the code is read from.",
        "Choose the token that you read the code from.",
    ),
    (
        "locked",
        "The token was locked after too many wrong codes, so the code was not judged.",
        "Find out who typed the wrong codes, then unlock it; or it unlocks by itself.",
        "Wait until the lock ends by itself, or call the help desk. Trying meanwhile changes nothing.",
    ),
    (
        "not-active",
        "The token was suspended, deactivated or not yet added, so the code was not judged.",
        "Look at the token’s state.",
        "See the token’s state in Manage Tokens.",
    ),
    (
        "no such token",
        "The account has no token of this serial number.",
        "Compare the number with what the token shows or has on its back.",
        "Choose one of your tokens. If that was not you, call the help desk.",
    ),
    (
        "wrong passphrase",
        "The passphrase was wrong.",
        "After ten in a row sign-in pauses for 15 minutes; unlock it in the account.",
        "If that was not you, call the help desk: somebody is trying your account.",
    ),
    (
        "unknown account, or paused",
        "There is no such account, or its sign-in was paused, so nothing was judged.",
        "See whether the account’s sign-in is paused, and unlock it there.",
        "Wait 15 minutes, or call the help desk.",
    ),
    (
        "no open activation",
        "There was no open activation, or its confirmation code had expired or had too many wrong tries.",
        "Begin a new activation.",
        "Ask the help desk for a new enrolment.",
    ),
    (
        "wrong confirmation code",
        "The confirmation code was wrong.",
        "Read it out again; begin a new activation if it is lost.",
        "Type it as you received it, or ask the help desk for a new one.",
    ),
    (
        "sign-in not fresh",
        "The sign-in was more than 20 minutes old.",
        "Have the prescriber sign in again.",
        "Sign in again, then do it within 20 minutes.",
    ),
    (
        "needs a sign-in by confirmation code",
        "A first token needs a sign-in by the confirmation code.",
        "Begin an activation if there is none.",
        "Sign in with the confirmation code of your enrolment; the help desk begins one.",
    ),
    (
        "needs a sign-in by a token's code",
        "A further token needs a sign-in by a code of one that is active.",
        "Have the prescriber sign in with such a code; if no token is left, deactivate them and begin an activation.",
        "Sign in with a code of a token that is active.",
    ),
    (
        "needs a code by phone",
        "A code by phone was needed first.",
        "Have the prescriber open Add New Token again; see that the account’s telephone number is right.",
        "Open Add New Token again, and have a code sent to your phone.",
    ),
    (
        "wrong phone code",
        "The code by phone was wrong.",
        "Have a new one sent; see that the account’s telephone number is right.",
        "Type the last one as you received it, or have a new one sent.",
    ),
    (
        "no open phone code",
        "The code by phone was more than 10 minutes old, or had too many wrong tries.",
        "Have a new one sent.",
        "Have a new one sent.",
    ),
    (
        "other manufacturer",
        "The serial number is of another manufacturer.",
        "Have the number checked.",
        "Check the number, or choose its manufacturer.",
    ),
    (
        "other type",
        "The serial number is of the other type of token.",
        "Have the number checked.",
        "Check the number, or choose its type.",
    ),
    (
        "no such token waiting",
        "No token of this serial number was waiting for the account.",
        "Compare the number with what the app shows, and see that the app says that it was sent.",
        "Compare the number with what the app shows, and see that the app says that it was sent.",
    ),
    (
        "earlier enrolment",
        "The token was enrolled with a link that a newer one replaced.",
        "Have the newer link opened in the app.",
        "Open the newer link in the app.",
    ),
    (
        "access ended",
        "Two people ended this prescriber’s access: nobody signs in to it.",
        "If it is to be given back, enter an activation with a new identity-proofing record.",
        "Ask the help desk.",
    ),
    (
        "wrong reset code",
        "The code that belongs to the link for a new passphrase was wrong.",
        "Have it typed as it was received; after five wrong ones enter a new reset.",
        "Type it as you received it; after five wrong ones ask for a new link.",
    ),
    (
        "no open reset",
        "The link for a new passphrase was used, is more than a day old, or had too many wrong codes.",
        "Enter a new reset, if the prescriber still needs one.",
        "Ask the help desk for a new link.",
    ),
    (
        "move to a new phone ended",
        "The token was enrolled for a move to a new phone that had ended.",
        "See in the account’s events how it ended; the prescriber begins it again.",
        "Begin it again in Manage Tokens.",
    ),
    ("associated already", "The token was in the account’s list already.", "", ""),
];

/// The meaning of a cause; `None` for a reason that somebody gave in words of their own.
#[must_use]
pub fn meaning(cause: &str) -> Option<Meaning> {
    let found = TABLE.iter().find(|(listed, ..)| *listed == cause);
    found.map(|&(_, what, next, own_next)| Meaning { what, next, own_next })
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
            let said = [meaning.what, meaning.next, meaning.own_next];
            assert!(said.iter().all(|text| text.ends_with('.')), "{meaning:?}");
        }
        assert_eq!(meaning("she called us"), None);
    }
}
