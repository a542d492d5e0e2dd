//! `import`: takes the provisioning data that an app exported for this server's issuer card.

use std::{
    fs::File,
    io::Read,
    path::{Path, PathBuf},
};

use clap::Args;
use provisioning::{MAX_TEXT_LENGTH, SealedToken};
use serde::Serialize;

use crate::{cli::Place, clock, failure::Failure, opening, output, randomness};

#[derive(Args)]
pub(crate) struct Arguments {
    /// The file that the app saved
    #[arg(value_name = "FILE")]
    file: PathBuf,
    #[command(flatten)]
    place: Place,
}

#[derive(Serialize)]
struct Imported {
    credential_id: String,
    repeated: bool,
}

pub(crate) async fn run(arguments: Arguments, json: bool) -> Result<(), Failure> {
    let sealed = read(&arguments.file)?;
    let registry = opening::registry(&arguments.place).await?;
    let consumed = registry.consume(&sealed, clock::now(), &mut randomness::rng()).await?;
    let imported = Imported {
        credential_id: consumed.credential_id.as_str().to_owned(),
        repeated: consumed.repeated,
    };
    let text = if consumed.repeated {
        format!("{} was enrolled or imported before; nothing changed.", consumed.credential_id)
    } else {
        format!(
            "Imported {}. Next: its prescriber adds it on the dashboard, with Add New Token.",
            consumed.credential_id
        )
    };
    output::print(json, &imported, &text)
}

fn read(path: &Path) -> Result<SealedToken, Failure> {
    let unreadable = |cause| Failure::File { path: path.to_owned(), cause };
    let mut bytes = Vec::new();
    File::open(path)
        .and_then(|file| file.take(MAX_TEXT_LENGTH as u64 + 1).read_to_end(&mut bytes))
        .map_err(unreadable)?;
    if bytes.len() > MAX_TEXT_LENGTH {
        return Err(Failure::FileTooLarge { path: path.to_owned() });
    }
    SealedToken::parse(&String::from_utf8_lossy(&bytes))
        .map_err(|cause| Failure::Provisioning { path: path.to_owned(), cause })
}
