//! `issuer-card`: shows what an app needs to seal an export to this server.

use clap::Args;
use provisioning::{IssuerCard, IssuerName};
use serde::Serialize;

use crate::{cli::Place, failure::Failure, opening, output};

#[derive(Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    place: Place,
    /// Who takes the tokens
    #[arg(long, value_name = "NAME")]
    issuer: IssuerName,
}

#[derive(Serialize)]
struct Shown {
    issuer_card: String,
    key_id: String,
}

pub(crate) async fn run(arguments: Arguments, json: bool) -> Result<(), Failure> {
    let registry = opening::registry_or_new(&arguments.place).await?;
    let key = registry.server_key();
    let card = IssuerCard { issuer: arguments.issuer, key };
    let shown = Shown { issuer_card: card.to_text(), key_id: key.key_id().to_string() };
    output::print(json, &shown, &shown.issuer_card)
}
