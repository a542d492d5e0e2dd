//! `master-key new` and `master-key rotate`.

use core::fmt;
use std::{path::PathBuf, time::Duration};

use clap::Args;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde::Serialize;

use super::operator;
use crate::{cli::Place, clock, failure::Failure, master_key_file, opening, output, randomness};

#[derive(Args)]
pub(crate) struct NewArguments {
    /// The file to write, for its owner only, which is not there yet
    #[arg(long, value_name = "FILE")]
    to: PathBuf,
}

pub(crate) fn new(arguments: &NewArguments, json: bool) -> Result<(), Failure> {
    if arguments.to.exists() {
        return Err(Failure::AlreadyThere { path: arguments.to.clone() });
    }
    master_key_file::make(&arguments.to, &mut randomness::rng())?;
    let made = Made { file: arguments.to.clone() };
    output::print(json, &made, &made)
}

pub(crate) async fn rotate(place: &Place, json: bool) -> Result<(), Failure> {
    let registry = opening::registry(place).await?;
    let target = if json { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() };
    let style = ProgressStyle::with_template("{spinner} {pos} values looked at");
    let bar = ProgressBar::with_draw_target(None, target)
        .with_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
    bar.enable_steady_tick(Duration::from_millis(100));
    let (now, mut rng) = (clock::now(), randomness::rng());
    let told = |seen| bar.set_position(seen);
    let sealed_anew = registry.change_master_key(&operator(), now, &mut rng, told).await?;
    bar.finish_and_clear();
    let done = Rotated { sealed_anew };
    output::print(json, &done, &done)?;
    output::note(
        json,
        "start every server without the former master key now; keep that key as long as backups of before are kept",
    );
    Ok(())
}

#[derive(Serialize)]
struct Made {
    file: PathBuf,
}

impl fmt::Display for Made {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.file.display())
    }
}

#[derive(Serialize)]
struct Rotated {
    sealed_anew: u64,
}

impl fmt::Display for Rotated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.sealed_anew {
            0 => f.write_str("Nothing is under the former master key any more."),
            count => write!(f, "{count} values are under the new master key now."),
        }
    }
}
