//! A desktop of one's own: a virtual display, a session bus and a keyring, all in one folder.

mod bus;
mod clipboard;
mod display;
mod keyring;
mod logind;
pub(crate) mod screen;
mod tray;
mod window_manager;

use std::fs;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::time::Duration;

use tempfile::TempDir;

use crate::error::Result;
use crate::process::{self, Running};

pub use keyring::KeyringState;
pub use logind::Logind;
pub use tray::{Tray, TrayEntry};

/// A display, a bus and a keyring that nothing else on the machine sees.
#[derive(Debug)]
pub struct Desktop {
    display: Running,
    display_name: String,
    bus: Running,
    keyring: Mutex<Option<Running>>,
    /// Last, so that it is removed after all that lives in it has ended.
    folder: TempDir,
}

impl Desktop {
    /// Starts display, bus and keyring in a new folder.
    ///
    /// # Errors
    ///
    /// When one of them does not start.
    pub async fn start(keyring: KeyringState) -> Result<Self> {
        // Short, because a socket's path may have 108 bytes at most.
        let folder = tempfile::Builder::new().prefix("cs-").tempdir()?;
        lay_out(folder.path())?;
        let (display, display_name) = display::start(folder.path()).await?;
        let bus = bus::start(folder.path(), &display_name).await?;
        let desktop = Self { display, display_name, bus, keyring: Mutex::new(None), folder };
        desktop.set_keyring(keyring).await?;
        Ok(desktop)
    }

    /// A command that runs on this desktop and sees nothing of the caller's own.
    pub fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = clean_command(program, self.folder());
        command.env("DISPLAY", &self.display_name);
        command.env("DBUS_SESSION_BUS_ADDRESS", bus::address(self.folder()));
        // One bus for both: the machine's own system bus is none of a test's business.
        command.env("DBUS_SYSTEM_BUS_ADDRESS", bus::address(self.folder()));
        command
    }

    /// The display's name, `:7`.
    pub(crate) fn display_name(&self) -> &str {
        &self.display_name
    }

    /// The folder in which everything of this desktop lies.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Where the app saves exports.
    pub fn downloads(&self) -> PathBuf {
        self.folder().join("home/Downloads")
    }

    /// Where applications keep their data.
    pub fn data_home(&self) -> PathBuf {
        self.folder().join("data")
    }

    /// A file for a program's output.
    pub(crate) fn log(&self, name: &str) -> PathBuf {
        self.folder().join("logs").join(format!("{name}.log"))
    }

    /// The processes of this desktop that run a program of this name.
    pub fn processes_of(&self, program: &str) -> Vec<u32> {
        process::marked(&mark(self.folder()))
            .into_iter()
            .filter(|id| process::runs(*id))
            .filter(|id| process::program_of(*id).is_some_and(|name| name == program))
            .collect()
    }
}

impl Drop for Desktop {
    fn drop(&mut self) {
        if let Ok(keyring) = self.keyring.get_mut() {
            *keyring = None;
        }
        self.bus.kill();
        self.display.kill();
        // What those had started in turn: windows' helpers, prompts.
        for _ in 0..20 {
            let left = process::marked(&mark(self.folder.path()));
            if left.is_empty() {
                break;
            }
            left.into_iter().for_each(process::kill);
            std::thread::sleep(Duration::from_millis(50));
        }
        if std::env::var_os("TESTS_KEEP").is_some() {
            self.folder.disable_cleanup(true);
            eprintln!("kept {}", self.folder.path().display());
            return;
        }
        // The browser's helpers hide their environment; they end with it, but may write until then.
        for _ in 0..40 {
            if fs::remove_dir_all(self.folder.path()).is_ok() {
                break;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

/// A command with this desktop's folders and none of the caller's environment.
fn clean_command(program: impl AsRef<std::ffi::OsStr>, folder: &Path) -> Command {
    let mut command = Command::new(program);
    command.env_clear();
    for name in ["PATH", "USER", "LOGNAME", "RUST_BACKTRACE"] {
        command.envs(std::env::var_os(name).map(|value| (name, value)));
    }
    let (name, value) = MARK.split_once('=').unwrap_or((MARK, ""));
    command.env(name, format!("{value}{}", folder.display()));
    command.env("HOME", folder.join("home")).current_dir(folder.join("home"));
    command.env("TMPDIR", folder.join("tmp"));
    command.env("XDG_DATA_HOME", folder.join("data"));
    command.env("XDG_CONFIG_HOME", folder.join("config"));
    command.env("XDG_CACHE_HOME", folder.join("cache"));
    command.env("XDG_RUNTIME_DIR", folder.join("run"));
    command.envs([("LANG", "C.UTF-8"), ("TZ", "UTC"), ("GDK_BACKEND", "x11")]);
    // Services of a full desktop that are not on this bus.
    command.envs([("NO_AT_BRIDGE", "1"), ("GTK_USE_PORTAL", "0"), ("GIO_USE_VFS", "local")]);
    command.env("GSETTINGS_BACKEND", "memory");
    command
}

/// The line in their environment by which this desktop's processes are told from all others.
const MARK: &str = "TESTS_DESKTOP=";

fn mark(folder: &Path) -> String {
    format!("{MARK}{}", folder.display())
}

fn lay_out(folder: &Path) -> Result<()> {
    for name in ["home/Downloads", "data", "config/fontconfig", "cache", "tmp", "logs", "services"]
    {
        fs::create_dir_all(folder.join(name))?;
    }
    fs::DirBuilder::new().mode(0o700).create(folder.join("run"))?;
    fs::set_permissions(folder, fs::Permissions::from_mode(0o700))?;
    fs::write(
        folder.join("config/user-dirs.dirs"),
        format!("XDG_DOWNLOAD_DIR=\"{}\"\n", folder.join("home/Downloads").display()),
    )?;
    fs::write(folder.join("config/fontconfig/fonts.conf"), FONTS)?;
    Ok(())
}

/// The system's UI font of this desktop.
const FONTS: &str = r#"<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd">
<fontconfig>
  <alias binding="strong"><family>system-ui</family><prefer><family>Inter</family></prefer></alias>
  <alias binding="strong"><family>sans-serif</family><prefer><family>Inter</family></prefer></alias>
  <alias binding="strong"><family>Sans</family><prefer><family>Inter</family></prefer></alias>
</fontconfig>
"#;
