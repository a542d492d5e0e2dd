//! `webhook add`, `list`, `rotate-secret`, `retry`, `skip`, `remove`: who is told of what happens.

use core::fmt;

use clap::{Args, builder::PossibleValuesParser, builder::TypedValueParser};
use provisioning::Label;
use registry::{
    HookKind, NewWebhook, Registry, WebhookId, WebhookRecord, WebhookSecret, WebhookState,
    WebhookUrl,
};
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
    /// Where it is posted to: https://, or http:// on this machine
    #[arg(long, value_name = "URL")]
    url: WebhookUrl,
    /// What it is told of; may be given several times; without it of everything in this list
    #[arg(long = "event", value_name = "EVENT", value_parser = kinds())]
    kinds: Vec<HookKind>,
}

fn kinds() -> impl TypedValueParser<Value = HookKind> {
    PossibleValuesParser::new(HookKind::ALL.iter().map(|kind| kind.name()))
        .try_map(|text| text.parse::<HookKind>())
}

#[derive(Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    place: Place,
    /// The webhook, as `webhook list` shows it
    #[arg(value_name = "ID")]
    id: WebhookId,
}

#[derive(Args)]
pub(crate) struct RotateArguments {
    #[command(flatten)]
    webhook: Arguments,
    /// End the secret before, and any before that, at once: for one that somebody else knows
    #[arg(long)]
    now: bool,
}

#[derive(Args)]
pub(crate) struct SkipArguments {
    #[command(flatten)]
    webhook: Arguments,
    /// The number of the event; without it, says which one is next and skips nothing
    #[arg(long, value_name = "NUMBER")]
    event: Option<u64>,
}

#[derive(Serialize)]
struct Listed {
    id: String,
    party: String,
    url: String,
    events: Vec<String>,
    state: WebhookState,
    made: String,
    last_delivered: Option<String>,
    /// The number of the last event that was delivered or is not for it.
    cursor: u64,
    /// How many events wait.
    waiting: u64,
    tries: u32,
    trouble: Option<String>,
    trouble_since: Option<String>,
    next_try: Option<String>,
}

impl Listed {
    async fn of(registry: &Registry, record: &WebhookRecord) -> Result<Self, Failure> {
        let waiting = registry.webhook_lag(record).await?;
        let trouble = record.trouble.as_ref();
        Ok(Self {
            id: record.id.to_string(),
            party: record.party.to_string(),
            url: record.url.to_string(),
            events: record.kind_names().map(str::to_owned).collect(),
            state: record.state(),
            made: time_text::rfc3339(record.made),
            last_delivered: record.delivered.map(time_text::rfc3339),
            cursor: record.cursor,
            waiting,
            tries: record.attempts,
            trouble: trouble.map(|trouble| trouble.why.clone()),
            trouble_since: trouble.map(|trouble| time_text::rfc3339(trouble.since)),
            next_try: trouble.map(|_| time_text::rfc3339(record.due)),
        })
    }
}

/// Leaves the program on standard output, as the operator asked.
#[derive(Serialize)]
struct Made<'a> {
    #[serde(flatten)]
    listed: Listed,
    secret: &'a str,
}

pub(crate) async fn add(arguments: AddArguments, json: bool) -> Result<(), Failure> {
    let registry = opening::registry_or_new(&arguments.place).await?;
    let AddArguments { party, url, kinds, .. } = arguments;
    let (new, mut rng) = (NewWebhook { party, url, kinds }, randomness::rng());
    let (secret, record) = registry.add_webhook(&operator(), new, clock::now(), &mut rng).await?;
    show(&registry, json, &secret, &record).await
}

pub(crate) async fn rotate_secret(arguments: RotateArguments, json: bool) -> Result<(), Failure> {
    let RotateArguments { webhook: Arguments { place, id }, now: now_only } = arguments;
    let registry = opening::registry(&place).await?;
    let (now, mut rng) = (clock::now(), randomness::rng());
    let (secret, record) =
        registry.rotate_webhook_secret(&operator(), &id, now_only, now, &mut rng).await?;
    show(&registry, json, &secret, &record).await
}

pub(crate) async fn skip(arguments: SkipArguments, json: bool) -> Result<(), Failure> {
    let SkipArguments { webhook: Arguments { place, id }, event } = arguments;
    let registry = opening::registry(&place).await?;
    let record = registry.skip_webhook_event(&operator(), &id, event, clock::now()).await?;
    let text =
        format!("Event {} is lost to webhook {id}; what comes after it is told.", record.cursor);
    output::print(json, &Listed::of(&registry, &record).await?, &text)
}

pub(crate) async fn retry(arguments: Arguments, json: bool) -> Result<(), Failure> {
    let registry = opening::registry(&arguments.place).await?;
    let record = registry.retry_webhook(&operator(), &arguments.id, clock::now()).await?;
    let text = format!("What waits for webhook {} is tried within seconds.", record.id);
    output::print(json, &Listed::of(&registry, &record).await?, &text)
}

pub(crate) async fn remove(arguments: Arguments, json: bool) -> Result<(), Failure> {
    let registry = opening::registry(&arguments.place).await?;
    let record = registry.remove_webhook(&operator(), &arguments.id, clock::now()).await?;
    let text = format!("Webhook {} of {} is told of nothing any more.", record.id, record.party);
    output::print(json, &Listed::of(&registry, &record).await?, &text)
}

pub(crate) async fn list(place: &Place, json: bool) -> Result<(), Failure> {
    let registry = opening::registry(place).await?;
    let mut listed = Vec::new();
    for record in registry.webhooks().await? {
        listed.push(Listed::of(&registry, &record).await?);
    }
    output::print(json, &listed, &Lines(&listed))
}

async fn show(
    registry: &Registry,
    json: bool,
    secret: &WebhookSecret,
    record: &WebhookRecord,
) -> Result<(), Failure> {
    let secret = secret.expose_text();
    let text = zeroize::Zeroizing::new(format!(
        "Secret of webhook {} of {}, shown this once; the receiver checks signatures with it:\n  {}",
        record.id, record.party, *secret
    ));
    let listed = Listed::of(registry, record).await?;
    output::print(json, &Made { listed, secret: &secret }, &*text)
}

struct Lines<'a>(&'a [Listed]);

impl fmt::Display for Lines<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("No webhooks. Next: `countersign-server webhook add`.");
        }
        for (place, listed) in self.0.iter().enumerate() {
            let line_break = if place == 0 { "" } else { "\n" };
            let Listed { id, party, url, state, waiting, .. } = listed;
            let last = listed.last_delivered.as_deref().unwrap_or("never");
            let state = state.name();
            write!(f, "{line_break}{id}  {state}  {party}  {url}  {waiting} waiting")?;
            write!(f, "  last delivered {last}")?;
            if let (Some(why), Some(since), Some(next)) =
                (&listed.trouble, &listed.trouble_since, &listed.next_try)
            {
                write!(f, "\n  {why}, since {since}; {} tries, next {next}", listed.tries)?;
            }
        }
        Ok(())
    }
}
