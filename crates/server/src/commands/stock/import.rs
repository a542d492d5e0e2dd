//! `stock import`: hard tokens from a file by their maker or another server.

use std::{
    fs::File,
    io::{self, Write},
    path::{Path, PathBuf},
};

use clap::{Args, ValueEnum};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use provisioning::{
    Label, PskcKey,
    stock::{SeedText, StockFileError},
};
use registry::{Registry, StockFinding, StockImport, StockWhat};
use serde::Serialize;

use super::secrets::Secrets;
use crate::{
    cli::Place,
    clock,
    commands::operator,
    failure::Failure,
    opening, output,
    stock_file::{self, CheckError, Opening, in_words, name_of, number_of},
};

#[derive(Args)]
pub(crate) struct ImportArguments {
    /// The file, in PSKC (RFC 6030) or CSV; docs/formats.md says what is read
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Only report what each row would come to; nothing is changed
    #[arg(long)]
    dry_run: bool,
    /// Take the tokens that are new though other rows cannot be taken; without this, one such row
    /// stops the whole import
    #[arg(long)]
    leave_out: bool,
    /// How a CSV file writes its seeds, where its first line does not say
    #[arg(long, value_name = "HOW")]
    seeds: Option<Seeds>,
    #[command(flatten)]
    secrets: Secrets,
    #[command(flatten)]
    place: Place,
}

#[derive(Clone, Copy, ValueEnum)]
enum Seeds {
    Hex,
    Base32,
    Base64,
}

impl From<Seeds> for SeedText {
    fn from(seeds: Seeds) -> Self {
        match seeds {
            Seeds::Hex => Self::Hex,
            Seeds::Base32 => Self::Base32,
            Seeds::Base64 => Self::Base64,
        }
    }
}

pub(crate) async fn import(arguments: ImportArguments, json: bool) -> Result<(), Failure> {
    let name = arguments.file.file_name().unwrap_or_default().to_string_lossy();
    let name = name_of(&name).map_err(Failure::StockSecret)?;
    let registry = opening::registry(&arguments.place).await?;
    let mut report = Report::begin(json)?;
    let checked = check(&registry, &arguments, &name, &mut report).await;
    let taken = match checked {
        Ok(import) => settle(&registry, import, &arguments).await,
        Err(failure) => Err(failure),
    };
    report.end(&taken, &arguments)?;
    taken.map_err(|(_, failure)| failure).map(drop)
}

/// What an import came to, or as far as it came, and what stopped it.
type Settled = Result<StockImport, (Option<StockImport>, Failure)>;

async fn check(
    registry: &Registry,
    arguments: &ImportArguments,
    name: &Label,
    report: &mut Report,
) -> Result<StockImport, (Option<StockImport>, Failure)> {
    let stopped = |failure| (None, failure);
    let named = arguments.secrets.read().map_err(stopped)?;
    match check_with(registry, arguments, name, named, report).await {
        Err(CheckError::File(wanted)) => {
            let asked = arguments.secrets.ask_for(&wanted).map_err(stopped)?;
            match asked {
                Some(key) => check_with(registry, arguments, name, Some(key), report).await,
                None => Err(CheckError::File(wanted)),
            }
        }
        checked => checked,
    }
    .map_err(|error| stopped(failure_of(error, &arguments.file)))
}

async fn check_with(
    registry: &Registry,
    arguments: &ImportArguments,
    name: &Label,
    key: Option<PskcKey>,
    report: &mut Report,
) -> Result<StockImport, CheckError> {
    let path = &arguments.file;
    let unreadable = |error: io::Error| StockFileError::Read { reason: error.to_string() };
    let file = File::open(path).map_err(unreadable)?;
    let length = file.metadata().map_err(unreadable)?.len();
    let opening = Opening { key, seeds: arguments.seeds.map(SeedText::from) };
    let progress = progress(length);
    let watch = |findings: Vec<StockFinding>, read| {
        progress.set_position(read);
        progress.suspend(|| findings.iter().for_each(|finding| report.row(finding)));
    };
    let checked = stock_file::check(registry, &operator(), name, file, opening, watch).await;
    progress.finish_and_clear();
    checked
}

