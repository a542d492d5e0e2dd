//! `activation begin`: makes an enrolment link and a confirmation code, to be sent two ways.

use clap::Args;
use provisioning::{IssuerName, PinPolicy, ServerUrl};
use registry::{ActivationOrder, Npi, ProofingRecord, Registry};
use serde::Serialize;
use zeroize::Zeroizing;

use super::operator;
use crate::{cli::Place, clock, failure::Failure, opening, output, randomness, time_text};

#[derive(Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    place: Place,
    /// The prescriber's National Provider Identifier
    #[arg(long)]
    npi: Npi,
    /// Where the app reaches this server
    #[arg(long, value_name = "URL")]
    server_url: ServerUrl,
    /// Who issues the token
    #[arg(long, value_name = "NAME")]
    issuer: IssuerName,
    /// How long the link and the code are good, in hours
    #[arg(long, value_name = "HOURS", default_value_t = 24, value_parser = clap::value_parser!(u64).range(1..=720))]
    valid_hours: u64,
    /// How many digits the app asks for as PIN, 4 to 8
    #[arg(long, value_name = "DIGITS", default_value = "4", value_parser = pin_policy)]
    pin_length: PinPolicy,
    /// Who checked the prescriber's identity anew, and how; needed where the last token is gone and no
    /// activation is open
    #[arg(long, value_name = "RECORD")]
    proofing: Option<ProofingRecord>,
}

fn pin_policy(text: &str) -> Result<PinPolicy, provisioning::Error> {
    PinPolicy::new(text.parse().unwrap_or(0))
}

/// Leaves the program on standard output, as the operator asked.
#[derive(Serialize)]
struct Begun<'a> {
    link: &'a str,
    confirmation_code: &'a str,
    expires: String,
}

pub(crate) async fn run(arguments: Arguments, json: bool) -> Result<(), Failure> {
    let registry = opening::registry(&arguments.place).await?;
    let order = ActivationOrder {
        server: arguments.server_url,
        issuer: arguments.issuer,
        valid_for: arguments.valid_hours * 60 * 60,
        pin: arguments.pin_length,
    };
    let begun = registry
        .begin_activation(
            &operator(),
            &arguments.npi,
            order,
            arguments.proofing.as_ref(),
            clock::now(),
            &mut randomness::rng(),
        )
        .await?;
    note_token_in_use(&registry, &arguments.npi, json).await?;
    let expires = begun.link.expires;
    let link = begun.link.to_text();
    let confirmation_code = Zeroizing::new(begun.confirmation.expose_text());
    let text = Zeroizing::new(format!(
        "Enrolment link (by mail), good until {}:\n  {}\nConfirmation code (by another way, such as a call):\n  {}",
        time_text::to_the_minute(expires),
        *link,
        *confirmation_code,
    ));
    let document = Begun {
        link: &link,
        confirmation_code: &confirmation_code,
        expires: time_text::rfc3339(expires),
    };
    output::print(json, &document, &*text)
}

/// Who has a token signs in with it, and not with the confirmation code.
async fn note_token_in_use(registry: &Registry, npi: &Npi, json: bool) -> Result<(), Failure> {
    let tokens = registry.tokens(npi, clock::now()).await?;
    if let Some(token) = tokens.iter().find(|token| token.state.is_in_use()) {
        let note = format!(
            "this prescriber has a token, {} ({}), and adds the new one with a code of it, not with the confirmation code; if it is lost or broken, run `countersign-server token deactivate {}`, then begin again with --proofing",
            token.serial,
            token.state,
            token.serial.as_str(),
        );
        output::note(json, &note);
    }
    Ok(())
}
