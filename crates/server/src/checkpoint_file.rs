//! The file of the audit's checkpoints, outside the database: one line each, only ever added to.

use std::{
    fs::{File, OpenOptions},
    io::{self, BufRead, BufReader, ErrorKind, Read, Seek, SeekFrom, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use registry::audit::checkpoint::Checkpoint;

use crate::failure::Failure;

/// A line has a few hundred bytes; no more than this is read of a longer one, which is none of ours.
const MAX_LINE: u64 = 4 * 1024;

/// Where checkpoints are written down.
#[derive(Debug, Clone)]
pub(crate) struct CheckpointFile {
    path: PathBuf,
    last: Option<Checkpoint>,
}

impl CheckpointFile {
    /// The file at `path`, which need not exist yet; what is no checkpoint in it is told of.
    pub(crate) fn open(path: &Path) -> Result<Self, Failure> {
        let kept = match read(path) {
            Ok(kept) => kept,
            Err(Failure::File { cause, .. }) if cause.kind() == ErrorKind::NotFound => {
                Kept::default()
            }
            Err(failure) => return Err(failure),
        };
        if let Some(note) = kept.note(path) {
            tracing::error!("{note}");
        }
        let last = kept.checkpoints.into_iter().max_by_key(|kept| kept.statement.number);
        Ok(Self { path: path.to_owned(), last })
    }

    /// The last checkpoint in it.
    pub(crate) fn last(&self) -> Option<&Checkpoint> {
        self.last.as_ref()
    }

    /// Adds the checkpoints that follow, and returns when they are on the disk.
    pub(crate) fn add(&mut self, checkpoints: &[Checkpoint]) -> Result<(), Failure> {
        let failed = |cause| Failure::CheckpointsUnwritable { path: self.path.clone(), cause };
        append(&self.path, checkpoints).map_err(failed)?;
        self.last = checkpoints.last().copied().or(self.last);
        Ok(())
    }
}

fn append(path: &Path, checkpoints: &[Checkpoint]) -> io::Result<()> {
    let mut file =
        OpenOptions::new().create(true).read(true).append(true).mode(0o644).open(path)?;
    let mut text = Vec::new();
    if !ends_a_line(&mut file)? {
        text.push(b'\n');
    }
    for checkpoint in checkpoints {
        serde_json::to_writer(&mut text, checkpoint)?;
        text.push(b'\n');
    }
    file.write_all(&text)?;
    file.sync_data()
}

/// Whether what is added begins a line of its own: not after a line that a crash cut short.
fn ends_a_line(file: &mut File) -> io::Result<bool> {
    if file.seek(SeekFrom::End(0))? == 0 {
        return Ok(true);
    }
    file.seek(SeekFrom::End(-1))?;
    let mut last = [0];
    file.read_exact(&mut last)?;
    Ok(last == *b"\n")
}

/// What a file holds.
#[derive(Debug, Default)]
pub(crate) struct Kept {
    pub(crate) checkpoints: Vec<Checkpoint>,
    /// The lines that are no checkpoint: a crash cut them short, or they are none of ours.
    broken: Vec<usize>,
}

impl Kept {
    /// What to say of the lines that were passed over.
    pub(crate) fn note(&self, path: &Path) -> Option<String> {
        let (first, path) = (self.broken.first()?, path.display());
        Some(match self.broken.len() {
            1 => format!("line {first} of {path} is no checkpoint, and was passed over"),
            count => format!(
                "{count} lines of {path}, the first of them line {first}, are no checkpoints, and were passed over"
            ),
        })
    }
}

/// All checkpoints of a file.
pub(crate) fn read(path: &Path) -> Result<Kept, Failure> {
    let failed = |cause| Failure::File { path: path.to_owned(), cause };
    let mut lines = BufReader::new(File::open(path).map_err(failed)?);
    let (mut kept, mut line) = (Kept::default(), Vec::new());
    for number in 1.. {
        line.clear();
        if lines.by_ref().take(MAX_LINE).read_until(b'\n', &mut line).map_err(failed)? == 0 {
            break;
        }
        if !line.ends_with(b"\n") {
            lines.skip_until(b'\n').map_err(failed)?;
        }
        match serde_json::from_slice(&line) {
            Ok(checkpoint) => kept.checkpoints.push(checkpoint),
            Err(_) => kept.broken.push(number),
        }
    }
    Ok(kept)
}
