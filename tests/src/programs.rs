//! Where the product's own programs lie.

use std::path::PathBuf;

use crate::error::{Error, Result};

/// The path of one of this workspace's programs, which lies beside the running one.
///
/// `TESTS_BIN_DIR` names another folder.
///
/// # Errors
///
/// [`Error::NotBuilt`] when it is not there.
pub fn path(name: &str) -> Result<PathBuf> {
    let file = format!("{name}{}", std::env::consts::EXE_SUFFIX);
    if let Some(folder) = std::env::var_os("TESTS_BIN_DIR") {
        let candidate = PathBuf::from(folder).join(&file);
        if candidate.is_file() {
            return Ok(candidate);
        }
    }
    // A program lies in `target/debug`, a test in `target/debug/deps`.
    let own = std::env::current_exe()?;
    own.ancestors()
        .skip(1)
        .take(2)
        .map(|folder| folder.join(&file))
        .find(|candidate| candidate.is_file())
        .ok_or(Error::NotBuilt(file.into()))
}
