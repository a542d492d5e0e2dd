//! `account add`: opens the account of a prescriber whose identity is proved.

use std::io::{self, BufRead};

use clap::{ArgAction, Args};
use provisioning::Label;
use registry::{AccountId, Mail, NewAccount, Npi, Passphrase, Phone, ProofingRecord};
use serde::Serialize;
use zeroize::Zeroizing;

use super::operator;
use crate::{cli::Place, clock, failure::Failure, opening, output, randomness};

/// The most bytes of standard input that are read for a passphrase.
const MAX_LINE_LENGTH: u64 = 1024;

#[derive(Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    place: Place,
    /// The prescriber's National Provider Identifier
    #[arg(long)]
    npi: Npi,
    /// What you call the account besides, such as its key in your other systems; never changes
    #[arg(long)]
    id: Option<AccountId>,
    /// The prescriber's name
    #[arg(long)]
    name: Label,
    /// Where mail reaches the prescriber
    #[arg(long)]
    mail: Mail,
    /// Read the passphrase from the first line of standard input, the only place it is taken from
    #[arg(long, required = true, action = ArgAction::SetTrue)]
    passphrase_stdin: bool,
    /// The prescriber's telephone number in full, for codes before a token is added
    #[arg(long, value_name = "NUMBER")]
    phone: Option<Phone>,
    /// Who checked the prescriber's identity, and how
    #[arg(long, value_name = "RECORD")]
    proofing: ProofingRecord,
}

#[derive(Serialize)]
struct Opened {
    npi: String,
    id: Option<AccountId>,
    name: String,
}

pub(crate) async fn run(arguments: Arguments, json: bool) -> Result<(), Failure> {
    let passphrase = read_passphrase(io::stdin().lock())?;
    let registry = opening::registry_or_new(&arguments.place).await?;
    let new = NewAccount {
        npi: arguments.npi,
        id: arguments.id,
        name: arguments.name,
        mail: arguments.mail,
        passphrase,
        proofing: arguments.proofing,
    };
    let account =
        registry.open_account(&operator(), new, clock::now(), &mut randomness::rng()).await?;
    if let Some(phone) = arguments.phone {
        registry.note_phone(&operator(), &account.npi, Some(phone), clock::now()).await?;
    }
    let (npi, name) = (account.npi.to_string(), account.name.to_string());
    let opened = Opened { npi, id: account.id, name };
    let text = format!(
        "Opened the account of {} (NPI {}). Next: `countersign-server activation begin`.",
        opened.name, opened.npi
    );
    output::print(json, &opened, &text)
}

/// The first line, without its line break.
pub(super) fn read_passphrase(input: impl BufRead) -> Result<Passphrase, Failure> {
    let mut line = Zeroizing::new(String::with_capacity(MAX_LINE_LENGTH as usize));
    input.take(MAX_LINE_LENGTH).read_line(&mut line).map_err(Failure::Input)?;
    let text = line.strip_suffix('\n').unwrap_or(&line);
    let text = text.strip_suffix('\r').unwrap_or(text);
    if text.is_empty() {
        return Err(Failure::NoPassphrase);
    }
    Ok(Passphrase::parse(text)?)
}
