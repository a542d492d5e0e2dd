//! Builds the workspace's programs, with a bar that counts crates.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, IsTerminal};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use indicatif::{ProgressBar, ProgressStyle};
use serde_json::Value;

use crate::error::{Error, Result};

/// Where each program lies, by its name.
pub(crate) type Programs = BTreeMap<String, PathBuf>;

/// What only measures, and so is built for measuring alone.
const MEASURING: &str = "countersign-empty-window";
const LOAD: &str = "countersign-load";
const SERVER: &str = "countersign-server";

/// The profile that the server is shipped in, and the folder below cargo's in which that puts its programs.
pub(crate) const SHIPPED: &str = "shipped";

/// Builds all programs of the workspace but what only measures.
///
/// # Errors
///
/// When cargo fails; its own diagnostics are then already on the screen.
pub(crate) fn programs() -> Result<Programs> {
    build(&["--workspace", "--exclude", MEASURING, "--exclude", LOAD])
}

/// Builds all programs of the workspace as they are shipped.
///
/// # Errors
///
/// As [`programs`].
pub(crate) fn released_programs() -> Result<Programs> {
    build(&["--workspace", "--exclude", LOAD, "--release"])
}

/// Builds the server as it is shipped, and what puts it under load.
///
/// # Errors
///
/// As [`programs`].
pub(crate) fn released_server() -> Result<Programs> {
    build(&["--package", SERVER, "--package", LOAD, "--profile", SHIPPED])
}

fn build(arguments: &[&str]) -> Result<Programs> {
    let what = format!("cargo build --bins {}", arguments.join(" "));
    let mut child = cargo()
        .args(["build", "--bins", "--message-format=json-render-diagnostics"])
        .args(arguments)
        .stdout(Stdio::piped())
        .stderr(if std::io::stderr().is_terminal() { Stdio::piped() } else { Stdio::inherit() })
        .spawn()
        .map_err(|error| Error::program(&*what, error))?;
    let stdout = child.stdout.take().ok_or_else(|| Error::program(&*what, "no output"))?;

    let progress = Progress::new(crates_to_build(arguments));
    let diagnostics = child.stderr.take().map(|stderr| {
        let bar = progress.bar.clone();
        std::thread::spawn(move || show_diagnostics(stderr, &bar))
    });
    let programs = follow(BufReader::new(stdout), &progress);
    let status = child.wait().map_err(|error| Error::program(&*what, error))?;
    if let Some(diagnostics) = diagnostics {
        // The thread ends with the pipe; a panic in it would only lose lines of cargo's.
        let _ = diagnostics.join();
    }
    progress.finish();
    if status.success() { Ok(programs) } else { Err(Error::program(what, status)) }
}

/// The cargo that runs this program, in the workspace's folder.
pub(crate) fn cargo() -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(workspace());
    command
}

/// The workspace's folder.
pub(crate) fn workspace() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new("."))
}

/// Where cargo puts what it builds.
pub(crate) fn target_folder() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR")
        .map_or_else(|| workspace().join("target"), |folder| workspace().join(folder))
}

/// Reads cargo's messages until it ends: one a crate, and where each program was put.
fn follow(messages: impl BufRead, progress: &Progress) -> Programs {
    let mut crates = BTreeSet::new();
    let mut programs = Programs::new();
    for message in messages.lines().map_while(std::result::Result::ok) {
        let Ok(message) = serde_json::from_str::<Value>(&message) else { continue };
        if message["reason"] != "compiler-artifact" {
            continue;
        }
        let name = message["target"]["name"].as_str().unwrap_or_default();
        if let Some(path) = message["executable"].as_str() {
            programs.insert(name.to_owned(), path.into());
        }
        if crates.insert(message["package_id"].to_string()) {
            progress.advance(crates.len(), name);
        }
    }
    programs
}

/// How many crates the programs are made of; `None` when cargo does not say.
fn crates_to_build(arguments: &[&str]) -> Option<usize> {
    let output = cargo()
        .args(["tree", "--edges", "normal,build", "--prefix", "none"])
        .args(arguments.iter().filter(|one| !["--release", "--profile", SHIPPED].contains(one)))
        .args(["--format", "{p}"])
        .output()
        .ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let crates: BTreeSet<String> = text
        .lines()
        .filter(|line| !line.is_empty())
        .map(|line| line.split_whitespace().take(2).collect::<Vec<_>>().join(" "))
        .collect();
    Some(crates.len())
}

/// A bar on a terminal, a plain line now and then elsewhere.
struct Progress {
    bar: ProgressBar,
    total: Option<usize>,
    plain: bool,
}

impl Progress {
    /// Crates between two plain lines.
    const PLAIN_EVERY: usize = 50;

    fn new(total: Option<usize>) -> Self {
        let plain = !std::io::stderr().is_terminal();
        let bar = match total {
            _ if plain => ProgressBar::hidden(),
            Some(total) => ProgressBar::new(total as u64),
            None => ProgressBar::no_length(),
        };
        let template = "Building [{bar:32}] {pos}/{len} crates, {elapsed}  {msg}";
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style.progress_chars("=> "));
        }
        if plain {
            eprintln!("Building {} crates.", total.map_or("the".to_owned(), |n| n.to_string()));
        }
        Self { bar, total, plain }
    }

    fn advance(&self, done: usize, name: &str) {
        self.bar.set_position(done as u64);
        self.bar.set_message(name.to_owned());
        if self.plain && done.is_multiple_of(Self::PLAIN_EVERY) {
            match self.total {
                Some(total) => eprintln!("Built {done} of {total} crates."),
                None => eprintln!("Built {done} crates."),
            }
        }
    }

    fn finish(&self) {
        self.bar.finish_and_clear();
        eprintln!("Built.");
    }
}

/// Shows cargo's warnings and errors above the bar, and keeps its own "Compiling" lines away.
fn show_diagnostics(stderr: impl std::io::Read, bar: &ProgressBar) {
    const CHATTER: [&str; 8] = [
        "Compiling",
        "Finished",
        "Downloading",
        "Downloaded",
        "Updating",
        "Locking",
        "Blocking",
        "Adding",
    ];
    for line in BufReader::new(stderr).lines().map_while(std::result::Result::ok) {
        if !CHATTER.iter().any(|word| line.trim_start().starts_with(word)) {
            bar.println(line);
        }
    }
}
