//! `request add`: requests a token for a prescriber who called.

use clap::Args;
use oath::SerialNumber;
use provisioning::Label;
use registry::{
    Account, DeactivationReason, IdempotencyKey, Mail, Npi, PostalAddress, Replacement,
    RequestError, RequestedBy, TokenOrder, Wanted, ZipCode,
};

use super::shown::Lines;
use crate::{cli::Place, clock, commands::operator, failure::Failure, opening, output, randomness};

#[derive(Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    place: Place,
    /// The prescriber's National Provider Identifier
    #[arg(long)]
    npi: Npi,
    /// hard, soft or both; not with --replaces, where the new token is as the old one
    #[arg(long = "type", value_name = "TYPE", required_unless_present = "replaces", conflicts_with = "replaces", value_parser = ["hard", "soft", "both"])]
    wanted: Option<String>,
    /// The token to deactivate and replace
    #[arg(long, value_name = "SERIAL", requires = "reason")]
    replaces: Option<SerialNumber>,
    /// Why it is replaced: lost, stolen, faulty or uninstalled
    #[arg(long, value_name = "REASON", value_parser = reason)]
    reason: Option<DeactivationReason>,
    /// Where the activation is mailed to [default: the account's mail address]
    #[arg(long)]
    mail: Option<Mail>,
    #[command(flatten)]
    address: Address,
}

/// Where a hard token is shipped to; without it, where the last one was.
#[derive(Args)]
struct Address {
    /// House number and street [default, of all five: the account's shipping address]
    #[arg(long, requires_all = ["city", "state", "zip"])]
    street: Option<Label>,
    /// Flat, suite, floor or department
    #[arg(long, requires = "street")]
    second: Option<Label>,
    /// The town
    #[arg(long, requires = "street")]
    city: Option<Label>,
    /// The state
    #[arg(long, requires = "street")]
    state: Option<Label>,
    /// The ZIP code
    #[arg(long, requires = "street")]
    zip: Option<ZipCode>,
}

fn reason(text: &str) -> Result<DeactivationReason, &'static str> {
    let found = DeactivationReason::ALL.iter().copied().find(|reason| reason.name() == text);
    found.ok_or("a reason is one of lost, stolen, faulty, uninstalled")
}

impl Address {
    fn or_of(self, account: &Account) -> Option<PostalAddress> {
        match (self.street, self.city, self.state, self.zip) {
            (Some(street), Some(city), Some(state), Some(zip)) => {
                Some(PostalAddress { street, second: self.second, city, state, zip })
            }
            _ => account.address.clone(),
        }
    }
}

pub(crate) async fn run(arguments: Arguments, json: bool) -> Result<(), Failure> {
    let registry = opening::registry(&arguments.place).await?;
    let (actor, now, mut rng) = (operator(), clock::now(), randomness::rng());
    let by = RequestedBy::HelpDesk { actor: &actor, npi: arguments.npi };
    let account = registry.account(&arguments.npi).await?;
    let account = account.ok_or(registry::Error::UnknownAccount)?;
    let mail = arguments.mail.unwrap_or_else(|| account.mail.clone());
    let address = arguments.address.or_of(&account);
    let idempotency_key = IdempotencyKey::generate(&mut rng);
    let made = match (arguments.replaces, arguments.reason) {
        (Some(serial), Some(reason)) => {
            let last_one_meant = true;
            let form =
                Replacement { serial, reason, last_one_meant, mail, address, idempotency_key };
            vec![registry.replace_token(by, &form, now, &mut rng).await?]
        }
        _ => {
            let address = || address.clone().ok_or(RequestError::NeedsAddress);
            let wanted = match arguments.wanted.as_deref() {
                Some("hard") => Wanted::Hard(address()?),
                Some("both") => Wanted::Both(address()?),
                _ => Wanted::Soft,
            };
            let order = TokenOrder { wanted, mail, idempotency_key };
            registry.request_tokens(by, &order, now, &mut rng).await?
        }
    };
    output::print(json, &made, &Lines(&made))
}
