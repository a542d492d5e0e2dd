//! `token list`: tokens, of one account or all, and which are being moved to a new phone.

use core::fmt;
use std::collections::{HashMap, hash_map::Entry};

use clap::Args;
use registry::{Handover, Npi, Registry, Token};
use serde::Serialize;

use crate::{cli::Place, clock, failure::Failure, opening, output, time_text};

/// How many tokens are read at once.
const PAGE: u32 = 1_000;

#[derive(Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    place: Place,
    /// Only those of one prescriber's account
    #[arg(long)]
    npi: Option<Npi>,
}

pub(crate) async fn run(arguments: Arguments, json: bool) -> Result<(), Failure> {
    let registry = opening::registry(&arguments.place).await?;
    let tokens = match &arguments.npi {
        Some(npi) => registry.tokens(npi, clock::now()).await?,
        None => all(&registry).await?,
    };
    let listed = with_moves(&registry, tokens).await?;
    output::print(json, &listed, &Lines(&listed))
}

/// A token, and its move to a new phone, from or to it, if one is under way.
#[derive(Serialize)]
struct Listed {
    #[serde(flatten)]
    token: Token,
    handover: Option<Handover>,
}

async fn with_moves(registry: &Registry, tokens: Vec<Token>) -> Result<Vec<Listed>, Failure> {
    let mut of_owners: HashMap<u64, Vec<Handover>> = HashMap::new();
    for npi in tokens.iter().filter_map(|token| token.owner) {
        if let Entry::Vacant(place) = of_owners.entry(npi.number()) {
            place.insert(registry.handovers(&npi, clock::now()).await?);
        }
    }
    let moves: Vec<_> = of_owners.into_values().flatten().collect();
    let of = |token: &Token| {
        let is_its = |found: &&Handover| {
            found.from == token.serial || found.to.as_ref() == Some(&token.serial)
        };
        moves.iter().find(is_its).cloned()
    };
    let listed = |token: Token| Listed { handover: of(&token), token };
    Ok(tokens.into_iter().map(listed).collect())
}

async fn all(registry: &Registry) -> Result<Vec<Token>, Failure> {
    let mut tokens: Vec<Token> = Vec::new();
    loop {
        let after = tokens.last().map(|token| &token.serial);
        let page = registry.all_tokens(after, PAGE, clock::now()).await?;
        if page.is_empty() {
            return Ok(tokens);
        }
        tokens.extend(page);
    }
}

struct Lines<'a>(&'a [Listed]);

impl fmt::Display for Lines<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("No tokens.");
        }
        for (place, Listed { token, handover }) in self.0.iter().enumerate() {
            let line_break = if place == 0 { "" } else { "\n" };
            let owner = token.owner.map_or_else(|| "nobody".to_owned(), |npi| format!("NPI {npi}"));
            let last_used =
                token.last_used.map_or_else(|| "never".to_owned(), time_text::to_the_minute);
            write!(
                f,
                "{line_break}{}  {}  {}  {}  of {owner}  \"{}\"  last used {last_used}",
                token.serial, token.state, token.manufacturer, token.token_type, token.name
            )?;
            match handover {
                Some(found) if found.from == token.serial => {
                    f.write_str("  being moved to a new phone")?;
                }
                Some(found) => write!(f, "  takes the place of {}", found.from)?,
                None => {}
            }
        }
        Ok(())
    }
}
