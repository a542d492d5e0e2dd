//! What comes from npm, by the lock files' versions, and never goes into the product: the tests'
//! accessibility checker, and the Tauri CLI that makes the packages.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::error::{Error, Result};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/axe");

/// Where the Tauri CLI is; a prebuilt program, because building it takes as long as the app.
const TAURI_CLI: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tauri-cli");

/// Runs `npm ci`, unless everything that the lock file names is there.
pub(crate) fn install() -> Result<()> {
    let folder = Path::new(FOLDER);
    if packages(&folder.join("node_modules/.package-lock.json"))
        .is_some_and(|there| packages(&folder.join("package-lock.json")) == Some(there))
    {
        return Ok(());
    }
    ci(folder, "the tests' accessibility checker")
}

/// The Tauri CLI, which is installed first where it is missing or of another version.
pub(crate) fn tauri_cli() -> Result<PathBuf> {
    let folder = Path::new(TAURI_CLI);
    let package = "node_modules/@tauri-apps/cli";
    let there = version(&folder.join(package).join("package.json"), "/version");
    // In a JSON pointer `/` is written `~1`.
    let locked = format!("/packages/{}/version", package.replace('/', "~1"));
    let locked = version(&folder.join("package-lock.json"), &locked);
    if there.is_none() || there != locked {
        ci(folder, "the Tauri CLI")?;
    }
    Ok(folder.join("node_modules/.bin/tauri"))
}

fn version(file: &Path, pointer: &str) -> Option<String> {
    let value: Value = serde_json::from_str(&fs::read_to_string(file).ok()?).ok()?;
    value.pointer(pointer)?.as_str().map(str::to_owned)
}

fn ci(folder: &Path, what: &str) -> Result<()> {
    eprintln!("Installing {what} by `npm ci`.");
    let what = format!("npm ci (in {})", folder.display());
    // No package's own scripts run.
    let status = Command::new("npm")
        .args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"])
        .current_dir(folder)
        .status()
        .map_err(|error| Error::program(&*what, error))?;
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
