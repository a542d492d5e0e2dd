//! A copy of the whole database as it was at one instant, while others go on writing to it.

use std::{fs::OpenOptions, path::Path};

use rusqlite::{
    Connection,
    backup::{Backup, StepResult},
};

use super::{SqliteStore, StoreError, connect_to_read, failed, migrations};

/// How many pages are copied at a time.
const PAGES: i32 = 1_024;

impl SqliteStore {
    /// Copies the database at `from` into a new file at `to`, for its owner only, and tells meanwhile
    /// how many pages of how many are copied. The copy is one file and complete; `from` is read as it
    /// was at one instant, and neither changed nor locked.
    ///
    /// # Errors
    /// As of [`SqliteStore::open`]; [`StoreError::Unavailable`] also where `to` is there already. What
    /// was copied until then is left at `to`.
    pub fn copy(
        from: impl AsRef<Path>,
        to: impl AsRef<Path>,
        mut copied: impl FnMut(u64, u64),
    ) -> Result<(), StoreError> {
        let source = connect_to_read(from.as_ref())?;
        migrations::check(&source)?;
        // An empty file counts as a new database elsewhere: there is nothing in it to be copied.
        if migrations::version(&source)? == 0 {
            return Err(StoreError::NotOurs);
        }
        // One instant: without it, each write of another process would begin the copy anew.
        source.execute_batch("BEGIN; SELECT count(*) FROM sqlite_schema").map_err(failed)?;
        make_new(to.as_ref())?;
        let mut target = Connection::open(to).map_err(failed)?;
        let backup = Backup::new(&source, &mut target).map_err(failed)?;
        while step(&backup)? {
            let progress = backup.progress();
            let [all, left] = [progress.pagecount, progress.remaining]
                .map(|pages| u64::try_from(pages).unwrap_or_default());
            copied(all.saturating_sub(left), all);
        }
        drop(backup);
        // The copy stands alone: no log beside it.
        target.pragma_update(None, "journal_mode", "DELETE").map_err(failed)?;
        target.close().map_err(|(_, error)| failed(error))
    }
}

/// Copies some pages; whether there are more.
fn step(backup: &Backup<'_, '_>) -> Result<bool, StoreError> {
    match backup.step(PAGES).map_err(failed)? {
        StepResult::Done => Ok(false),
        StepResult::More => Ok(true),
        _ => Err(StoreError::Busy),
    }
}

fn make_new(path: &Path) -> Result<(), StoreError> {
    let mut options = OpenOptions::new();
    options.create_new(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
        .open(path)
        .map(drop)
        .map_err(|error| StoreError::Unavailable { reason: format!("{}: {error}", path.display()) })
}
