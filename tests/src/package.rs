//! The app's `.deb`, installed on this machine for as long as a test runs.

use std::fs::{self, File, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::error::{Error, Result, ensure};
use crate::process;
use crate::programs;
use crate::wait::{self, Look};

/// What Debian calls the package.
pub const NAME: &str = "countersign";

/// Where it puts the program.
pub const PROGRAM: &str = "/usr/bin/countersign";

/// Where it puts the menu's entry, which is also the link handler.
pub const DESKTOP_FILE: &str = "/usr/share/applications/Countersign.desktop";

/// One installation at a time on the whole machine, also of tests of other checkouts. As long as a
/// test has it installed, the file says so: one that was killed has its package removed by the next.
const LOCK: &str = "/var/tmp/countersign-package-test";
const INSTALLED_BY_A_TEST: &str = "installed by a test\n";

/// The longest that another test may take with it.
const TURN: Duration = Duration::from_secs(600);

/// The package, installed; it is removed when this is dropped.
#[derive(Debug)]
pub struct InstalledPackage {
    apt: Apt,
    lock: File,
    removed: bool,
}

impl InstalledPackage {
    /// Installs the package that `cargo xtask test` has made, or that `TESTS_DEB` names.
    ///
    /// # Errors
    ///
    /// When nobody here may install, when the package is installed already (and not by a test), or
    /// when it cannot be installed.
    pub async fn install() -> Result<Self> {
        let apt = Apt::find()?;
        let file = made()?;
        let mut package = Self { apt, lock: lock().await?, removed: true };
        if is_installed()? {
            let mut text = String::new();
            package.lock.read_to_string(&mut text)?;
            ensure(text == INSTALLED_BY_A_TEST, || {
                format!(
                    "the package {NAME} is installed on this machine already, and this test would \
                     remove it: please remove it yourself, by `apt-get remove {NAME}`"
                )
            })?;
            package.purge()?;
        }
        package.note(INSTALLED_BY_A_TEST)?;
        package.removed = false;
        package.apt.run(&["install", "--no-install-recommends", &file.to_string_lossy()])?;
        Ok(package)
    }

    /// The package's files, as installed.
    ///
    /// # Errors
    ///
    /// When `dpkg` does not know them.
    pub fn files(&self) -> Result<Vec<PathBuf>> {
        let listed = process::run(Command::new("dpkg").args(["--listfiles", NAME]), None)?;
        Ok(listed.lines().map(PathBuf::from).filter(|path| path.is_file()).collect())
    }

    /// Removes it.
    ///
    /// # Errors
    ///
    /// When `apt-get` refuses.
    pub fn remove(mut self) -> Result<()> {
        self.purge()
    }

    fn purge(&mut self) -> Result<()> {
        self.removed = true;
        self.apt.run(&["purge", NAME])?;
        self.note("")
    }

    fn note(&mut self, text: &str) -> Result<()> {
        self.lock.set_len(0)?;
        self.lock.rewind()?;
        Ok(self.lock.write_all(text.as_bytes())?)
    }
}

impl Drop for InstalledPackage {
    fn drop(&mut self) {
        if self.removed {
            return;
        }
        if let Err(error) = self.purge() {
            eprintln!("the package {NAME} is still installed: {error}");
        }
    }
}

/// Waits for this test's turn; others wait until the file is closed.
async fn lock() -> Result<File> {
    let file = File::options().create(true).read(true).write(true).truncate(false).open(LOCK)?;
    wait::until("the turn to install the package", TURN, async || match file.try_lock() {
        Ok(()) => Ok(Look::There(())),
        Err(TryLockError::WouldBlock) => Ok(Look::NotYet("another test has it".to_owned())),
        Err(TryLockError::Error(error)) => Err(error.into()),
    })
    .await?;
    Ok(file)
}

fn is_installed() -> Result<bool> {
    let mut ask = Command::new("dpkg-query");
    ask.args(["--show", "--showformat", "${db:Status-Status}", NAME]);
    // It fails for a package of which it knows nothing.
    Ok(ask.output()?.stdout.starts_with(b"installed"))
}

/// The package's file, beside the programs.
fn made() -> Result<PathBuf> {
    let file = match std::env::var_os("TESTS_DEB") {
        Some(named) => named.into(),
        None => {
            let architecture =
                process::run(Command::new("dpkg").arg("--print-architecture"), None)?;
            let version = env!("CARGO_PKG_VERSION");
            let name = format!("Countersign_{version}_{}.deb", architecture.trim());
            let program = programs::path(crate::app::PROGRAM)?;
            program.parent().unwrap_or(Path::new(".")).join("bundle/deb").join(name)
        }
    };
    // `apt-get` takes what has no slash for a package's name.
    fs::canonicalize(&file).map_err(|_| Error::NotBuilt(file))
}

/// How to call `apt-get` as root.
#[derive(Debug)]
struct Apt(&'static [&'static str]);

impl Apt {
    fn find() -> Result<Self> {
        let answers = |words: &[&str]| {
            let [program, arguments @ ..] = words else { return None };
            let output = Command::new(program).args(arguments).output().ok()?;
            output.status.success().then_some(output.stdout)
        };
        if answers(&["id", "-u"]).is_some_and(|id| id.trim_ascii() == b"0") {
            Ok(Self(&["env", "DEBIAN_FRONTEND=noninteractive", "apt-get"]))
        } else if answers(&["sudo", "-n", "true"]).is_some() {
            Ok(Self(&["sudo", "-n", "env", "DEBIAN_FRONTEND=noninteractive", "apt-get"]))
        } else {
            Err(Error::different(
                "this test installs the app's package, and nobody here may: run it as root, or \
                 allow `sudo` without a password",
            ))
        }
    }

    /// Waits for others that install something meanwhile.
    fn run(&self, arguments: &[&str]) -> Result<()> {
        let Some((program, first)) = self.0.split_first() else { return Ok(()) };
        let mut command = Command::new(program);
        command.args(first).args(["--yes", "--quiet", "--option=DPkg::Lock::Timeout=300"]);
        process::run(command.args(arguments), None).map(drop)
    }
}
