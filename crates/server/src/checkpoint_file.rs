//! The file of the audit's checkpoints, outside the database: one line each, only ever added to.

use std::{
    fs::{File, OpenOptions},
    io::{self, BufRead, BufReader, ErrorKind, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use registry::audit::checkpoint::Checkpoint;

use crate::failure::Failure;

/// A line has a few hundred bytes; a longer file of one line is none of ours.
const MAX_LINE: usize = 4 * 1024;

/// Where checkpoints are written down.
#[derive(Debug)]
pub(crate) struct CheckpointFile {
    path: PathBuf,
    last: Option<Checkpoint>,
}

impl CheckpointFile {
    /// The file at `path`, which need not exist yet.
    pub(crate) fn open(path: &Path) -> Result<Self, Failure> {
        let last = match read(path) {
            Ok(checkpoints) => checkpoints.last().copied(),
            Err(Failure::File { cause, .. }) if cause.kind() == ErrorKind::NotFound => None,
            Err(failure) => return Err(failure),
        };
        Ok(Self { path: path.to_owned(), last })
    }

    /// The last checkpoint in it.
    pub(crate) fn last(&self) -> Option<&Checkpoint> {
        self.last.as_ref()
    }

    /// Adds the checkpoints that follow, and returns when they are on the disk.
    pub(crate) fn add(&mut self, checkpoints: &[Checkpoint]) -> io::Result<()> {
        let Some(last) = checkpoints.last() else { return Ok(()) };
        let mut text = Vec::new();
        for checkpoint in checkpoints {
            serde_json::to_writer(&mut text, checkpoint)?;
            text.push(b'\n');
        }
        let mut file = OpenOptions::new().create(true).append(true).mode(0o644).open(&self.path)?;
        file.write_all(&text)?;
        file.sync_data()?;
        self.last = Some(*last);
        Ok(())
    }
}

/// All checkpoints of a file. A last line that a crash cut short is left out: its checkpoint follows
/// again.
pub(crate) fn read(path: &Path) -> Result<Vec<Checkpoint>, Failure> {
    let failed = |cause| Failure::File { path: path.to_owned(), cause };
    let mut lines = BufReader::new(File::open(path).map_err(failed)?);
    let (mut checkpoints, mut line) = (Vec::new(), String::new());
    while lines.read_line(&mut line).map_err(failed)? > 0 {
        let whole = line.ends_with('\n') && line.len() <= MAX_LINE;
        match serde_json::from_str(&line) {
            Ok(checkpoint) => checkpoints.push(checkpoint),
            Err(_) if !whole && line.len() <= MAX_LINE => break,
            Err(cause) => {
                let (path, line) = (path.to_owned(), checkpoints.len() + 1);
                return Err(Failure::CheckpointLine { path, line, cause });
            }
        }
        line.clear();
    }
    Ok(checkpoints)
}
