//! `admin add`, `list`, `unlock`, `remove`: who administers this server on its dashboard.

use core::fmt;
use std::io;

use clap::{ArgAction, Args};
use provisioning::{IssuerName, OtpKind, OtpauthUri};
use registry::{Administrator, AdministratorName, NewAdministrator, Role, Roles};
use serde::Serialize;

use super::{account_add::read_passphrase, operator};
use crate::{cli::Place, clock, failure::Failure, opening, output, randomness, time_text};

#[derive(Args)]
pub(crate) struct AddArguments {
    #[command(flatten)]
    place: Place,
    /// The name to sign in with
    #[arg(long)]
    name: AdministratorName,
    /// What they are there for: token-administrator (help desk), access-administrator (accounts),
    /// registrant (a DEA registrant, who executes what opens access) or auditor; may be given
    /// several times
    #[arg(long = "role", value_name = "ROLE", required = true)]
    roles: Vec<Role>,
    /// Read the passphrase from the first line of standard input, the only place it is taken from
    #[arg(long, required = true, action = ArgAction::SetTrue)]
    passphrase_stdin: bool,
    /// How the app names this server beside the administrator's codes
    #[arg(long, value_name = "NAME", default_value = "Countersign")]
    issuer: IssuerName,
}

#[derive(Args)]
pub(crate) struct NameArguments {
    #[command(flatten)]
    place: Place,
    /// The administrator's name
    #[arg(long)]
    name: AdministratorName,
}

/// Leaves the program on standard output, as the operator asked.
#[derive(Serialize)]
struct Added<'a> {
    name: &'a str,
    roles: &'a Roles,
    setup_link: &'a str,
}

pub(crate) async fn add(arguments: AddArguments, json: bool) -> Result<(), Failure> {
    let passphrase = read_passphrase(io::stdin().lock())?;
    let registry = opening::registry_or_new(&arguments.place).await?;
    let AddArguments { name, roles, issuer, .. } = arguments;
    let roles = Roles::new(roles).ok_or(registry::ValueError::Role)?;
    let new = NewAdministrator { name, roles, passphrase };
    let added =
        registry.add_administrator(&operator(), new, clock::now(), &mut randomness::rng()).await?;
    let Administrator { name, roles, .. } = &added.administrator;
    let link = OtpauthUri {
        issuer: Some(issuer),
        account: name.label().clone(),
        seed: added.seed,
        kind: OtpKind::Totp(Administrator::totp()),
    }
    .to_text();
    let text = zeroize::Zeroizing::new(format!(
        "Added {name} ({}).\nSetup link of their token, shown this once; they paste or scan it in the app:\n  {}\nThey sign in at /admin with name, passphrase and a code of it.",
        roles.text(),
        *link,
    ));
    output::print(json, &Added { name: name.label().as_str(), roles, setup_link: &link }, &*text)
}

#[derive(Serialize)]
struct Listed {
    name: String,
    roles: Roles,
    state: &'static str,
    last_signed_in: Option<String>,
}

impl Listed {
    fn new(administrator: &Administrator) -> Self {
        let state = match administrator.removed {
            Some(_) => "removed",
            None if administrator.is_locked(clock::now()) => "locked",
            None => "active",
        };
        Self {
            name: administrator.name.to_string(),
            roles: administrator.roles.clone(),
            state,
            last_signed_in: administrator.last_used.map(time_text::rfc3339),
        }
    }
}

pub(crate) async fn list(place: &Place, json: bool) -> Result<(), Failure> {
    let registry = opening::registry(place).await?;
    let listed: Vec<_> = registry.administrators().await?.iter().map(Listed::new).collect();
    output::print(json, &listed, &Lines(&listed))
}

struct Lines<'a>(&'a [Listed]);

impl fmt::Display for Lines<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("No administrators. Next: `countersign-server admin add`.");
        }
        for (place, listed) in self.0.iter().enumerate() {
            let line_break = if place == 0 { "" } else { "\n" };
            let last = listed.last_signed_in.as_deref().unwrap_or("never");
            let Listed { name, roles, state, .. } = listed;
            write!(f, "{line_break}{name}  {state}  {}  last signed in {last}", roles.text())?;
        }
        Ok(())
    }
}

pub(crate) async fn unlock(arguments: NameArguments, json: bool) -> Result<(), Failure> {
    let registry = opening::registry(&arguments.place).await?;
    let actor = operator();
    let changed = registry.unlock_administrator(&actor, &arguments.name, clock::now()).await?;
    output::print(json, &Listed::new(&changed), &format!("{} can sign in again.", changed.name))
}

pub(crate) async fn remove(arguments: NameArguments, json: bool) -> Result<(), Failure> {
    let registry = opening::registry(&arguments.place).await?;
    let actor = operator();
    let changed = registry.remove_administrator(&actor, &arguments.name, clock::now()).await?;
    let text = format!("{} is removed and signed out everywhere.", changed.name);
    output::print(json, &Listed::new(&changed), &text)
}
