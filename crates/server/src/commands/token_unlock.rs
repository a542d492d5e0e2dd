//! `token unlock`: ends the lock of a token before its time.

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
struct Unlocked {
    serial: String,
}

pub(crate) async fn run(arguments: Arguments, json: bool) -> Result<(), Failure> {
    let registry = opening::registry(&arguments.place).await?;
    registry.unlock_token(&operator(), &arguments.serial, clock::now()).await?;
    let unlocked = Unlocked { serial: arguments.serial.as_str().to_owned() };
    output::print(json, &unlocked, &format!("{} is unlocked.", arguments.serial))
}
