//! `events`: what happened, latest first.

use core::fmt;

use clap::Args;
use registry::{Event, EventKind, Npi};

use crate::{cli::Place, failure::Failure, opening, output, time_text};

#[derive(Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    place: Place,
    /// Only those of one prescriber's account
    #[arg(long)]
    npi: Option<Npi>,
    /// At most so many
    #[arg(long, value_name = "NUMBER", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..))]
    limit: u32,
}

pub(crate) async fn run(arguments: Arguments, json: bool) -> Result<(), Failure> {
    let registry = opening::registry(&arguments.place).await?;
    let events = registry.events(arguments.npi, arguments.limit).await?;
    output::print(json, &events, &Lines(&events))
}

struct Lines<'a>(&'a [Event]);

impl fmt::Display for Lines<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("No events.");
        }
        for (place, event) in self.0.iter().enumerate() {
            let line_break = if place == 0 { "" } else { "\n" };
            write!(f, "{line_break}{}", EventLine(event))?;
        }
        Ok(())
    }
}

/// An event on one line.
pub(crate) struct EventLine<'a>(pub(crate) &'a Event);

impl fmt::Display for EventLine<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = &self.0.what;
        let at = time_text::rfc3339(what.at);
        if what.kind == EventKind::Unreadable {
            return write!(f, "{at}  {}", what.cause.as_deref().unwrap_or_default());
        }
        write!(f, "{at}  {} {}  by {}", what.kind, what.outcome, what.actor)?;
        if let Some(npi) = what.account {
            write!(f, "  account {npi}")?;
        }
        if let Some(serial) = &what.serial {
            write!(f, "  token {serial}")?;
        }
        if let Some(purpose) = what.purpose {
            write!(f, "  for {purpose}")?;
        }
        if let Some(cause) = &what.cause {
            write!(f, "  ({cause})")?;
        }
        if let Some(reference) = &what.reference {
            write!(f, "  for {reference}")?;
        }
        Ok(())
    }
}
