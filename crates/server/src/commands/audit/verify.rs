//! `audit verify`: finds what was changed in the audit. Needs no master key.

use core::fmt;
use std::path::{Path, PathBuf};

use clap::Args;
use registry::audit::{
    checkpoint::Checkpoint,
    keys::AuditPublicKey,
    verifying::{self, Outside, Verified},
};

use crate::{checkpoint_file, cli::Place, failure::Failure, opening, output, time_text};

#[derive(Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    place: Place,
    /// The checkpoints that were kept outside the database, as `serve --checkpoints` writes them
    #[arg(long, value_name = "FILE")]
    checkpoints: Option<PathBuf>,
    /// The key that signed the first checkpoint, as `audit key` printed it then
    #[arg(long, value_name = "HEX")]
    key: Option<AuditPublicKey>,
}

pub(crate) async fn verify(arguments: Arguments, json: bool) -> Result<(), Failure> {
    let store = opening::store_to_read(&arguments.place).await?;
    let checkpoints = match &arguments.checkpoints {
        Some(path) => kept(path, json)?,
        None => Vec::new(),
    };
    let outside = Outside { checkpoints, first_key: arguments.key };
    let verified = verifying::verify(&*store, &outside).await?;
    let alone = outside.is_empty();
    output::print(json, &verified, &Text { verified: &verified, alone })?;
    judge(&verified, alone, json)
}

/// What a verification means for the command.
pub(super) fn judge(verified: &Verified, alone: bool, json: bool) -> Result<(), Failure> {
    if alone {
        output::note(
            json,
            "nothing from outside the database was compared: a cut-off end, an old copy or a whole new audit cannot be found so; name --checkpoints and --key",
        );
    }
    if verified.findings.is_empty() { Ok(()) } else { Err(Failure::AuditChanged) }
}

/// The checkpoints of a file that holds at least one.
pub(super) fn kept(path: &Path, json: bool) -> Result<Vec<Checkpoint>, Failure> {
    let kept = checkpoint_file::read(path)?;
    if kept.checkpoints.is_empty() {
        return Err(Failure::NoCheckpoints { path: path.to_owned() });
    }
    if let Some(note) = kept.note(path) {
        output::note(json, &note);
    }
    Ok(kept.checkpoints)
}

pub(super) struct Text<'a> {
    pub(super) verified: &'a Verified,
    /// Whether nothing from outside the database was compared.
    pub(super) alone: bool,
}

impl fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Verified {
            events,
            unsealed,
            unsealed_since,
            checkpoints,
            compared,
            first_key,
            findings,
        } = self.verified;
        for finding in findings {
            writeln!(f, "{finding}")?;
        }
        write!(
            f,
            "{events} events, {checkpoints} checkpoints, {compared} compared with those kept outside"
        )?;
        if *unsealed > 0 {
            write!(f, "; {unsealed} events are not sealed yet")?;
        }
        if let Some(since) = unsealed_since {
            write!(
                f,
                ", the first of them since {}: if that is more than a minute ago, no server runs, or its log says why it does not seal",
                time_text::rfc3339(*since)
            )?;
        }
        if let Some(key) = first_key {
            write!(f, "\nfirst key {key}")?;
        }
        match findings.len() {
            0 if self.alone => write!(f, "\nnothing was found by the database alone"),
            0 => write!(f, "\nnothing was changed"),
            1 => write!(f, "\n1 finding"),
            count => write!(f, "\n{count} findings"),
        }
    }
}
