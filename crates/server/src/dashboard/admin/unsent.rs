//! Mails that were to tell prescribers what was done, and could not be sent.

use registry::FailingNotice;

use crate::time_text;

/// How many are shown.
pub(super) const SHOWN: u32 = 50;

/// Such a mail as a page shows it.
pub(super) struct UnsentMail {
    /// Whom it is for, where that can be read.
    pub(super) npi: Option<String>,
    pub(super) about: String,
    pub(super) fate: String,
    pub(super) given_up: bool,
}

impl UnsentMail {
    pub(super) fn new(notice: &FailingNotice) -> Self {
        let tries = match notice.attempts {
            1 => "once".to_owned(),
            attempts => format!("{attempts} times"),
        };
        let next = match notice.given_up {
            Some(at) => format!("given up at {}", time_text::to_the_minute(at)),
            None => format!("again at {}", time_text::to_the_minute(notice.due)),
        };
        let (npi, about) = match notice.about {
            Some((npi, kind)) => (Some(npi.to_string()), kind.name().replace('-', " ")),
            None => (None, format!("event {} cannot be read", notice.event)),
        };
        // The system's own number says nothing to a person.
        let problem = notice.problem.split(" (os error").next().unwrap_or_default();
        Self {
            npi,
            about,
            fate: format!("Tried {tries}, {next}: {problem}"),
            given_up: notice.given_up.is_some(),
        }
    }
}
