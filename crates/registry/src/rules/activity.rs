//! What an owner sees of the audit of their account: what happened to their tokens and with their
//! codes, and who tried to sign in. What became of requests stands with those.

use crate::{
    event::{EventKind, NewEvent, Outcome},
    rules::access::ACCESS_ENDED,
};

/// The cause of an event that ends the telling of the network.
pub(crate) const SYNC_GIVEN_UP: &str = "not acknowledged within 60 minutes";

/// Whether an event of the account is shown to its owner.
#[must_use]
pub fn is_shown(event: &NewEvent) -> bool {
    if event.kind == EventKind::Unreadable {
        return true;
    }
    if event.outcome == Outcome::Attempted {
        // How it ended is an event of its own.
        return false;
    }
    let cause = event.cause.as_deref();
    match event.kind {
        // Not judged, and as many of them as a stranger likes.
        EventKind::PassphraseGiven => {
            !matches!(cause, Some("unknown account, or paused" | ACCESS_ENDED))
        }
        // Told again a moment later, until it is given up.
        EventKind::NetworkSync => event.outcome == Outcome::Success || cause == Some(SYNC_GIVEN_UP),
        // By a token, its code is an event of its own.
        EventKind::SecondFactorGiven => event.serial.is_none(),
        EventKind::CodeJudged
        | EventKind::HandoverBegun
        | EventKind::HandoverCancelled
        | EventKind::HandoverDone
        | EventKind::PassphraseReset
        | EventKind::PassphraseResetBegun
        | EventKind::PhoneNoted
        // What it was before is told to that address only.
        | EventKind::MailNoted
        | EventKind::StepUpSent
        | EventKind::StepUpConfirmed
        | EventKind::SignInPaused
        | EventKind::SignInUnlocked
        | EventKind::TokenAssociated
        | EventKind::TokenDeactivated
        | EventKind::TokenExported
        | EventKind::TokenFound
        | EventKind::LossDetailed
        | EventKind::CodesMarked
        | EventKind::LossTold
        | EventKind::TokenLocked
        | EventKind::TokenProvisioned
        | EventKind::TokenSuspended
        | EventKind::TokenUnlocked => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use oath::UnixTime;

    use super::*;
    use crate::event::Actor;

    #[test]
    fn what_is_shown_as_a_table() {
        use EventKind::{
            CodeJudged, MailNoted, MailReplaced, NetworkSync, PassphraseGiven, RequestShipped,
            SignedOut,
        };
        use Outcome::{Attempted, Refused, Success};
        for (kind, outcome, cause, expected) in [
            (CodeJudged, Success, "", true),
            (CodeJudged, Refused, "wrong", true),
            (PassphraseGiven, Success, "", true),
            (PassphraseGiven, Attempted, "", false),
            (PassphraseGiven, Refused, "wrong passphrase", true),
            (PassphraseGiven, Refused, "unknown account, or paused", false),
            (PassphraseGiven, Refused, ACCESS_ENDED, false),
            (NetworkSync, Attempted, "", false),
            (NetworkSync, Refused, "it answered 503", false),
            (NetworkSync, Refused, SYNC_GIVEN_UP, true),
            (NetworkSync, Success, "acknowledged", true),
            (MailNoted, Success, "ada@example.net", true),
            (MailReplaced, Success, "ada@example.org", false),
            (RequestShipped, Success, "", false),
            (SignedOut, Success, "", false),
        ] {
            let event = NewEvent::new(UnixTime(1), Actor::System, kind, outcome).because(cause);
            assert_eq!(is_shown(&event), expected, "{kind} {outcome} {cause}");
        }
    }
}
