//! `api-key add`, `list`, `rotate`, `revoke`: who may ask this server over its API.

use core::fmt;

use clap::Args;
use provisioning::Label;
use registry::{ApiKey, ApiKeyId, ApiKeyRecord, Scope};
use serde::Serialize;

use super::operator;
use crate::{cli::Place, clock, failure::Failure, opening, output, randomness, time_text};

#[derive(Args)]
pub(crate) struct AddArguments {
    #[command(flatten)]
    place: Place,
    /// The relying party, as the audit names it
    #[arg(long, value_name = "NAME")]
    party: Label,
    /// What the key is good for: verify (let codes be judged), read (read accounts, tokens, requests),
    /// audit (read the audit), tokens (change and request tokens), accounts (enter accounts, begin
    /// activations); may be given several times
    #[arg(long = "scope", value_name = "SCOPE", required = true)]
    scopes: Vec<Scope>,
}

#[derive(Args)]
pub(crate) struct RotateArguments {
    #[command(flatten)]
    place: Place,
    /// The key that is to be followed, as `api-key list` shows it
    #[arg(value_name = "ID")]
    id: ApiKeyId,
    /// For how many hours the old key is good beside the new one
    #[arg(long, value_name = "HOURS", default_value_t = 24,
        value_parser = clap::value_parser!(u64).range(0..=24 * 90))]
    overlap_hours: u64,
}

#[derive(Args)]
pub(crate) struct RevokeArguments {
    #[command(flatten)]
    place: Place,
    /// The key, as `api-key list` shows it
    #[arg(value_name = "ID")]
    id: ApiKeyId,
}

#[derive(Serialize)]
struct Listed {
    id: String,
    party: String,
    scopes: Vec<Scope>,
    state: &'static str,
    made: String,
    ends: Option<String>,
    last_used: Option<String>,
}

impl From<&ApiKeyRecord> for Listed {
    fn from(record: &ApiKeyRecord) -> Self {
        Self {
            id: record.id.to_string(),
            party: record.party.to_string(),
            scopes: record.scopes.clone(),
            state: if record.is_good(clock::now()) { "good" } else { "over" },
            made: time_text::rfc3339(record.made),
            ends: record.ends.map(time_text::rfc3339),
            last_used: record.last_used.map(time_text::rfc3339),
        }
    }
}

/// Leaves the program on standard output, as the operator asked.
#[derive(Serialize)]
struct Made<'a> {
    #[serde(flatten)]
    listed: Listed,
    key: &'a str,
}

pub(crate) async fn add(arguments: AddArguments, json: bool) -> Result<(), Failure> {
    let registry = opening::registry_or_new(&arguments.place).await?;
    let AddArguments { party, scopes, .. } = arguments;
    let mut rng = randomness::rng();
    let (key, record) =
        registry.add_api_key(&operator(), &party, &scopes, clock::now(), &mut rng).await?;
    show(json, &key, &record)
}

pub(crate) async fn rotate(arguments: RotateArguments, json: bool) -> Result<(), Failure> {
    let registry = opening::registry(&arguments.place).await?;
    let overlap = arguments.overlap_hours * 60 * 60;
    let (now, mut rng) = (clock::now(), randomness::rng());
    let (key, record) =
        registry.rotate_api_key(&operator(), &arguments.id, overlap, now, &mut rng).await?;
    show(json, &key, &record)
}

pub(crate) async fn revoke(arguments: RevokeArguments, json: bool) -> Result<(), Failure> {
    let registry = opening::registry(&arguments.place).await?;
    let record = registry.revoke_api_key(&operator(), &arguments.id, clock::now()).await?;
    let text = format!("Key {} of {} is good no more.", record.id, record.party);
    output::print(json, &Listed::from(&record), &text)
}

pub(crate) async fn list(place: &Place, json: bool) -> Result<(), Failure> {
    let registry = opening::registry(place).await?;
    let listed: Vec<_> = registry.api_keys().await?.iter().map(Listed::from).collect();
    output::print(json, &listed, &Lines(&listed))
}

fn show(json: bool, key: &ApiKey, record: &ApiKeyRecord) -> Result<(), Failure> {
    let key = key.expose_text();
    let text = zeroize::Zeroizing::new(format!(
        "Key {} of {}, shown this once; keep it where the relying party keeps its secrets:\n  {}",
        record.id, record.party, *key
    ));
    output::print(json, &Made { listed: record.into(), key: &key }, &*text)
}

struct Lines<'a>(&'a [Listed]);

impl fmt::Display for Lines<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("No API keys. Next: `countersign-server api-key add`.");
        }
        for (place, listed) in self.0.iter().enumerate() {
            let line_break = if place == 0 { "" } else { "\n" };
            let Listed { id, party, scopes, state, .. } = listed;
            let scopes: Vec<_> = scopes.iter().map(|scope| scope.name()).collect();
            let last = listed.last_used.as_deref().unwrap_or("never");
            let scopes = scopes.join(" ");
            write!(f, "{line_break}{id}  {state}  {party}  {scopes}  last used {last}")?;
            if let Some(ends) = &listed.ends {
                write!(f, "  ends {ends}")?;
            }
        }
        Ok(())
    }
}
