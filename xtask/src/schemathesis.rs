//! Schemathesis, which asks the API whatever its OpenAPI document allows and forbids: from PyPI, in a
//! virtual environment of its own.

use std::path::Path;
use std::process::Command;

use crate::build;
use crate::error::{Error, Result};

/// The version that we tried.
const VERSION: &str = "4.32.5";

/// Installs it where it is missing or of another version.
pub(crate) fn install() -> Result<()> {
    let folder = build::target_folder().join("schemathesis");
    let there = Command::new(folder.join("bin/schemathesis")).arg("--version").output();
    if there.is_ok_and(|output| String::from_utf8_lossy(&output.stdout).contains(VERSION)) {
        return Ok(());
    }
    println!("Installing Schemathesis {VERSION} into {}.", folder.display());
    run(
        "/usr/bin/python3 -m venv",
        Command::new("/usr/bin/python3").args(["-m", "venv"]).arg(&folder),
    )?;
    pip(&folder)
}

fn pip(folder: &Path) -> Result<()> {
    let mut command = Command::new(folder.join("bin/pip"));
    command.args(["install", "--quiet", "--disable-pip-version-check"]);
    run("pip install schemathesis", command.arg(format!("schemathesis=={VERSION}")))
}

fn run(what: &str, command: &mut Command) -> Result<()> {
    let status = command.status().map_err(|error| Error::program(what, error))?;
    if status.success() { Ok(()) } else { Err(Error::program(what, status)) }
}
