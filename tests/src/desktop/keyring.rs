//! The keyring, and the bad days it can have.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::Desktop;
use crate::error::{Error, Result};
use crate::process::{self, Running};
use crate::programs;
use crate::wait::{self, Look};

/// What the keyring is like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyringState {
    /// Unlocked, as after signing in.
    Unlocked,
    /// Locked, and nothing can ask the person for its password.
    Locked,
    /// Locked, and a window asks the person for its password.
    Prompting,
    /// No keyring on the bus.
    Absent,
}

const PASSWORD: &str = "the desktop's own password";
const PROMPTERS: [&str; 2] =
    ["org.gnome.keyring.SystemPrompter.service", "org.gnome.keyring.PrivatePrompter.service"];

impl Desktop {
    /// Ends the keyring that runs, if any, and starts it anew in another state; entries stay.
    ///
    /// # Errors
    ///
    /// When it does not start.
    pub async fn set_keyring(&self, state: KeyringState) -> Result<()> {
        let previous = self.take_keyring();
        if previous.is_none() && matches!(state, KeyringState::Locked | KeyringState::Prompting) {
            // To be locked, it must have been made once.
            let made = self.start_keyring(true).await?;
            drop(made);
        }
        drop(previous);
        self.set_prompter(state == KeyringState::Prompting)?;
        let next = match state {
            KeyringState::Absent => None,
            KeyringState::Unlocked => Some(self.start_keyring(true).await?),
            KeyringState::Locked | KeyringState::Prompting => {
                Some(self.start_keyring(false).await?)
            }
        };
        if let Ok(mut keyring) = self.keyring.lock() {
            *keyring = next;
        }
        Ok(())
    }

    /// Starts the keyring again, unlocked, where its program has ended by itself; whether it had.
    ///
    /// gnome-keyring 42 sometimes stops at an assertion of its own after a client was killed; a
    /// session's bus would start it again. Its entries are on the disk.
    ///
    /// # Errors
    ///
    /// When it does not start.
    pub async fn revive_keyring(&self) -> Result<bool> {
        let ended = self.keyring.lock().is_ok_and(|keyring| {
            keyring.as_ref().is_some_and(|running| !process::runs(running.id()))
        });
        if ended {
            println!("gnome-keyring has ended by itself, and is started again");
            drop(self.take_keyring());
            self.set_keyring(KeyringState::Unlocked).await?;
        }
        Ok(ended)
    }

    /// Takes every entry out of the keyring, as somebody who resets it would.
    ///
    /// # Errors
    ///
    /// When it does not start again.
    pub async fn empty_keyring(&self) -> Result<()> {
        drop(self.take_keyring());
        fs::remove_dir_all(self.keyring_folder())?;
        self.set_keyring(KeyringState::Unlocked).await
    }

    /// Stops the keyring in the middle of what it does, or lets it go on.
    ///
    /// # Errors
    ///
    /// When no keyring runs.
    pub fn hold_keyring(&self, hold: bool) -> Result<()> {
        let process = self.keyring.lock().ok().and_then(|held| held.as_ref().map(Running::id));
        let process = process.ok_or_else(|| Error::different("no keyring runs"))?;
        let signal = if hold { "-STOP" } else { "-CONT" };
        process::run(self.command("kill").args([signal, &process.to_string()]), None).map(drop)
    }

    /// The bytes of everything that the keyring has written to disk, by file name.
    ///
    /// # Errors
    ///
    /// When they cannot be read.
    pub fn keyring_files(&self) -> Result<Vec<(PathBuf, Vec<u8>)>> {
        let mut files = Vec::new();
        for entry in fs::read_dir(self.keyring_folder())? {
            let path = entry?.path();
            files.push((path.clone(), fs::read(path)?));
        }
        files.sort();
        Ok(files)
    }

    /// Reads, writes or deletes an entry of the app's, from a process of its own.
    ///
    /// # Errors
    ///
    /// When the keyring refuses.
    pub fn keyring_entry(&self, arguments: &[&str], input: Option<&str>) -> Result<String> {
        let program = programs::path("keyring-entry")?;
        process::run(self.command(program).args(arguments), input)
    }

    /// Starts to read an entry of the app's; does not wait for what may need a person's answer.
    ///
    /// # Errors
    ///
    /// When the reading program cannot be started.
    pub fn start_reading_entry(&self, entry: &str) -> Result<Running> {
        let mut command = self.command(programs::path("keyring-entry")?);
        command.args(["read", entry]);
        Running::start("keyring-entry", &mut command, &self.log("reading-entry"), None)
    }

    /// Dismisses the keyring's prompt, by the Escape key.
    ///
    /// # Errors
    ///
    /// When no prompt appears.
    pub async fn dismiss_prompt(&self) -> Result<()> {
        wait::until("the keyring's prompt", Duration::from_secs(20), async || {
            let mut search = self.command("xdotool");
            search.args(["search", "--onlyvisible", "--class", "gcr-prompter"]);
            Ok(match process::run(&mut search, None) {
                Ok(ids) if !ids.trim().is_empty() => Look::There(()),
                _ => Look::NotYet("no window of the prompter's".to_owned()),
            })
        })
        .await?;
        // Until the prompt has grabbed the keyboard, a key goes nowhere.
        wait::until("the prompt to go", Duration::from_secs(20), async || {
            tokio::time::sleep(Duration::from_millis(300)).await;
            process::run(self.command("xdotool").args(["key", "Escape"]), None)?;
            let mut search = self.command("xdotool");
            search.args(["search", "--onlyvisible", "--class", "gcr-prompter"]);
            Ok(match process::run(&mut search, None) {
                Ok(ids) if !ids.trim().is_empty() => Look::NotYet("it stays".to_owned()),
                _ => Look::There(()),
            })
        })
        .await
    }

    fn keyring_folder(&self) -> PathBuf {
        self.data_home().join("keyrings")
    }

    fn take_keyring(&self) -> Option<Running> {
        self.keyring.lock().ok().and_then(|mut keyring| keyring.take())
    }

    async fn start_keyring(&self, unlocked: bool) -> Result<Running> {
        let mut command = self.command("gnome-keyring-daemon");
        command.args(["--foreground", "--components=secrets"]);
        if unlocked {
            command.arg("--unlock");
        }
        let password = unlocked.then_some(PASSWORD);
        let keyring =
            Running::start("gnome-keyring-daemon", &mut command, &self.log("keyring"), password)?;
        self.wait_for_name("org.freedesktop.secrets", true).await?;
        Ok(keyring)
    }

    /// Puts the prompting window on the bus or takes it away.
    fn set_prompter(&self, present: bool) -> Result<()> {
        let services = self.folder().join("services");
        for name in PROMPTERS {
            let source = Path::new("/usr/share/dbus-1/services").join(name);
            let copy = services.join(name);
            if present {
                fs::copy(&source, &copy).map_err(|error| Error::Start {
                    program: name.to_owned(),
                    reason: error.to_string(),
                })?;
            } else if copy.exists() {
                fs::remove_file(copy)?;
            }
        }
        self.ask_bus("ReloadConfig", &[]).map(drop)
    }
}
