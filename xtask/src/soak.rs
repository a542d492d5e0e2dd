//! The tests that go on by time, for longer than `cargo xtask test` lets them.

use std::process::ExitCode;

use crate::error::{Error, Result};
use crate::{build, schemathesis};

/// Runs what is under fire, as the server is shipped: the plug pulled every second, for so long.
pub(crate) fn soak(seconds: u64) -> Result<ExitCode> {
    schemathesis::install()?;
    let what = "cargo test under_fire";
    let status = build::cargo()
        .args(["test", "--release", "--package", "countersign-server", "--test", "program"])
        .args(["under_fire", "--", "--nocapture", "--test-threads=1"])
        .env("TESTS_SOAK_SECONDS", seconds.to_string())
        .status()
        .map_err(|error| Error::program(what, error))?;
    if status.success() { Ok(ExitCode::SUCCESS) } else { Err(Error::program(what, status)) }
}
