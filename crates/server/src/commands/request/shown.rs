//! A request as a line of text.

use core::fmt;

use oath::UnixTime;
use registry::{RequestState, TokenRequest};

use crate::time_text;

/// Requests, one paragraph each.
pub(super) struct Lines<'a>(pub(super) &'a [TokenRequest]);

impl fmt::Display for Lines<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("No requests.");
        }
        for (place, request) in self.0.iter().enumerate() {
            let line_break = if place == 0 { "" } else { "\n" };
            write!(f, "{line_break}{}", Line(request))?;
        }
        Ok(())
    }
}

/// One request: its number, what it is for, and its last step.
pub(super) struct Line<'a>(pub(super) &'a TokenRequest);

impl fmt::Display for Line<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let request = self.0;
        let last = time_text::to_the_minute(last_step(request));
        write!(
            f,
            "{}  {}  {} {last}  of NPI {}  mail {}",
            request.id,
            request.token_type.name(),
            request.state,
            request.npi,
            request.mail
        )?;
        if let Some(address) = &request.address {
            write!(f, "  to {address}")?;
        }
        if let Some(replaced) = &request.replaces {
            write!(f, "  replaces {} ({})", replaced.serial, replaced.reason)?;
        }
        if let Some(serial) = &request.serial {
            write!(f, "  token {serial}")?;
        }
        if let Some(shipment) = &request.shipment {
            write!(f, "  by {} {}", shipment.carrier, shipment.tracking)?;
        }
        match (&request.mailing.problem, request.mailing.due, request.mailing.sent) {
            (Some(problem), due, _) => {
                let next = if due.is_some() { "is tried again" } else { "is given up" };
                write!(
                    f,
                    "  MAIL NOT SENT after {} tries and {next}: {problem}",
                    request.mailing.attempts
                )
            }
            (None, Some(_), _) => f.write_str("  mail waits to be sent"),
            (None, None, Some(sent)) => write!(f, "  mailed {}", time_text::to_the_minute(sent)),
            (None, None, None) => Ok(()),
        }
    }
}

/// When the request came where it is.
fn last_step(request: &TokenRequest) -> UnixTime {
    let step = match request.state {
        RequestState::Requested => None,
        RequestState::Processed => request.processed,
        RequestState::Shipped => request.shipped,
        RequestState::Activated => request.activated,
        RequestState::Cancelled => request.cancelled,
    };
    step.unwrap_or(request.requested)
}
