//! `account unlock`: ends the pauses of a prescriber's sign-in and codes before their time.

use clap::Args;
use registry::Npi;
use serde::Serialize;

use super::operator;
use crate::{cli::Place, clock, failure::Failure, opening, output};

#[derive(Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    place: Place,
    /// The prescriber's National Provider Identifier
    #[arg(long)]
    npi: Npi,
}

#[derive(Serialize)]
struct Unlocked {
    npi: String,
}

pub(crate) async fn run(arguments: Arguments, json: bool) -> Result<(), Failure> {
    let registry = opening::registry(&arguments.place).await?;
    registry.unlock_sign_in(&operator(), &arguments.npi, clock::now()).await?;
    let unlocked = Unlocked { npi: arguments.npi.to_string() };
    let said = format!(
        "NPI {} can sign in again, and codes that name no token are judged again.",
        arguments.npi
    );
    output::print(json, &unlocked, &said)
}
