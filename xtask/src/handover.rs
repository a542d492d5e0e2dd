//! What comes after installing: build, then become the program that does the work.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use crate::build::{self, Programs};
use crate::error::{Error, Result};
use crate::{npm, schemathesis};

/// Starts the demo: for a person where there is a display, else by itself.
pub(crate) fn demo(headless: bool) -> Result<ExitCode> {
    let programs = build::programs()?;
    let (name, arguments) = if is_shown(headless) {
        ("show", vec![])
    } else {
        ("walk", vec![PathBuf::from("--screenshots"), build::workspace().join("target/demo")])
    };
    become_program(Command::new(found(&programs, name)?).args(arguments))
}

/// Whether the demo is for a person, who has a display and did not ask for a virtual one.
pub(crate) fn is_shown(headless: bool) -> bool {
    let display = ["DISPLAY", "WAYLAND_DISPLAY"]
        .iter()
        .any(|name| std::env::var_os(name).is_some_and(|value| !value.is_empty()));
    display && !headless
}

/// Takes pictures of every screen of the app.
pub(crate) fn screenshots() -> Result<ExitCode> {
    let programs = build::programs()?;
    let folder = build::workspace().join("target/screenshots");
    become_program(Command::new(found(&programs, "screenshots")?).arg(folder))
}

/// Measures the app's release build beside an empty window's.
pub(crate) fn bench_app(json: bool) -> Result<ExitCode> {
    let programs = build::released_programs()?;
    let mut command = Command::new(found(&programs, "bench-app")?);
    become_program(command.args(json.then_some("--json")))
}

/// Measures the server as it is shipped under load, beside a no-op handler of its own.
pub(crate) fn bench_server(json: bool, quick: bool, postgres: bool) -> Result<ExitCode> {
    let programs = build::released_server()?;
    let mut command = Command::new(found(&programs, "bench-server")?);
    command.arg(if postgres { "postgres" } else { "http" });
    command.arg("--server").arg(found(&programs, "countersign-server")?);
    if postgres {
        return become_program(command.args(json.then_some("--json")));
    }
    command.arg("--plots").arg(build::target_folder().join("bench"));
    if quick {
        command.args(["--most", "100000", "--seconds", "2"]);
    }
    become_program(command.args(json.then_some("--json")))
}

/// Builds the packages for Linux with the Tauri bundler.
pub(crate) fn package() -> Result<ExitCode> {
    let cli = npm::tauri_cli()?;
    let mut command = Command::new(cli);
    command.args(["build", "--bundles", "deb,rpm"]).current_dir(build::workspace());
    become_program(&mut command)
}

/// Packs the programs that are built already into a `.deb`, for the test that installs it.
fn package_for_the_tests() -> Result<()> {
    let cli = npm::tauri_cli()?;
    println!("Packing the app's .deb, for the test that installs it.");
    let what = "tauri bundle --debug --bundles deb";
    // The CLI would write into the program which kind of package it is in; nothing asks it.
    let output = Command::new(cli)
        .args(["bundle", "--debug", "--bundles", "deb", "--no-binary-patching"])
        .current_dir(build::workspace())
        .output()
        .map_err(|error| Error::program(what, error))?;
    if output.status.success() {
        return Ok(());
    }
    eprint!("{}", String::from_utf8_lossy(&output.stderr));
    Err(Error::program(what, output.status))
}

fn found<'a>(programs: &'a Programs, name: &str) -> Result<&'a Path> {
    let path = programs.get(name).map(PathBuf::as_path);
    path.ok_or_else(|| Error::program(name, "cargo did not say where it put this program"))
}

/// Builds the programs that the end-to-end tests start and their package, then runs every test.
pub(crate) fn test(arguments: &[String]) -> Result<ExitCode> {
    npm::install()?;
    schemathesis::install()?;
    build::programs()?;
    package_for_the_tests()?;
    let mut cargo = build::cargo();
    cargo.arg("test");
    if !names_packages(arguments) {
        cargo.arg("--workspace");
    }
    become_program(cargo.args(arguments))
}

/// Whether cargo is told which packages to test; `--workspace` beside that would mean all of them.
fn names_packages(arguments: &[String]) -> bool {
    arguments
        .iter()
        .take_while(|argument| *argument != "--")
        .any(|argument| argument.starts_with("-p") || argument.starts_with("--package"))
}

/// Replaces this process where the system can, so that Ctrl-C and the exit code are the program's.
#[cfg(unix)]
fn become_program(command: &mut Command) -> Result<ExitCode> {
    use std::os::unix::process::CommandExt;

    let what = command.get_program().to_string_lossy().into_owned();
    Err(Error::program(what, command.exec()))
}

#[cfg(not(unix))]
fn become_program(command: &mut Command) -> Result<ExitCode> {
    let what = command.get_program().to_string_lossy().into_owned();
    let status = command.status().map_err(|error| Error::program(what, error))?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
