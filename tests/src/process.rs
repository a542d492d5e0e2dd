//! Programs that the harness starts, and the certainty that none is left behind.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use crate::error::{Error, Result};
use crate::wait::{self, Look};

/// A program that runs until it is dropped; what it prints is kept in a file.
#[derive(Debug)]
pub struct Running {
    name: String,
    child: Child,
    log: PathBuf,
}

impl Running {
    /// Starts a program; its output goes to `log`, and `input`, if any, to its standard input.
    ///
    /// # Errors
    ///
    /// [`Error::Start`] when it cannot be started.
    pub fn start(
        name: &str,
        command: &mut Command,
        log: &Path,
        input: Option<&str>,
    ) -> Result<Self> {
        let failed = |error: std::io::Error| Error::Start {
            program: name.to_owned(),
            reason: error.to_string(),
        };
        let output = File::options().create(true).append(true).open(log)?;
        command.stdout(output.try_clone()?).stderr(output);
        command.stdin(if input.is_some() { Stdio::piped() } else { Stdio::null() });
        let mut child = command.spawn().map_err(failed)?;
        if let (Some(text), Some(mut stdin)) = (input, child.stdin.take()) {
            std::io::Write::write_all(&mut stdin, text.as_bytes())?;
        }
        Ok(Self { name: name.to_owned(), child, log: log.to_owned() })
    }

    /// The process's number.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// All that it printed so far.
    pub fn output(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// Waits for a line of its output that `pick` wants.
    ///
    /// # Errors
    ///
    /// [`Error::Start`] with what it printed, when it ends or stays silent.
    pub async fn line<T>(&mut self, pick: impl Fn(&str) -> Option<T>) -> Result<T> {
        let found = wait::until("a line of output", Duration::from_secs(30), async || {
            let output = self.output();
            if let Some(found) = output.lines().find_map(&pick) {
                return Ok(Look::There(found));
            }
            match self.child.try_wait()? {
                Some(status) => Err(self.silent(&format!("it ended with {status}"))),
                None => Ok(Look::NotYet(output)),
            }
        });
        found.await
    }

    /// Waits until it ends by itself.
    ///
    /// # Errors
    ///
    /// [`Error::Timeout`] when it does not.
    pub async fn ended(&mut self, limit: Duration) -> Result<std::process::ExitStatus> {
        let name = format!("{} to end", self.name);
        wait::until(&name, limit, async || {
            Ok(match self.child.try_wait()? {
                Some(status) => Look::There(status),
                None => Look::NotYet("still running".to_owned()),
            })
        })
        .await
    }

    /// Ends it at once, as a power cut would.
    pub fn kill(&mut self) {
        // An error means that it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    fn silent(&self, why: &str) -> Error {
        Error::Start { program: self.name.clone(), reason: format!("{why}: {}", self.output()) }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Runs a program to its end and returns what it printed on standard output.
///
/// # Errors
///
/// [`Error::Command`] when it fails, with all that it printed.
pub fn run(command: &mut Command, input: Option<&str>) -> Result<String> {
    let line = command_line(command);
    command.stdin(if input.is_some() { Stdio::piped() } else { Stdio::null() });
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| Error::Start { program: line.clone(), reason: error.to_string() })?;
    if let (Some(text), Some(mut stdin)) = (input, child.stdin.take()) {
        std::io::Write::write_all(&mut stdin, text.as_bytes())?;
    }
    let output = child.wait_with_output()?;
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    if output.status.success() {
        return Ok(printed);
    }
    let complaint = String::from_utf8_lossy(&output.stderr);
    let output_text = format!("{}{}", complaint, printed);
    Err(Error::Command { command: line, status: output.status, output: output_text })
}

fn command_line(command: &Command) -> String {
    let mut line = command.get_program().to_string_lossy().into_owned();
    for argument in command.get_args() {
        line.push(' ');
        line.push_str(&argument.to_string_lossy());
    }
    line
}

/// Every process of the machine.
pub(crate) fn all() -> Vec<u32> {
    let Ok(processes) = fs::read_dir("/proc") else { return Vec::new() };
    processes.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok()).collect()
}

/// The processes whose environment holds this line, `NAME=value`.
pub fn marked(mark: &str) -> Vec<u32> {
    all()
        .into_iter()
        .filter(|id| {
            fs::read(format!("/proc/{id}/environ"))
                .is_ok_and(|lines| lines.split(|byte| *byte == 0).any(|l| l == mark.as_bytes()))
        })
        .collect()
}

/// The name of the program that a process runs.
pub fn program_of(id: u32) -> Option<String> {
    let path = program_path_of(id)?;
    let name = path.file_name()?.to_str()?;
    // Linux says so of a program that was built anew since it was started.
    Some(name.trim_end_matches(" (deleted)").to_owned())
}

/// The arguments that a process was started with, the program's own name first.
pub fn arguments_of(id: u32) -> Vec<String> {
    let line = fs::read(format!("/proc/{id}/cmdline")).unwrap_or_default();
    let arguments = line.split(|byte| *byte == 0).filter(|argument| !argument.is_empty());
    arguments.map(|argument| String::from_utf8_lossy(argument).into_owned()).collect()
}

/// Where the program lies that a process runs.
pub fn program_path_of(id: u32) -> Option<PathBuf> {
    fs::read_link(format!("/proc/{id}/exe")).ok()
}

/// The process that started this one.
pub(crate) fn parent_of(id: u32) -> Option<u32> {
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    // After the program's name in brackets: state, parent.
    stat.rsplit(") ").next()?.split_whitespace().nth(1)?.parse().ok()
}

/// Ends one process at once, by its number.
pub fn kill(id: u32) {
    if let Some(pid) = i32::try_from(id).ok().and_then(Pid::from_raw) {
        // An error means that it has ended already.
        let _ = kill_process(pid, Signal::KILL);
    }
}

/// Interrupts one process, as Ctrl-C does.
pub fn interrupt(id: u32) {
    if let Some(pid) = i32::try_from(id).ok().and_then(Pid::from_raw) {
        // An error means that it has ended already.
        let _ = kill_process(pid, Signal::INT);
    }
}

/// Whether any thread of a process still runs; one that has ended, but was not yet waited for, does
/// not. While one does, what the process had open is open.
pub fn runs(id: u32) -> bool {
    let Ok(threads) = fs::read_dir(format!("/proc/{id}/task")) else { return false };
    threads
        .filter_map(|thread| fs::read_to_string(thread.ok()?.path().join("stat")).ok())
        .any(|stat| stat.rsplit(") ").next().is_some_and(|state| !state.starts_with(['Z', 'X'])))
}
