//! `token show`: one token, how its clock or counter went, and what is to be expected.

use core::fmt;

use clap::Args;
use oath::SerialNumber;
use registry::{DriftHistory, Error, Token};
use serde::Serialize;

use crate::{
    cli::Place, clock, dashboard::DriftText, failure::Failure, opening, output, time_text,
};

#[derive(Args)]
pub(crate) struct Arguments {
    /// The token's credential ID or serial number, as printed or shown
    #[arg(value_name = "SERIAL")]
    serial: SerialNumber,
    #[command(flatten)]
    place: Place,
}

#[derive(Serialize)]
struct Shown {
    #[serde(flatten)]
    token: Token,
    history: DriftHistory,
    #[serde(skip)]
    says: Vec<String>,
    #[serde(skip)]
    rows: Vec<(String, String)>,
}

pub(crate) async fn run(arguments: Arguments, json: bool) -> Result<(), Failure> {
    let registry = opening::registry(&arguments.place).await?;
    let now = clock::now();
    let token = registry.token(&arguments.serial, now).await?.ok_or(Error::UnknownToken)?;
    let history = registry.drift_history(&token, now).await?;
    let DriftText { says, rows, .. } = DriftText::new(&history, &token, now);
    let shown = Shown { token, history, says, rows };
    output::print(json, &shown, &shown)
}

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let token = &self.token;
        let owner = token.owner.map_or_else(|| "nobody".to_owned(), |npi| format!("NPI {npi}"));
        let used = token.last_used.map_or_else(|| "never".to_owned(), time_text::to_the_minute);
        writeln!(f, "{}  {}  of {owner}  \"{}\"", token.serial, token.state, token.name)?;
        write!(f, "{}, {}, last used {used}", token.manufacturer, token.token_type)?;
        for sentence in &self.says {
            write!(f, "\n{sentence}")?;
        }
        for (day, value) in &self.rows {
            write!(f, "\n{day}  {value}")?;
        }
        Ok(())
    }
}
