//! Fuzzing by cargo-fuzz, on the stable compiler: it takes the instrumentation, and only the sanitizers
//! want a nightly one. They find what unsafe code breaks, and ours has none.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use crate::build;
use crate::error::{Error, Result};

/// The version of cargo-fuzz that we tried.
const VERSION: &str = "0.13.2";

/// What the programs are built for: this machine.
const TRIPLE: &str = if cfg!(target_arch = "aarch64") {
    "aarch64-unknown-linux-gnu"
} else {
    "x86_64-unknown-linux-gnu"
};

/// The longest input, in bytes: larger than what any of our texts may have.
const MAX_LENGTH: usize = 16 * 1024;

/// The most memory that one input may take, in MiB.
const MAX_MEMORY: usize = 512;

/// Gives each target, or the one that is named, so many seconds; fails where one falls.
pub(crate) fn fuzz(seconds: u64, only: Option<&str>) -> Result<ExitCode> {
    let tool = cargo_fuzz()?;
    let targets = targets(only)?;
    let programs = build(&tool, only)?;
    let mut fallen = Vec::new();
    for name in &targets {
        println!("Fuzzing {name} for {seconds} seconds.");
        if !stands(&programs, name, seconds)? {
            fallen.push(name.as_str());
        }
    }
    if fallen.is_empty() {
        println!("{} targets stood {seconds} seconds each.", targets.len());
        return Ok(ExitCode::SUCCESS);
    }
    let reason = format!(
        "{} fell. What fells them is in target/fuzz/fallen: mend it, and move the file to fuzz/corpus, \
         where the tests read it",
        fallen.join(", ")
    );
    Err(Error::program("cargo xtask fuzz", reason))
}

/// Whether a target stands so many seconds, from its seeds and what was found before.
fn stands(programs: &Path, name: &str, seconds: u64) -> Result<bool> {
    let folder = build::target_folder().join("fuzz");
    let found = folder.join("corpus").join(name);
    let fallen = folder.join("fallen");
    for folder in [&found, &fallen] {
        fs::create_dir_all(folder)
            .map_err(|error| Error::program(format!("making {}", folder.display()), error))?;
    }
    let status = Command::new(programs.join(name))
        .args([&found, &build::workspace().join("fuzz/corpus").join(name)])
        .arg(format!("-artifact_prefix={}/{name}-", fallen.display()))
        .arg(format!("-max_total_time={seconds}"))
        .arg(format!("-max_len={MAX_LENGTH}"))
        .arg(format!("-rss_limit_mb={MAX_MEMORY}"))
        .args(["-timeout=10", "-print_final_stats=1", "-verbosity=0"])
        .status();
    Ok(status.map_err(|error| Error::program(name, error))?.success())
}

/// The names of the targets: those of their programs' files.
fn targets(only: Option<&str>) -> Result<Vec<String>> {
    let folder = build::workspace().join("fuzz/targets");
    let failed = |error| Error::program("reading fuzz/targets", error);
    let mut names: Vec<String> = fs::read_dir(folder)
        .map_err(failed)?
        .filter_map(|entry| Some(entry.ok()?.path().file_stem()?.to_str()?.to_owned()))
        .filter(|name| only.is_none_or(|only| only == name))
        .collect();
    names.sort();
    if names.is_empty() {
        return Err(Error::program("cargo xtask fuzz", "no such target; see fuzz/targets"));
    }
    Ok(names)
}

/// Builds the targets: the folder with their programs.
fn build(tool: &Path, only: Option<&str>) -> Result<PathBuf> {
    let folder = build::target_folder().join("fuzz");
    let what = "cargo fuzz build";
    let status = Command::new(tool)
        .args(["fuzz", "build", "--fuzz-dir", "fuzz", "--sanitizer", "none"])
        .args(["--features", "libfuzzer", "--target", TRIPLE, "--target-dir"])
        .arg(&folder)
        .args(only)
        .current_dir(build::workspace())
        .status()
        .map_err(|error| Error::program(what, error))?;
    let programs = folder.join(TRIPLE).join("release");
    if status.success() { Ok(programs) } else { Err(Error::program(what, status)) }
}

/// cargo-fuzz, which is installed first where it is missing or of another version.
fn cargo_fuzz() -> Result<PathBuf> {
    let folder = build::target_folder().join("tools");
    let program = folder.join("bin/cargo-fuzz");
    let there = Command::new(&program).args(["fuzz", "--version"]).output();
    let is_ours = |output: std::process::Output| {
        String::from_utf8_lossy(&output.stdout).trim().ends_with(VERSION)
    };
    if there.is_ok_and(is_ours) {
        return Ok(program);
    }
    println!("Installing cargo-fuzz {VERSION} into {}.", folder.display());
    let what = "cargo install cargo-fuzz";
    let status = build::cargo()
        .args(["install", "cargo-fuzz", "--version", VERSION, "--locked", "--root"])
        .arg(&folder)
        .status()
        .map_err(|error| Error::program(what, error))?;
    if status.success() { Ok(program) } else { Err(Error::program(what, status)) }
}
