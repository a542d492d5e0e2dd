//! `backup` and `restore`: a copy of the whole database, whose audit is verified before it counts.

use core::fmt;
use std::{
    fs::{self, File},
    io::ErrorKind,
    path::{Path, PathBuf},
};

use clap::Args;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use registry::{
    SqliteStore,
    audit::{
        checkpoint::Checkpoint,
        verifying::{self, Outside, Verified},
    },
    note_restored,
};
use serde::Serialize;

use super::operator;
use crate::{
    checkpoint_file, cli::Place, clock, data_dir::DataDir, failure::Failure, opening, output,
    time_text,
};

#[derive(Args)]
pub(crate) struct BackupArguments {
    #[command(flatten)]
    place: Place,
    /// The file to write, which is not there yet
    #[arg(long, value_name = "FILE")]
    to: PathBuf,
    /// The checkpoints that were kept outside the database [default: audit-checkpoints.jsonl in the
    /// data folder, where it is there]
    #[arg(long, value_name = "FILE", env = "COUNTERSIGN_CHECKPOINTS")]
    checkpoints: Option<PathBuf>,
}

#[derive(Args)]
pub(crate) struct RestoreArguments {
    #[command(flatten)]
    place: Place,
    /// The backup, which stays as it is
    #[arg(long, value_name = "FILE")]
    from: PathBuf,
    /// The checkpoints that were kept outside the database [default: audit-checkpoints.jsonl in the
    /// data folder, where it is there]
    #[arg(long, value_name = "FILE", env = "COUNTERSIGN_CHECKPOINTS")]
    checkpoints: Option<PathBuf>,
}

pub(crate) async fn backup(arguments: BackupArguments, json: bool) -> Result<(), Failure> {
    let data_dir = DataDir::in_use(of_sqlite(&arguments.place)?)?;
    // Read before the copy begins: whatever stands there then, the copy must hold.
    let outside = kept_outside(&data_dir, arguments.checkpoints)?.1;
    if arguments.to.exists() {
        return Err(Failure::AlreadyThere { path: arguments.to });
    }
    let draft = beside(&arguments.to, ".part");
    let copied = copy(&data_dir.database(), &draft, json)?;
    let verified = verify(&copied, outside).await?;
    copied.keep_as(&arguments.to)?;
    let bytes = fs::metadata(&arguments.to).map(|found| found.len()).unwrap_or_default();
    let done = Done { file: &arguments.to, bytes, verified: &verified, newer: None };
    output::print(json, &done, &done)?;
    output::note(json, "the master key is not in it: keep a copy of that in another place");
    if verified.findings.is_empty() { Ok(()) } else { Err(Failure::AuditChanged) }
}

pub(crate) async fn restore(arguments: RestoreArguments, json: bool) -> Result<(), Failure> {
    let data_dir = DataDir::create(of_sqlite(&arguments.place)?)?;
    let database = data_dir.database();
    if database.exists() || beside(&database, "-wal").exists() {
        return Err(Failure::RestoreOver { path: database });
    }
    let (kept_at, kept) = kept_outside(&data_dir, arguments.checkpoints)?;
    let copied = copy(&arguments.from, &beside(&database, ".restoring"), json)?;
    let last = last_checkpoint(&copied).await?;
    let (held, newer): (Vec<_>, Vec<_>) =
        kept.into_iter().partition(|kept| kept.statement.number <= last);
    let verified = verify(&copied, held).await?;
    let newer = Newer::of(&newer);
    let done = Done { file: &database, bytes: 0, verified: &verified, newer: newer.as_ref() };
    if !verified.findings.is_empty() {
        output::print(json, &done, &done)?;
        return Err(Failure::BackupChanged { path: arguments.from });
    }
    note_where_from(&copied, last, newer.as_ref()).await?;
    copied.keep_as(&database)?;
    let bytes = fs::metadata(&database).map(|found| found.len()).unwrap_or_default();
    let done = Done { bytes, ..done };
    output::print(json, &done, &done)?;
    if newer.is_some() {
        let kept_at = kept_at.display();
        output::note(
            json,
            &format!(
                "what happened after this backup is lost: reports of a loss, locks and used codes too; see docs/operations.md. Nothing is sealed until its checkpoints are put aside: mv {kept_at} {kept_at}.before-restore"
            ),
        );
    }
    Ok(())
}

/// The data folder; a database of PostgreSQL's is copied by its own tools.
fn of_sqlite(place: &Place) -> Result<&Path, Failure> {
    if place.database_url.is_some() {
        return Err(Failure::BackupOfPostgres);
    }
    Ok(opening::data_dir_path(place, "COUNTERSIGN_DATA_DIR")?)
}

/// A whole copy that nobody takes for one yet; removed again unless it is kept.
struct Copied(Option<PathBuf>);

impl Copied {
    fn path(&self) -> &Path {
        self.0.as_deref().unwrap_or(Path::new(""))
    }

