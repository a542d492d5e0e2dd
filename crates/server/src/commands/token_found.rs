//! `token found`: takes a token that was reported lost into use again.

use clap::Args;
use oath::SerialNumber;
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
struct Found {
    serial: String,
    state: &'static str,
}

pub(crate) async fn run(arguments: Arguments, json: bool) -> Result<(), Failure> {
    let registry = opening::registry(&arguments.place).await?;
    let token = registry.restore_token(&operator(), &arguments.serial, clock::now()).await?;
    let state = token.state.name();
    let found = Found { serial: token.serial.as_str().to_owned(), state };
    output::print(json, &found, &format!("{} is {state} again.", token.serial))
}
