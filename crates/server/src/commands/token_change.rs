//! `token suspend`, `token restore`, `token deactivate`: what the help desk does with a token that was
//! lost, found or given up.

use clap::{
    Args,
    builder::{PossibleValuesParser, TypedValueParser},
};
use oath::SerialNumber;
use provisioning::Label;
use registry::{DeactivationReason, TokenState};
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

#[derive(Args)]
pub(crate) struct DeactivateArguments {
    /// The token's credential ID or serial number, as printed or shown
    #[arg(value_name = "SERIAL")]
    serial: SerialNumber,
    /// Why; only an app is uninstalled
    #[arg(long, value_parser = reasons())]
    reason: DeactivationReason,
    #[command(flatten)]
    place: Place,
}

fn reasons() -> impl TypedValueParser<Value = DeactivationReason> {
    let names = DeactivationReason::ALL.iter().map(|reason| reason.name());
    PossibleValuesParser::new(names).try_map(|name| {
        let known = DeactivationReason::ALL.iter().find(|reason| reason.name() == name);
        known.copied().ok_or("there is no such reason")
    })
}

#[derive(Clone, Copy)]
pub(crate) enum Change {
    Suspend,
    Restore,
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
    };
    print(json, &serial, token.state)
}

pub(crate) async fn deactivate(arguments: DeactivateArguments, json: bool) -> Result<(), Failure> {
    let registry = opening::registry(&arguments.place).await?;
    let DeactivateArguments { serial, reason, .. } = arguments;
    let token = registry.deactivate_token(&operator(), &serial, reason, clock::now()).await?;
    print(json, &serial, token.state)
}

fn print(json: bool, serial: &SerialNumber, state: TokenState) -> Result<(), Failure> {
    let changed = Changed { serial: serial.as_str().to_owned(), state };
    output::print(json, &changed, &format!("{serial} is {state}. {}", next(state)))
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