    /// Puts it in its place, never over another file.
    fn keep_as(mut self, place: &Path) -> Result<(), Failure> {
        let unwritable = |cause| Failure::BackupUnwritable { path: place.to_owned(), cause };
        File::open(self.path()).and_then(|file| file.sync_all()).map_err(unwritable)?;
        fs::hard_link(self.path(), place).map_err(unwritable)?;
        let folder = place.parent().filter(|folder| !folder.as_os_str().is_empty());
        let folder = File::open(folder.unwrap_or(Path::new(".")));
        folder.and_then(|folder| folder.sync_all()).map_err(unwritable)?;
        self.0.take().map_or(Ok(()), fs::remove_file).map_err(unwritable)
    }
}

impl Drop for Copied {
    fn drop(&mut self) {
        if let Some(path) = self.0.take() {
            // The next attempt removes what is left.
            let _ = fs::remove_file(path);
        }
    }
}

fn copy(from: &Path, draft: &Path, json: bool) -> Result<Copied, Failure> {
    for left in ["", "-wal", "-shm", "-journal"] {
        let path = beside(draft, left);
        match fs::remove_file(&path) {
            Err(cause) if cause.kind() != ErrorKind::NotFound => {
                return Err(Failure::BackupUnwritable { path, cause });
            }
            _ => {}
        }
    }
    if !from.is_file() {
        let cause = std::io::Error::from(ErrorKind::NotFound);
        return Err(Failure::File { path: from.to_owned(), cause });
    }
    let copied = Copied(Some(draft.to_owned()));
    let bar = progress(json);
    SqliteStore::copy(from, draft, |done, all| {
        bar.set_length(all);
        bar.set_position(done);
    })?;
    bar.finish_and_clear();
    Ok(copied)
}

/// A bar on a terminal, nothing elsewhere.
fn progress(json: bool) -> ProgressBar {
    let target = if json { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() };
    let style = ProgressStyle::with_template("{bar:30} {percent} %, {eta} left");
    ProgressBar::with_draw_target(Some(0), target)
        .with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

async fn verify(copied: &Copied, checkpoints: Vec<Checkpoint>) -> Result<Verified, Failure> {
    let store = SqliteStore::open_to_read(copied.path())?;
    let outside = Outside { checkpoints, first_key: None };
    Ok(verifying::verify(&store, &outside).await?)
}

async fn last_checkpoint(copied: &Copied) -> Result<u64, Failure> {
    let store = SqliteStore::open_to_read(copied.path())?;
    let last = registry::Store::last_checkpoint(&store).await?;
    Ok(last.map_or(0, |last| last.statement.number))
}

/// Records the restoring in the restored database, which is thereby brought to this version.
async fn note_where_from(copied: &Copied, last: u64, newer: Option<&Newer>) -> Result<(), Failure> {
    let store = SqliteStore::open(copied.path())?;
    let newer = newer.map_or(0, |newer| newer.checkpoints);
    let from_what = format!("sealed to checkpoint {last}; {newer} newer ones were kept outside");
    Ok(note_restored(&store, &operator(), from_what, clock::now()).await?)
}

/// The checkpoints that were kept outside, and where; none where there is no such file and none was named.
fn kept_outside(
    data_dir: &DataDir,
    named: Option<PathBuf>,
) -> Result<(PathBuf, Vec<Checkpoint>), Failure> {
    let asked = named.is_some();
    let path = named.unwrap_or_else(|| data_dir.default_checkpoints());
    let kept =
        if asked || path.exists() { checkpoint_file::read(&path)?.checkpoints } else { Vec::new() };
    Ok((path, kept))
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

/// The checkpoints outside that a backup does not hold.
#[derive(Serialize)]
struct Newer {
    checkpoints: usize,
    last_at: u64,
}

impl Newer {
    fn of(newer: &[Checkpoint]) -> Option<Self> {
        let last = newer.iter().max_by_key(|kept| kept.statement.number)?;
        Some(Self { checkpoints: newer.len(), last_at: last.statement.at.0 })
    }
}

#[derive(Serialize)]
struct Done<'a> {
    file: &'a Path,
    bytes: u64,
    #[serde(flatten)]
    verified: &'a Verified,
    /// What was kept outside of later than this database.
    #[serde(skip_serializing_if = "Option::is_none")]
    newer: Option<&'a Newer>,
}

impl fmt::Display for Done<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for finding in &self.verified.findings {
            writeln!(f, "{finding}")?;
        }
        let Verified { events, checkpoints, compared, unsealed, .. } = self.verified;
        write!(
            f,
            "{}\n{} bytes; {events} events ({unsealed} not sealed yet), {checkpoints} checkpoints, {compared} compared with those kept outside",
            self.file.display(),
            self.bytes
        )?;
        if let Some(newer) = self.newer {
            let until = time_text::rfc3339(oath::UnixTime(newer.last_at));
            write!(
                f,
                "\n{} newer checkpoints were kept outside, until {until}",
                newer.checkpoints
            )?;
        }
        Ok(())
    }
}
