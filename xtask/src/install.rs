//! Finds what is missing and installs it by `apt-get`, saying what and why.

use std::process::Command;

use crate::error::{Error, Result};
use crate::npm;
use crate::requirements::{ALL, Requirement};

/// Installs what is missing, then checks the versions of all that is there.
pub(crate) fn install() -> Result<()> {
    if !cfg!(target_os = "linux") {
        return Err(Error::Missing(vec![
            "a Linux system: the demo and the end-to-end tests drive a WebKitGTK window under".into(),
            "Xvfb, with gnome-keyring. `cargo test --workspace --exclude countersign-e2e` runs here."
                .into(),
        ]));
    }
    install_these(ALL)?;
    check_versions()?;
    npm::install()
}

/// Installs what is missing of these.
pub(crate) fn install_these(wanted: &[Requirement]) -> Result<()> {
    let missing: Vec<&Requirement> = wanted.iter().filter(|wanted| !wanted.is_present()).collect();
    if missing.is_empty() {
        eprintln!("Nothing to install: all {} requirements are there.", wanted.len());
        return Ok(());
    }
    install_by_apt(&missing)
}

fn install_by_apt(missing: &[&Requirement]) -> Result<()> {
    let ubuntu = is_ubuntu();
    let package = |wanted: &Requirement| match wanted.on_ubuntu {
        Some(name) if ubuntu => name,
        _ => wanted.package,
    };
    let lines: Vec<String> =
        missing.iter().map(|wanted| format!("{:<24} {}", package(wanted), wanted.reason)).collect();

    let Some(apt) = apt_get() else {
        return Err(Error::Missing(lines));
    };
    eprintln!("Installing by `{}`:", apt.join(" "));
    lines.iter().for_each(|line| eprintln!("  {line}"));

    apt_run(&apt, &["update", "--quiet"])?;
    let packages: Vec<&str> = missing.iter().map(|wanted| package(wanted)).collect();
    let install = ["install", "--yes", "--quiet", "--no-install-recommends"];
    apt_run(&apt, &[&install[..], &packages].concat())?;

    let still: Vec<String> = missing
        .iter()
        .filter(|wanted| !wanted.is_present())
        .map(|wanted| format!("{:<24} installed, but still not found", package(wanted)))
        .collect();
    if still.is_empty() { Ok(()) } else { Err(Error::Missing(still)) }
}

/// How to call `apt-get` here: directly as root, else by `sudo`; none where there is no apt.
fn apt_get() -> Option<Vec<&'static str>> {
    let answers = |program: &str, argument: &str| {
        Command::new(program).arg(argument).output().is_ok_and(|output| output.status.success())
    };
    if !answers("apt-get", "--version") {
        return None;
    }
    let id = Command::new("id").arg("-u").output().ok()?;
    if id.stdout.trim_ascii() == b"0" {
        Some(vec!["env", "DEBIAN_FRONTEND=noninteractive", "apt-get"])
    } else if answers("sudo", "--version") {
        Some(vec!["sudo", "env", "DEBIAN_FRONTEND=noninteractive", "apt-get"])
    } else {
        None
    }
}

fn apt_run(apt: &[&str], arguments: &[&str]) -> Result<()> {
    let what = format!("{} {}", apt.join(" "), arguments.join(" "));
    let (program, first) =
        apt.split_first().ok_or_else(|| Error::program(&*what, "no program to start"))?;
    let status = Command::new(program)
        .args(first)
        .args(arguments)
        .status()
        .map_err(|error| Error::program(&*what, error))?;
    if status.success() { Ok(()) } else { Err(Error::program(what, status)) }
}

fn is_ubuntu() -> bool {
    std::fs::read_to_string("/etc/os-release")
        .is_ok_and(|text| text.lines().any(|line| line == "ID=ubuntu"))
}

fn check_versions() -> Result<()> {
    if let Some(complaint) = ALL.iter().find_map(Requirement::complaint) {
        return Err(Error::Version(complaint));
    }
    let major = |package| {
        ALL.iter().find(|wanted| wanted.package == package).and_then(Requirement::major_version)
    };
    let (browser, driver) = (major("chromium"), major("chromium-driver"));
    if browser.is_none() || browser != driver {
        let name = |version: Option<u32>| version.map_or("unknown".to_owned(), |v| v.to_string());
        return Err(Error::Version(format!(
            "Chromium is version {}, chromedriver is version {}: they only work together when \
             they are the same. Upgrade both, by `apt-get install chromium chromium-driver`.",
            name(browser),
            name(driver)
        )));
    }
    Ok(())
}
