//! `token suspend`, `token restore`, `token deactivate`: what the help desk does with a token that was
//! lost, found or given up.

use clap::Args;
use oath::SerialNumber;
use provisioning::Label;
use registry::TokenState;
use serde::Serialize;

use super::operator;
use crate::{cli::Place, clock, failure::Failure, opening, output};

#[derive(Args)]
pub(crate) struct Arguments {
    /// The token's credential ID or serial number, as printed or shown
    #[arg(value_name = "SERIAL")]
    serial: SerialNumber,
    /// Why, in a few words; kept with the event
    #[arg(long, value_name = "WORDS")]
    reason: Label,
    #[command(flatten)]
    place: Place,
}

#[derive(Clone, Copy)]
pub(crate) enum Change {
    Suspend,
    Restore,
    Deactivate,
}

#[derive(Serialize)]
struct Changed {
    serial: String,
    state: TokenState,
}

pub(crate) async fn run(change: Change, arguments: Arguments, json: bool) -> Result<(), Failure> {
    let registry = opening::registry(&arguments.place).await?;
    let Arguments { serial, reason, .. } = arguments;
    let (actor, now) = (operator(), clock::now());
    let token = match change {
        Change::Suspend => registry.suspend_token(&actor, &serial, &reason, now).await?,
        Change::Restore => registry.restore_token(&actor, &serial, &reason, now).await?,
        Change::Deactivate => registry.deactivate_token(&actor, &serial, &reason, now).await?,
    };
    let changed = Changed { serial: serial.as_str().to_owned(), state: token.state };
    output::print(json, &changed, &format!("{serial} is {}. {}", token.state, next(token.state)))
}

const fn next(state: TokenState) -> &'static str {
    match state {
        TokenState::Suspended => {
            "Next: `token restore` if it is found, or `token deactivate` if it stays lost."
        }
        TokenState::Deactivated => {
            "Next: `activation begin`, if its prescriber has no other token."
        }
        TokenState::Locked => "Its lock of earlier holds still: see `token unlock`.",
        TokenState::PendingSync => "It signs once the e-prescribing network knows it.",
        TokenState::Active | TokenState::Provisioned => "Its codes count.",
    }
}
