//! `token resynchronise`: finds a token's clock or counter again by two codes in a row.

use clap::Args;
use oath::{Code, SerialNumber};
use registry::TokenState;
use serde::Serialize;

use super::operator;
use crate::{cli::Place, clock, failure::Failure, opening, output};

#[derive(Args)]
pub(crate) struct Arguments {
    /// The token's credential ID or serial number, as printed or shown
    #[arg(value_name = "SERIAL")]
    serial: SerialNumber,
    /// The code that it shows; it is good for nothing else afterwards
    #[arg(value_name = "CODE")]
    first: Code,
    /// The very next code
    #[arg(value_name = "NEXT_CODE")]
    second: Code,
    #[command(flatten)]
    place: Place,
}

#[derive(Serialize)]
struct Resynchronised {
    serial: String,
    state: TokenState,
    drift_steps: i32,
}

pub(crate) async fn run(arguments: Arguments, json: bool) -> Result<(), Failure> {
    let registry = opening::registry(&arguments.place).await?;
    let Arguments { serial, first, second, .. } = arguments;
    let (actor, now) = (operator(), clock::now());
    let token = registry.resynchronise_token(&actor, &serial, (&first, &second), now).await?;
    let done = Resynchronised {
        serial: serial.as_str().to_owned(),
        state: token.state,
        drift_steps: token.drift.steps(),
    };
    output::print(json, &done, &format!("{serial} is resynchronised: its next code counts."))
}
