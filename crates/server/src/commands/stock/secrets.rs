//! What a file of stock is encrypted under: from a file, or typed where nobody can see it; never an
//! argument, which every user of the machine could read.

use std::{
    fs::File,
    io::{self, IsTerminal, Read},
    path::{Path, PathBuf},
};

use clap::Args;
use provisioning::{PreSharedKey, PskcKey, PskcPassphrase, stock::StockFileError};
use zeroize::Zeroizing;

use crate::failure::Failure;

/// The most bytes of a file with a passphrase or a key.
const MAX_LENGTH: u64 = 4096;

#[derive(Args)]
#[group(multiple = false)]
pub(super) struct Secrets {
    /// Read the passphrase of the file from the first line of this one; `-` is standard
    /// input
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
    /// Read the pre-shared key of the file, in hexadecimal, from this one; `-` is standard
    /// input
    #[arg(long, value_name = "FILE")]
    key_file: Option<PathBuf>,
}

impl Secrets {
    /// The key that the arguments name; `None` where they name none.
    pub(super) fn read(&self) -> Result<Option<PskcKey>, Failure> {
        if let Some(path) = &self.passphrase_file {
            return passphrase(&first_line(path)?).map(Some);
        }
        match &self.key_file {
            Some(path) => pre_shared(&first_line(path)?).map(Some),
            None => Ok(None),
        }
    }

    /// Asks for what the file wants, where somebody is there to be asked and named nothing else.
    pub(super) fn ask_for(&self, wanted: &StockFileError) -> Result<Option<PskcKey>, Failure> {
        let named = self.passphrase_file.is_some() || self.key_file.is_some();
        if named || !io::stdin().is_terminal() {
            return Ok(None);
        }
        let ask = |prompt: &str| rpassword::prompt_password(prompt).map(Zeroizing::new);
        match wanted {
            StockFileError::NeedsPassphrase => {
                passphrase(&ask("Passphrase of the file: ").map_err(Failure::Input)?).map(Some)
            }
            StockFileError::NeedsPreSharedKey { .. } => {
                pre_shared(&ask("Pre-shared key, in hexadecimal: ").map_err(Failure::Input)?)
                    .map(Some)
            }
            _ => Ok(None),
        }
    }

    /// What a new file is to be under: named, or typed twice.
    pub(super) fn to_write_under(&self) -> Result<PskcKey, Failure> {
        let strong = |text: &str| {
            let passphrase = PskcPassphrase::parse(text).map_err(Failure::StockSecret)?;
            Ok(PskcKey::Passphrase(passphrase))
        };
        if let Some(path) = &self.passphrase_file {
            return strong(&first_line(path)?);
        }
        if let Some(path) = &self.key_file {
            return pre_shared(&first_line(path)?);
        }
        if !io::stdin().is_terminal() {
            return Err(Failure::ExportUnder);
        }
        let ask = |prompt: &str| rpassword::prompt_password(prompt).map(Zeroizing::new);
        let first = ask("Passphrase for the file: ").map_err(Failure::Input)?;
        let key = strong(&first)?;
        let again = ask("The same again: ").map_err(Failure::Input)?;
        if *first == *again { Ok(key) } else { Err(Failure::ExportPassphrasesDiffer) }
    }
}

fn passphrase(text: &str) -> Result<PskcKey, Failure> {
    let passphrase = PskcPassphrase::of_other_file(text).map_err(Failure::StockSecret)?;
    Ok(PskcKey::Passphrase(passphrase))
}

fn pre_shared(text: &str) -> Result<PskcKey, Failure> {
    Ok(PskcKey::PreShared(PreSharedKey::parse(text).map_err(Failure::StockSecret)?))
}

/// The first line, without its line break.
pub(super) fn first_line(path: &Path) -> Result<Zeroizing<String>, Failure> {
    let mut text = Zeroizing::new(String::with_capacity(MAX_LENGTH as usize));
    if path == Path::new("-") {
        io::stdin().lock().take(MAX_LENGTH).read_to_string(&mut text).map_err(Failure::Input)?;
    } else {
        File::open(path)
            .and_then(|file| file.take(MAX_LENGTH).read_to_string(&mut text))
            .map_err(|cause| Failure::File { path: path.to_owned(), cause })?;
    }
    Ok(Zeroizing::new(text.lines().next().unwrap_or_default().to_owned()))
}
