//! What the tests alone take from npm: the accessibility checker, by the lock file's versions.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::error::{Error, Result};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/axe");

/// Runs `npm ci`, unless everything that the lock file names is there.
pub(crate) fn install() -> Result<()> {
    let folder = Path::new(FOLDER);
    if packages(&folder.join("node_modules/.package-lock.json"))
        .is_some_and(|there| packages(&folder.join("package-lock.json")) == Some(there))
    {
        return Ok(());
    }
    let what = "npm ci (in tests/axe)";
    println!("Installing the tests' accessibility checker by `{what}`.");
    // No package's own scripts run.
    let status = Command::new("npm")
        .args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"])
        .current_dir(folder)
        .status()
        .map_err(|error| Error::program(what, error))?;
    if status.success() { Ok(()) } else { Err(Error::program(what, status)) }
}

/// Names and versions in a lock file, without the project itself.
fn packages(lock: &Path) -> Option<Vec<(String, String)>> {
    let lock: Value = serde_json::from_str(&fs::read_to_string(lock).ok()?).ok()?;
    let all = lock.get("packages")?.as_object()?;
    all.iter()
        .filter(|(path, _)| !path.is_empty())
        .map(|(path, package)| Some((path.clone(), package.get("version")?.as_str()?.to_owned())))
        .collect()
}
