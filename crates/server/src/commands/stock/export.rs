//! `stock export`: hard tokens into a file for another server.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, BufWriter, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use clap::Args;
use provisioning::{
    PskcKey, PskcWriter,
    stock::{StockToken, write_csv_header, write_csv_line},
};
use registry::Registry;
use serde::Serialize;

use super::secrets::Secrets;
use crate::{cli::Place, clock, commands::operator, failure::Failure, opening, output, randomness};

#[derive(Args)]
pub(crate) struct ExportArguments {
    /// The file to write, in PSKC (RFC 6030); it must not be there yet
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Export hard tokens that are in use too: whoever opens the file can then sign as their owners
    #[arg(long)]
    owned_too: bool,
    /// Write CSV, every seed in plain, in place of PSKC
    #[arg(long, conflicts_with_all = ["passphrase_file", "key_file"])]
    plain_csv: bool,
    #[command(flatten)]
    secrets: Secrets,
    #[command(flatten)]
    place: Place,
}

#[derive(Serialize)]
struct Exported {
    file: String,
    tokens: u64,
}

pub(crate) async fn export(arguments: ExportArguments, json: bool) -> Result<(), Failure> {
    let under = if arguments.plain_csv { None } else { Some(arguments.secrets.to_write_under()?) };
    let registry = opening::registry(&arguments.place).await?;
    let path = &arguments.file;
    let file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .map_err(|cause| unwritable(path, cause))?;
    let written = write(&registry, arguments.owned_too, under.as_ref(), file, path).await;
    if written.is_err() {
        // What is half written is of no use to anybody; that it cannot be removed changes nothing.
        let _ = fs::remove_file(path);
    }
    let tokens = written?;
    if arguments.plain_csv {
        output::note(json, "every seed in this file is in plain: whoever reads it has the tokens");
    }
    let exported = Exported { file: path.display().to_string(), tokens };
    let text = format!(
        "Exported {tokens} tokens into {}. They are still here: take out of use what moves elsewhere, or its codes count in both places.",
        exported.file
    );
    output::print(json, &exported, &text)
}

async fn write(
    registry: &Registry,
    owned_too: bool,
    under: Option<&PskcKey>,
    file: File,
    path: &Path,
) -> Result<u64, Failure> {
    let unwritable = |cause| unwritable(path, cause);
    let how = match under {
        Some(PskcKey::Passphrase(_)) => "as PSKC under a passphrase",
        Some(PskcKey::PreShared(_)) => "as PSKC under a pre-shared key",
        None => "as CSV in plain",
    };
    let mut export = registry.begin_export(&operator(), owned_too, how, clock::now()).await?;
    let mut out = Out::begin(BufWriter::new(file), under).map_err(unwritable)?;
    loop {
        let tokens = registry.export_stock(&mut export, clock::now()).await?;
        if tokens.is_empty() {
            break;
        }
        for token in &tokens {
            out.token(token).map_err(unwritable)?;
        }
    }
    out.end().map_err(unwritable)?;
    Ok(registry.end_export(export, clock::now()).await?)
}

/// A file in either format.
enum Out {
    Pskc(Box<PskcWriter<BufWriter<File>>>),
    Csv(BufWriter<File>),
}

impl Out {
    fn begin(mut file: BufWriter<File>, under: Option<&PskcKey>) -> io::Result<Self> {
        if let Some(key) = under {
            let writer = PskcWriter::begin(file, key, &mut randomness::rng())?;
            return Ok(Self::Pskc(Box::new(writer)));
        }
        write_csv_header(&mut file)?;
        Ok(Self::Csv(file))
    }

    fn token(&mut self, token: &StockToken) -> io::Result<()> {
        match self {
            Self::Pskc(writer) => writer.token(token, &mut randomness::rng()),
            Self::Csv(file) => write_csv_line(file, token),
        }
    }

    fn end(self) -> io::Result<()> {
        let mut file = match self {
            Self::Pskc(writer) => writer.end()?,
            Self::Csv(file) => file,
        };
        file.flush()?;
        file.get_ref().sync_all()
    }
}

fn unwritable(path: &Path, cause: io::Error) -> Failure {
    Failure::ExportUnwritable { path: path.to_owned(), cause }
}
