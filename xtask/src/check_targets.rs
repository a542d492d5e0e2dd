//! Type-checks the app for Android and Windows, without their SDKs.
//!
//! The standard library for those targets is not installed but checked along, from its source:
//! Debian packages a toolchain together with that source. What is proved is that every line that
//! is compiled for the target has its types right; nothing is linked or run.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use crate::error::{Error, Result};
use crate::probe::Probe;
use crate::requirements::{Requirement, program};
use crate::{build, install};

/// Where that toolchain looks for the source of its standard library.
const EXPECTED_SOURCE: &str = "/usr/lib/rustlib/src/rust";

/// The folder of Debian's toolchain.
const TOOLCHAIN: &str = "/usr/bin";

/// What the checks need beside what everything needs.
const NEEDED: &[Requirement] = &[
    program("rustc-web", &[], &[], "a compiler whose standard library has its source packaged")
        .found_by(Probe::Path(&["/usr/share/doc/rustc-web"])),
    program("cargo-web", &[], &[], "the cargo of that compiler")
        .found_by(Probe::Path(&["/usr/share/doc/cargo-web"])),
    program("rust-web-src", &[], &[], "the standard library's source")
        .found_by(Probe::Path(&["/usr/share/doc/rust-web-src"])),
    program(
        "gcc-mingw-w64-x86-64",
        &["x86_64-w64-mingw32-gcc"],
        &[],
        "compiles the C parts of libraries for Windows",
    ),
    program(
        "binutils-mingw-w64-x86-64",
        &["x86_64-w64-mingw32-windres"],
        &[],
        "compiles the program's icon for Windows",
    ),
    program(
        "gcc-aarch64-linux-gnu",
        &["aarch64-linux-gnu-gcc"],
        &[],
        "compiles the C parts of libraries for Android's processor",
    ),
    program("libc6-dev-arm64-cross", &[], &[], "its header files")
        .found_by(Probe::Path(&["/usr/aarch64-linux-gnu/include"])),
];

/// A system to check for.
struct Target {
    triple: &'static str,
    /// The C compiler and archiver, for libraries with parts in C.
    c_tools: Option<(&'static str, &'static str)>,
}

const TARGETS: [Target; 2] = [
    // Without the NDK there is no Android C compiler; nothing is linked, so one for the same
    // processor serves.
    Target {
        triple: "aarch64-linux-android",
        c_tools: Some(("aarch64-linux-gnu-gcc", "aarch64-linux-gnu-ar")),
    },
    Target { triple: "x86_64-pc-windows-gnu", c_tools: None },
];

/// Installs what is missing, then checks each target; fails when one of them does.
pub(crate) fn check_targets() -> Result<ExitCode> {
    install::install_these(&NEEDED.iter().collect::<Vec<_>>())?;
    link_source()?;
    let folder = build::target_folder().join("check-targets");
    let mut failed = Vec::new();
    for target in &TARGETS {
        println!("Checking the app for {}.", target.triple);
        let what = format!("cargo check --target {}", target.triple);
        let status = command(target, &folder).status().map_err(|e| Error::program(&*what, e))?;
        if status.success() {
            println!("{}: no errors.", target.triple);
        } else {
            failed.push(target.triple);
        }
    }
    if failed.is_empty() {
        Ok(ExitCode::SUCCESS)
    } else {
        Err(Error::program(
            "cargo xtask check-targets",
            format!("errors for {}", failed.join(", ")),
        ))
    }
}

fn command(target: &Target, folder: &Path) -> Command {
    let toolchain = Path::new(TOOLCHAIN);
    let mut path = OsString::from(toolchain);
    path.push(":");
    path.push(std::env::var_os("PATH").unwrap_or_default());

    let mut command = Command::new(toolchain.join("cargo"));
    command.current_dir(build::workspace());
    // The cargo that runs this program has set these for its own toolchain.
    for name in ["CARGO", "RUSTUP_TOOLCHAIN", "RUSTC_WRAPPER"] {
        command.env_remove(name);
    }
    command.env("PATH", path).env("RUSTC", toolchain.join("rustc"));
    // For `-Zbuild-std`, which only a toolchain of the nightly channel takes by itself.
    command.env("RUSTC_BOOTSTRAP", "1");
    // A folder of its own: with another compiler, each would throw away what the other has built.
    command.env("CARGO_TARGET_DIR", folder);
    if let Some((compiler, archiver)) = target.c_tools {
        let triple = target.triple.replace('-', "_");
        command.env(format!("CC_{triple}"), compiler).env(format!("AR_{triple}"), archiver);
    }
    command.args(["check", "--package", "countersign-app", "--lib", "--locked"]);
    command.args(["-Zbuild-std=std,panic_abort", "--target", target.triple]);
    command
}

/// Puts the source where the compiler looks for it, if the package did not.
fn link_source() -> Result<()> {
    let expected = Path::new(EXPECTED_SOURCE);
    if expected.join("library").is_dir() {
        return Ok(());
    }
    let what = format!("linking the standard library's source to {EXPECTED_SOURCE}");
    let source = packaged_source().ok_or_else(|| {
        Error::program(&*what, "no /usr/src/rustc-VERSION; is rust-web-src installed?")
    })?;
    println!("Linking {} to {EXPECTED_SOURCE}.", source.display());
    let status = Command::new("ln").arg("-s").arg(&source).arg(expected).status();
    if status.is_ok_and(|status| status.success()) {
        return Ok(());
    }
    let by_hand = format!("sudo ln -s {} {EXPECTED_SOURCE}", source.display());
    Err(Error::program(what, format!("please do it by `{by_hand}`, then start again")))
}

/// The folder `/usr/src/rustc-VERSION` of the package.
fn packaged_source() -> Option<PathBuf> {
    let mut found: Vec<PathBuf> = std::fs::read_dir("/usr/src")
        .ok()?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.join("library/std").is_dir())
        .collect();
    found.sort();
    found.pop()
}
