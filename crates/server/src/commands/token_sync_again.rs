//! `token sync-again`: lets the e-prescribing network be told once more of a token.

use clap::Args;
use oath::SerialNumber;
use registry::TokenState;
use serde::Serialize;

use super::operator;
use crate::{cli::Place, clock, failure::Failure, opening, output};

#[derive(Args)]
pub(crate) struct Arguments {
    /// The token's credential ID or serial number, as printed or shown
    #[arg(value_name = "SERIAL")]
    serial: SerialNumber,
    #[command(flatten)]
    place: Place,
}

#[derive(Serialize)]
struct Begun {
    serial: String,
    state: TokenState,
}

pub(crate) async fn run(arguments: Arguments, json: bool) -> Result<(), Failure> {
    let registry = opening::registry(&arguments.place).await?;
    let serial = arguments.serial;
    let token = registry.sync_token_again(&operator(), &serial, clock::now()).await?;
    let begun = Begun { serial: serial.as_str().to_owned(), state: token.state };
    let text = match token.state {
        TokenState::PendingSync => format!("The network is told of {serial} again, by the server."),
        _ => format!("The network knows {serial}: there is nothing to tell."),
    };
    output::print(json, &begun, &text)
}
