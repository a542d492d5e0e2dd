//! `account phone`: notes a prescriber's telephone number, or that there is none.

use clap::Args;
use registry::{Npi, Phone};
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
    /// The telephone number in full, such as +14105550134; without it, the one on record is forgotten
    #[arg(long, value_name = "NUMBER")]
    number: Option<Phone>,
}

#[derive(Serialize)]
struct Noted {
    npi: String,
    ends_in: Option<String>,
}

pub(crate) async fn run(arguments: Arguments, json: bool) -> Result<(), Failure> {
    let registry = opening::registry(&arguments.place).await?;
    let (npi, phone) = (arguments.npi, arguments.number);
    registry.note_phone(&operator(), &npi, phone.clone(), clock::now()).await?;
    let ends_in = phone.map(|phone| phone.last_digits().to_owned());
    let text = match &ends_in {
        Some(digits) => format!("Codes for NPI {npi} go to the phone that ends in {digits}."),
        None => format!("No phone is on record for NPI {npi}."),
    };
    output::print(json, &Noted { npi: npi.to_string(), ends_in }, &text)
}
