//! A server's clock that goes wrong when it is told to, by `libfaketime`.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::error::{Error, Result};

/// Where Debian and Ubuntu have the library.
const LIBRARIES: [&str; 2] = [
    "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1",
    "/usr/lib/aarch64-linux-gnu/faketime/libfaketimeMT.so.1",
];

/// The wall clock of a process; how long something takes stays as it is.
#[derive(Debug)]
pub struct ServerClock {
    library: &'static str,
    file: PathBuf,
}

impl ServerClock {
    /// So many seconds ahead of this machine's, or behind it.
    ///
    /// # Errors
    ///
    /// When the library is not installed, or the folder cannot be written to.
    pub fn off_by(folder: &Path, seconds: i64) -> Result<Self> {
        let library = LIBRARIES.into_iter().find(|library| Path::new(library).exists());
        let library = library.ok_or_else(|| Error::different("libfaketime is not installed"))?;
        let clock = Self { library, file: folder.join("server-clock") };
        clock.set(seconds)?;
        Ok(clock)
    }

    /// Sets it, while the server runs.
    ///
    /// # Errors
    ///
    /// When its file cannot be written.
    pub fn set(&self, seconds: i64) -> Result<()> {
        let new = self.file.with_extension("new");
        std::fs::write(&new, format!("{seconds:+}"))?;
        // Renamed, so that nobody reads half of it.
        Ok(std::fs::rename(new, &self.file)?)
    }

    pub(crate) fn give_to(&self, command: &mut Command) {
        command
            .env("LD_PRELOAD", self.library)
            .env("FAKETIME_TIMESTAMP_FILE", &self.file)
            .env("FAKETIME_NO_CACHE", "1")
            .env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
    }
}
