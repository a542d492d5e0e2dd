//! Finds what is missing and installs it by `apt-get`, saying what and why.

use std::process::Command;

use crate::error::{Error, Result};
use crate::requirements::{Purpose, Requirement, needed};

/// Installs what is missing for this purpose, then checks the versions of all that is there.
pub(crate) fn install(purpose: Purpose) -> Result<()> {
    if !cfg!(target_os = "linux") {
        return Err(Error::Missing(vec![
            "a Linux system: the demo and the end-to-end tests drive a WebKitGTK window under".into(),
            "Xvfb, with gnome-keyring. `cargo test --workspace --exclude countersign-e2e` runs here."
                .into(),
        ]));
    }
    let wanted = needed(purpose);
    install_these(&wanted)?;
    check_versions(&wanted)
}

/// Installs what is missing of these.
pub(crate) fn install_these(wanted: &[&Requirement]) -> Result<()> {
    let missing: Vec<&Requirement> =
        wanted.iter().copied().filter(|wanted| !wanted.is_present()).collect();
    if missing.is_empty() {
        eprintln!("Nothing to install: all {} requirements are there.", wanted.len());
        return Ok(());
    }
    install_by_apt(&missing)
}

fn install_by_apt(missing: &[&Requirement]) -> Result<()> {
    let ubuntu = is_ubuntu();
    let package = |wanted: &Requirement| name(wanted, ubuntu);
    let lines = what_and_why(missing, ubuntu);
    let Some(apt) = apt_get() else {
        return Err(Error::NoApt(lines));
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

/// Debian's name of it, or Ubuntu's.
fn name(wanted: &Requirement, ubuntu: bool) -> &'static str {
    match wanted.on_ubuntu {
        Some(name) if ubuntu => name,
        _ => wanted.package,
    }
}

/// A line for each: its package and what for.
fn what_and_why(missing: &[&Requirement], ubuntu: bool) -> Vec<String> {
    missing.iter().map(|wanted| format!("{:<24} {}", name(wanted, ubuntu), wanted.reason)).collect()
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

fn check_versions(wanted: &[&Requirement]) -> Result<()> {
    if let Some(complaint) = wanted.iter().find_map(|wanted| wanted.complaint()) {
        return Err(Error::Version(complaint));
    }
    let of = |package| wanted.iter().find(|wanted| wanted.package == package);
    let (Some(browser), Some(driver)) = (of("chromium"), of("chromium-driver")) else {
        return Ok(());
    };
    let (browser, driver) = (browser.major_version(), driver.major_version());
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_apt_it_is_told_by_debians_names_what_to_install_and_why() {
        let all = needed(Purpose::Test);
        let of = |package| *all.iter().find(|wanted| wanted.package == package).unwrap();
        let missing = [of("libwebkit2gtk-4.1-dev"), of("chromium")];
        let told = Error::NoApt(what_and_why(&missing, false)).to_string();
        assert_eq!(
            told,
            "This system lacks the following, and it cannot be installed from here: that takes apt-get, and \
             root or sudo.\nPlease install it, then start again. Debian's names:\n  \
             libwebkit2gtk-4.1-dev    the app's window\n  \
             chromium                 a real browser for the dashboard\n"
        );
        let on_ubuntu = Error::NoApt(what_and_why(&missing, true)).to_string();
        assert!(on_ubuntu.contains("\n  chromium-browser         a real browser"), "{on_ubuntu}");
    }
}
