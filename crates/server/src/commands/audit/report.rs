//! `audit report`: one day, as 21 CFR 1311.150 has it looked at.

use core::fmt;
use std::path::PathBuf;

use clap::Args;
use oath::UnixTime;
use registry::{
    Event,
    audit::{
        keys::AuditPublicKey,
        report::DailyReport,
        verifying::{self, Outside, Verified},
    },
};
use serde::Serialize;

use super::verify::{Text as VerifiedText, judge, kept};
use crate::{
    cli::Place, clock, commands::events::EventLine, failure::Failure, opening, output, time_text,
};

#[derive(Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    place: Place,
    /// The day, as 2027-03-04, UTC [default: yesterday]
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = time_text::day)]
    day: Option<UnixTime>,
    /// The checkpoints that were kept outside the database [default: audit-checkpoints.jsonl in the
    /// data folder, where it is]
    #[arg(long, value_name = "FILE")]
    checkpoints: Option<PathBuf>,
    /// The key that signed the first checkpoint, as `audit key` printed it then
    #[arg(long, value_name = "HEX")]
    key: Option<AuditPublicKey>,
}

/// The report, and whether the record that it is made of can be relied on.
#[derive(Serialize)]
struct Document {
    #[serde(flatten)]
    report: DailyReport,
    quiet: bool,
    audit: Verified,
}

const DAY: u64 = 24 * 60 * 60;

pub(crate) async fn report(arguments: Arguments, json: bool) -> Result<(), Failure> {
    let (registry, store) = opening::registry_and_store(&arguments.place).await?;
    let yesterday = UnixTime(clock::now().0.saturating_sub(DAY));
    let report = registry.daily_report(arguments.day.unwrap_or(yesterday)).await?;
    let kept_by_default = match arguments.place.data_dir {
        Some(_) => {
            Some(opening::data_dir(&arguments.place, "--checkpoints")?.default_checkpoints())
        }
        None => None,
    };
    let default = kept_by_default.filter(|path| path.exists());
    let checkpoints = match arguments.checkpoints.or(default) {
        Some(path) => kept(&path, json)?,
        None => Vec::new(),
    };
    let outside = Outside { checkpoints, first_key: arguments.key };
    let alone = outside.is_empty();
    let audit = verifying::verify(&*store, &outside).await?;
    let quiet = report.is_quiet() && audit.findings.is_empty();
    let document = Document { quiet, report, audit };
    output::print(json, &document, &Text { document: &document, alone })?;
    judge(&document.audit, alone, json)
}

struct Text<'a> {
    document: &'a Document,
    alone: bool,
}

impl fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Document { report, quiet, audit } = self.document;
        let day = time_text::rfc3339(report.from);
        let (day, _) = day.split_once('T').unwrap_or((&day, ""));
        writeln!(f, "Audit report of {day} (UTC): {} events", report.events)?;
        for count in &report.counts {
            writeln!(f, "{:>8}  {} {}", count.count, count.kind, count.outcome)?;
        }
        if *quiet {
            writeln!(f, "Nothing to look at.")?;
        } else {
            writeln!(f, "To look at:")?;
            if !audit.findings.is_empty() {
                writeln!(f, "  the record itself, which is not as it was written: see below")?;
            }
        }
        for event in &report.notable {
            writeln!(f, "  {}", EventLine(event as &Event))?;
        }
        for refused in &report.often_refused {
            writeln!(f, "  token {}: {} codes refused", refused.serial, refused.count)?;
        }
        write!(f, "The whole record: {}", VerifiedText { verified: audit, alone: self.alone })
    }
}
