//! How to see, on any distribution, that something is there.

use std::path::{Path, PathBuf};
use std::process::Command;

/// The Python whose modules count: the tests call the system's own, to which packages add them.
const PYTHON: &str = "/usr/bin/python3";

/// Where programs lie that are not in everybody's `PATH`.
const OTHER_FOLDERS: [&str; 3] = ["/usr/local/sbin", "/usr/sbin", "/sbin"];

/// Where Debian puts the programs of each version of PostgreSQL.
const POSTGRESQL: &str = "/usr/lib/postgresql";

/// One way of seeing it.
pub(crate) enum Probe {
    /// One of these programs can be found; its version is in the output of these arguments.
    Program { names: &'static [&'static str], version: &'static [&'static str] },
    /// `pkg-config` knows this library.
    Library(&'static str),
    /// The loader finds this shared library.
    SharedLibrary(&'static str),
    /// Python imports these modules.
    Modules(&'static [&'static str]),
    /// PostgreSQL's programs, in `PATH` or where Debian puts them.
    Postgresql,
    /// This family is among the fonts.
    Font(&'static str),
    /// One of these files or folders exists.
    Path(&'static [&'static str]),
}

impl Probe {
    pub(crate) fn finds(&self) -> bool {
        match self {
            Self::Program { names, .. } => names.iter().any(|name| program(name).is_some()),
            Self::Library(name) => run("pkg-config", &["--exists", name]).is_some(),
            Self::SharedLibrary(name) => {
                run("ldconfig", &["-p"]).is_some_and(|known| lists_library(&known, name))
            }
            Self::Modules(names) => {
                run(PYTHON, &["-c", &format!("import {}", names.join(", "))]).is_some()
            }
            Self::Postgresql => program("initdb").is_some() || debians_postgresql(),
            Self::Font(family) => {
                run("fc-list", &[family]).is_some_and(|fonts| !fonts.trim().is_empty())
            }
            Self::Path(paths) => paths.iter().any(|path| Path::new(path).exists()),
        }
    }

    /// The first number of the installed version, where it can be asked for.
    pub(crate) fn major_version(&self) -> Option<u32> {
        let text = match self {
            Self::Program { version: [], .. } => return None,
            Self::Program { names, version } => {
                run(names.iter().find(|name| program(name).is_some())?, version)?
            }
            Self::Library(name) => run("pkg-config", &["--modversion", name])?,
            _ => return None,
        };
        first_number(&text)
    }
}

/// Where a program lies.
fn program(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .chain(OTHER_FOLDERS.map(PathBuf::from))
        .map(|folder| folder.join(name))
        .find(|file| file.is_file())
}

fn debians_postgresql() -> bool {
    let Ok(versions) = std::fs::read_dir(POSTGRESQL) else { return false };
    versions.flatten().any(|version| version.path().join("bin/initdb").is_file())
}

/// What a program prints, if it succeeds; its path or its name is given.
fn run(name: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program(name)?).args(arguments).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Whether the loader's list has a library: each line is `NAME (KIND) => FILE`.
fn lists_library(known: &str, name: &str) -> bool {
    known.lines().any(|line| line.split_whitespace().next() == Some(name))
}

/// The first word's leading number among words that look like a version, `2.6.7` or `42.1`.
fn first_number(text: &str) -> Option<u32> {
    text.split_whitespace()
        .filter(|word| word.contains('.'))
        .find_map(|word| word.split('.').next()?.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_found_in_what_each_tool_prints() {
        assert_eq!(first_number("oathtool (OATH Toolkit) 2.6.7\nCopyright"), Some(2));
        assert_eq!(first_number("gnome-keyring-daemon: 42.1\ntesting: enabled"), Some(42));
        assert_eq!(first_number("Chromium 156.0.8078.79 built on Debian GNU/Linux 12"), Some(156));
        assert_eq!(first_number("xdotool version 3.20160805.1"), Some(3));
        assert_eq!(first_number("0.23.92"), Some(0));
        assert_eq!(first_number("no version here."), None);
    }

    #[test]
    fn a_shared_library_is_found_whatever_its_folder_is_called() {
        let known = "1437 libs found in cache `/etc/ld.so.cache'\n\
            \tlibayatana-appindicator3.so.1 (libc6,x86-64) => /usr/lib64/libayatana-appindicator3.so.1\n";
        assert!(lists_library(known, "libayatana-appindicator3.so.1"));
        assert!(!lists_library(known, "libayatana-appindicator3.so"));
        assert!(!lists_library("", "libayatana-appindicator3.so.1"));
    }

    #[test]
    fn what_is_nowhere_is_not_found() {
        let nothing = ["no-such-program-anywhere"];
        assert!(!Probe::Program { names: &["no-such-program-anywhere"], version: &[] }.finds());
        assert!(!Probe::Library(nothing[0]).finds());
        assert!(!Probe::SharedLibrary(nothing[0]).finds());
        assert!(!Probe::Modules(&["no_such_module_anywhere"]).finds());
        assert!(!Probe::Font("No Such Font Anywhere").finds());
        assert!(!Probe::Path(&["/no/such/path"]).finds());
        assert!(
            Probe::Program { names: &["no-such-program-anywhere", "sh"], version: &[] }.finds()
        );
    }
}