/// Takes what was checked, or gives it up.
async fn settle(registry: &Registry, import: StockImport, arguments: &ImportArguments) -> Settled {
    let (id, actor) = (import.id, operator());
    if !arguments.dry_run {
        match registry.take_stock(&actor, id, arguments.leave_out, clock::now()).await {
            Ok(taken) => return Ok(taken),
            Err(error) => {
                let dropped = registry.drop_stock(&actor, id, clock::now()).await;
                let failure = dropped.map_or_else(Into::into, |()| error.into());
                return Err((Some(import), failure));
            }
        }
    }
    match registry.drop_stock(&actor, id, clock::now()).await {
        Ok(()) => Ok(import),
        Err(error) => Err((Some(import), error.into())),
    }
}

/// A bar on a terminal, nothing elsewhere.
fn progress(length: u64) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(length), ProgressDrawTarget::stderr());
    let style = ProgressStyle::with_template("{bar:30} {bytes} of {total_bytes}, {eta} left");
    bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

fn failure_of(error: CheckError, path: &Path) -> Failure {
    match error {
        CheckError::File(cause) => Failure::StockFile { path: path.to_owned(), cause },
        CheckError::Registry(error) => error.into(),
    }
}

/// What is printed of the rows while they are checked, and in the end: text, or one JSON document.
struct Report {
    json: bool,
    rows: u64,
    written: io::Result<()>,
}

#[derive(Serialize)]
struct End<'a> {
    import: Option<&'a StockImport>,
    dry_run: bool,
}

impl Report {
    fn begin(json: bool) -> Result<Self, Failure> {
        if json {
            io::stdout().write_all(b"{\"rows\":[").map_err(Failure::Output)?;
        }
        Ok(Self { json, rows: 0, written: Ok(()) })
    }

    /// Every row for a program; for a person, those that are not new.
    fn row(&mut self, finding: &StockFinding) {
        if self.written.is_ok() {
            self.written = self.write_row(finding);
        }
    }

    fn write_row(&mut self, finding: &StockFinding) -> io::Result<()> {
        let mut out = io::stdout().lock();
        if self.json {
            out.write_all(if self.rows == 0 { b"\n" } else { b",\n" })?;
            self.rows += 1;
            return serde_json::to_writer(&mut out, finding).map_err(Into::into);
        }
        if finding.what == StockWhat::New {
            return Ok(());
        }
        let serial = finding.serial.as_deref().unwrap_or("without a serial number");
        let cause = finding.cause.as_deref().unwrap_or_default();
        writeln!(out, "line {}, {serial}: {cause}", finding.line)
    }

    fn end(self, settled: &Settled, arguments: &ImportArguments) -> Result<(), Failure> {
        self.written.map_err(Failure::Output)?;
        let import = match settled {
            Ok(import) => Some(import),
            Err((import, _)) => import.as_ref(),
        };
        if self.json {
            let end = End { import, dry_run: arguments.dry_run };
            let end = serde_json::to_string(&end).map_err(io::Error::from);
            return end
                .and_then(|end| writeln!(io::stdout(), "],{}", end.trim_start_matches('{')))
                .map_err(Failure::Output);
        }
        let Some(import) = import else { return Ok(()) };
        let counts = &import.counts;
        let mut text = format!("{}: {}.", import.file, in_words(counts));
        if settled.is_ok() {
            text.push_str(&match (arguments.dry_run, counts.in_the_way()) {
                (true, 0) => " Nothing was changed; without --dry-run it is imported.".to_owned(),
                (true, _) => " Nothing was changed; as it is, it cannot be imported as a whole, \
                              only with --leave-out."
                    .to_owned(),
                (false, _) => {
                    format!(" Imported {}; nobody owns them yet.", number_of(counts.new, "token"))
                }
            });
        }
        output::line(&text)
    }
}
