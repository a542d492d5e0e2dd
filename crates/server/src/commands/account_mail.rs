//! `account mail`: notes a prescriber's mail address.

use clap::Args;
use registry::{Mail, Npi};
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
    /// The mail address, such as name@example.org
    #[arg(long, value_name = "ADDRESS")]
    address: Mail,
}

#[derive(Serialize)]
struct Noted {
    npi: String,
    mail: String,
}

pub(crate) async fn run(arguments: Arguments, json: bool) -> Result<(), Failure> {
    let registry = opening::registry(&arguments.place).await?;
    let (npi, mail) = (arguments.npi, arguments.address);
    registry.note_mail(&operator(), &npi, &mail, clock::now()).await?;
    let text = format!("Mail to NPI {npi} goes to {mail}.");
    output::print(json, &Noted { npi: npi.to_string(), mail: mail.to_string() }, &text)
}
