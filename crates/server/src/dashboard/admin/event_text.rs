//! An event in a person's words, with why something was refused and what to do about it.

use registry::{Actor, Event, EventKind, Outcome, Purpose, rules::refusals::meaning};

use crate::time_text;

/// What a page shows of an event: text only.
pub(crate) struct EventText {
    pub(crate) id: u64,
    pub(crate) at: String,
    pub(crate) kind: &'static str,
    pub(crate) what: String,
    pub(crate) refused: bool,
    pub(crate) by: String,
    /// The account's NPI; empty where it is about none.
    pub(crate) account: String,
    /// The token's serial number without spaces; empty where it is about none.
    pub(crate) serial: String,
    pub(crate) serial_shown: String,
    /// Why, in a sentence or in the words of whoever did it; empty where nothing is known.
    pub(crate) why: String,
    /// What to do next; empty where there is nothing to do.
    pub(crate) next: &'static str,
}

impl EventText {
    pub(crate) fn new(event: &Event) -> Self {
        let what = &event.what;
        let is_read = what.kind != EventKind::Unreadable;
        // Of one that cannot be read, the headline says it.
        let cause = what.cause.as_deref().filter(|_| is_read).unwrap_or_default();
        let meaning = meaning(cause);
        Self {
            id: event.id,
            at: time_text::to_the_second(what.at),
            kind: what.kind.name(),
            what: match is_read {
                true => headline(what.kind, what.outcome, what.purpose),
                false => unreadable_text(event.id),
            },
            refused: what.outcome == Outcome::Refused,
            by: if is_read { actor(&what.actor) } else { String::new() },
            account: what.account.map_or_else(String::new, |npi| npi.to_string()),
            serial: what.serial.as_ref().map_or_else(String::new, |s| s.as_str().to_owned()),
            serial_shown: what.serial.as_ref().map_or_else(String::new, ToString::to_string),
            why: meaning.map_or(cause, |meaning| meaning.what).to_owned(),
            next: match meaning {
                Some(meaning) => meaning.next,
                None if is_read => "",
                None => "Verify the audit, and see what it says of this number.",
            },
        }
    }
}

fn actor(actor: &Actor) -> String {
    match actor {
        Actor::Prescriber { .. } => "the prescriber".to_owned(),
        Actor::Administrator { name, .. } => name.to_string(),
        Actor::Token { serial, .. } => format!("the app of token {serial}"),
        Actor::RelyingParty { name, .. } => format!("relying party {name}"),
        Actor::App => "an app".to_owned(),
        Actor::Stranger => "somebody not signed in".to_owned(),
        Actor::System => "this server".to_owned(),
    }
}

fn headline(kind: EventKind, outcome: Outcome, purpose: Option<Purpose>) -> String {
    match (kind, purpose) {
        (EventKind::CodeJudged, Some(purpose)) => {
            let verdict = if outcome == Outcome::Refused { "refused" } else { "accepted" };
            format!("Code {verdict} {}", purpose_text(purpose))
        }
        _ => {
            let text = kind_text(kind);
            match outcome {
                Outcome::Success => text,
                Outcome::Refused => format!("{text}: refused"),
                Outcome::Attempted => format!("{text}: attempted"),
            }
        }
    }
}

pub(crate) const fn purpose_text(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::Test => "at a test",
        Purpose::SignIn => "at sign-in",
        Purpose::Signing => "at signing",
        Purpose::SigningTest => "at a test prescription",
        Purpose::Association => "when the token was added",
        Purpose::Resynchronisation => "at resynchronising",
    }
}

/// Of an event that cannot be read, as a heading.
pub(crate) fn unreadable_text(number: u64) -> String {
    format!("This event can’t be read (number {number})")
}

/// A kind of event, as a heading.
pub(crate) fn kind_text(kind: EventKind) -> String {
    let mut words = kind.name().replace('-', " ");
    if let Some(first) = words.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    words
}
