//! An event of the account in its owner's words, with why something was refused and what to do next.

use registry::{
    Actor, Event, EventKind, Outcome, Token,
    rules::{refusals::meaning, step_up::PhoneChange},
};

use super::admin::purpose_text;
use crate::time_text;

/// What to do next about an event that cannot be read.
const TELL: &str = "Tell the help desk its number.";

/// What a page shows of an event: text only.
pub(super) struct ActivityRow {
    pub(super) id: u64,
    pub(super) at: String,
    pub(super) kind: &'static str,
    pub(super) what: String,
    pub(super) refused: bool,
    /// Who did it; empty where it was the owner, or the app that made the token.
    pub(super) by: String,
    /// What the owner calls the token; empty where it is none of theirs.
    pub(super) name: String,
    /// The token's serial number; empty where it is about none.
    pub(super) serial: String,
    /// The word of the cause; empty where there is none.
    pub(super) cause: String,
    pub(super) why: String,
    /// What to do next; empty where there is nothing to do.
    pub(super) next: &'static str,
    /// Where the token can be resynchronised, if that is what to do.
    pub(super) resynchronise: Option<String>,
}

impl ActivityRow {
    pub(super) fn new(event: &Event, tokens: &[Token]) -> Self {
        let what = &event.what;
        let refused = what.outcome == Outcome::Refused;
        let cause = what.cause.as_deref().unwrap_or_default();
        let meaning = meaning(cause).filter(|_| refused);
        let is_read = what.kind != EventKind::Unreadable;
        let own = what
            .serial
            .as_ref()
            .and_then(|serial| tokens.iter().find(|token| token.serial == *serial));
        let is_off = refused && matches!(cause, "clock-off" | "out-of-step");
        let resynchronise = own
            .filter(|token| is_off && token.is_usable())
            .map(|token| format!("/tokens/{}/resynchronise", token.serial.as_str()));
        Self {
            id: event.id,
            at: time_text::to_the_second(what.at),
            kind: what.kind.name(),
            what: headline(event),
            refused,
            by: if is_read { actor(&what.actor, tokens) } else { String::new() },
            name: own.map_or_else(String::new, |token| token.name.to_string()),
            serial: what.serial.as_ref().map_or_else(String::new, ToString::to_string),
            cause: cause.to_owned(),
            why: meaning.map_or_else(|| reason(event), |meaning| meaning.what.to_owned()),
            next: meaning.map_or(if is_read { "" } else { TELL }, |meaning| meaning.own_next),
            resynchronise,
        }
    }
}

/// What stands in the audit beside the cause of a refusal. What an administrator noted is for the
/// help desk.
fn reason(event: &Event) -> String {
    match (&event.what.actor, event.what.cause.as_deref()) {
        (Actor::Administrator { .. }, _)
        | (_, None | Some("acknowledged" | "confirmation code")) => String::new(),
        // Its headline says it.
        _ if event.what.kind == EventKind::Unreadable => String::new(),
        (_, Some("typed for another token")) => {
            "It was typed for another token, and is used up.".to_owned()
        }
        (_, Some(words)) => super::field_errors::sentence(words),
    }
}

fn actor(actor: &Actor, tokens: &[Token]) -> String {
    match actor {
        Actor::Prescriber { .. } | Actor::App => String::new(),
        Actor::Administrator { .. } => "by the help desk".to_owned(),
        Actor::RelyingParty { name, .. } => format!("at {name}"),
        Actor::Token { serial, .. } => {
            let name = tokens.iter().find(|token| token.serial == *serial);
            name.map_or_else(
                || format!("by the app of {serial}"),
                |token| format!("by the app of {}", token.name),
            )
        }
        Actor::Stranger => "by somebody not yet signed in".to_owned(),
        Actor::System => "by this server".to_owned(),
    }
}

fn headline(event: &Event) -> String {
    let what = &event.what;
    let refused = what.outcome == Outcome::Refused;
    let either = |done: &str, not_done: &str| (if refused { not_done } else { done }).to_owned();
    match what.kind {
        EventKind::CodeJudged => {
            let purpose = what.purpose.map(purpose_text).unwrap_or_default();
            format!("Code {} {purpose}", if refused { "refused" } else { "accepted" })
        }
        EventKind::PassphraseGiven => either("Passphrase accepted", "Passphrase refused"),
        EventKind::SecondFactorGiven => {
            either("Signed in by confirmation code", "Confirmation code refused")
        }
        EventKind::StepUpSent => {
            either("Code sent to your phone", "Code could not be sent to your phone")
        }
        EventKind::StepUpConfirmed => either("Confirmed by phone", "Code by phone refused"),
        EventKind::PhoneNoted => match PhoneChange::of(what) {
            PhoneChange::Added => "A telephone number was added to your account".to_owned(),
            PhoneChange::Changed => "Your telephone number was changed".to_owned(),
            PhoneChange::Removed => "Your telephone number was removed".to_owned(),
        },
        EventKind::MailNoted => "Your mail address was changed".to_owned(),
        EventKind::PassphraseResetBegun => "A link for a new passphrase was made".to_owned(),
        EventKind::PassphraseReset => {
            either("Your passphrase was changed", "Code for a new passphrase refused")
        }
        EventKind::SignInPaused => "Sign-in paused for 15 minutes".to_owned(),
        EventKind::SignInUnlocked => "Sign-in opened again".to_owned(),
        EventKind::TokenProvisioned => {
            either("Token received from its app", "Token of an app refused")
        }
        EventKind::TokenAssociated => either("Token added", "Token not added"),
        EventKind::TokenLocked => "Token locked".to_owned(),
        EventKind::TokenUnlocked => "Token unlocked".to_owned(),
        EventKind::TokenSuspended if what.actor == Actor::System => {
            "New phone’s token suspended, since another was reported lost".to_owned()
        }
        EventKind::TokenSuspended => {
            either("Token reported lost, and suspended", "Report of a loss refused")
        }
        EventKind::LossDetailed => "You told when you last had the token".to_owned(),
        EventKind::CodesMarked => "You told which codes were yours".to_owned(),
        EventKind::LossTold => "The notice of a loss was given".to_owned(),
        EventKind::TokenFound => "Token found, and back in use".to_owned(),
        EventKind::TokenDeactivated => "Token deactivated".to_owned(),
        EventKind::HandoverBegun => {
            either("Move to a new phone begun", "Move to a new phone not begun")
        }
        EventKind::HandoverCancelled => "Move to a new phone ended, not done".to_owned(),
        EventKind::HandoverDone => "Moved to a new phone".to_owned(),
        EventKind::TokenExported => "Token written into a file".to_owned(),
        EventKind::NetworkSync => either(
            "Token known to the e-prescribing network",
            "The e-prescribing network did not acknowledge the token",
        ),
        EventKind::Unreadable => super::admin::unreadable_text(event.id),
        other => super::admin::kind_text(other),
    }
}
