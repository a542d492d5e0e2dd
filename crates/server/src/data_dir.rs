//! The folder that holds what the server keeps: its database, where that is not a PostgreSQL server's,
//! and, by default, its master key.

use std::{
    fs::{self, DirBuilder},
    os::unix::fs::{DirBuilderExt, PermissionsExt},
    path::{Path, PathBuf},
};

use crate::failure::Failure;

/// Write permission for the group or for everybody.
const WRITABLE_BY_OTHERS: u32 = 0o022;

/// A data folder that exists and that nobody else can write to.
pub(crate) struct DataDir(PathBuf);

impl DataDir {
    /// Makes the folder where it does not exist, for its owner only.
    pub(crate) fn create(path: &Path) -> Result<Self, Failure> {
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(path)
            .map_err(|cause| Failure::DataDir { path: path.to_owned(), cause })?;
        Self::existing(path)
    }

    fn existing(path: &Path) -> Result<Self, Failure> {
        let metadata = fs::metadata(path)
            .map_err(|cause| Failure::DataDir { path: path.to_owned(), cause })?;
        if metadata.permissions().mode() & WRITABLE_BY_OTHERS != 0 {
            return Err(Failure::DataDirOpenToOthers { path: path.to_owned() });
        }
        Ok(Self(path.to_owned()))
    }

    /// The folder of a server that was started before: one without a database is refused.
    pub(crate) fn in_use(path: &Path) -> Result<Self, Failure> {
        if !path.join(DATABASE).exists() {
            return Err(Failure::NoDatabase { path: path.to_owned() });
        }
        Self::existing(path)
    }

    pub(crate) fn database(&self) -> PathBuf {
        self.0.join(DATABASE)
    }

    pub(crate) fn holds_database(&self) -> bool {
        self.database().exists()
    }

    pub(crate) fn default_checkpoints(&self) -> PathBuf {
        self.0.join("audit-checkpoints.jsonl")
    }

    pub(crate) fn default_mail_folder(&self) -> PathBuf {
        self.0.join("mail")
    }

    pub(crate) fn default_master_key(&self) -> PathBuf {
        self.0.join("master.key")
    }
}

const DATABASE: &str = "countersign.db";
