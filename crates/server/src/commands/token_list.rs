//! `token list`: tokens, of one account or all.

use core::fmt;

use clap::Args;
use registry::{Npi, Registry, Token};

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
    output::print(json, &tokens, &Lines(&tokens))
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

struct Lines<'a>(&'a [Token]);

impl fmt::Display for Lines<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("No tokens.");
        }
        for (place, token) in self.0.iter().enumerate() {
            let line_break = if place == 0 { "" } else { "\n" };
            let owner = token.owner.map_or_else(|| "nobody".to_owned(), |npi| format!("NPI {npi}"));
            let last_used =
                token.last_used.map_or_else(|| "never".to_owned(), time_text::to_the_minute);
            write!(
                f,
                "{line_break}{}  {}  {}  {}  of {owner}  \"{}\"  last used {last_used}",
                token.serial, token.state, token.manufacturer, token.token_type, token.name
            )?;
        }
        Ok(())
    }
}
