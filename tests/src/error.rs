//! What goes wrong on the way, told so that a reader of the test's output knows where to look.

use std::path::PathBuf;

use thirtyfour::error::WebDriverError;

/// An outcome in the harness.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a step could not be taken, or came out differently.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A program that the harness needs is not where it looked.
    #[error("{} is not built: run `cargo xtask test`, or set TESTS_BIN_DIR", .0.display())]
    NotBuilt(PathBuf),
    /// A program could not be started, or ended before it was ready.
    #[error("{program} did not start: {reason}")]
    Start {
        /// The program's name.
        program: String,
        /// What it said.
        reason: String,
    },
    /// A program ended with a failure.
    #[error("{command} failed with {status}: {output}")]
    Command {
        /// The command line.
        command: String,
        /// Its exit status.
        status: std::process::ExitStatus,
        /// What it printed.
        output: String,
    },
    /// Something did not come in time.
    #[error("waited {seconds} s for {what}; last seen: {last}")]
    Timeout {
        /// What was waited for.
        what: String,
        /// How long, in whole seconds.
        seconds: u64,
        /// What was there instead.
        last: String,
    },
    /// A step came out differently than it must.
    #[error("{0}")]
    Different(String),
    /// The window or the browser refused a command.
    #[error("the driver: {0}")]
    Driver(#[from] WebDriverError),
    /// The session bus, or somebody on it.
    #[error("the session bus: {0}")]
    Bus(#[from] zbus::Error),
    /// The virtual display refused something.
    #[error("the display: {0}")]
    Display(String),
    /// A file, a pipe or a process.
    #[error("{0}")]
    Io(#[from] std::io::Error),
    /// What a program printed is not JSON.
    #[error("not JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// What crossed between app and server does not read.
    #[error("{0}")]
    Provisioning(#[from] provisioning::Error),
    /// A credential ID, serial number or code does not read.
    #[error("{0}")]
    Oath(#[from] oath::Error),
}

impl From<zbus::zvariant::Error> for Error {
    fn from(error: zbus::zvariant::Error) -> Self {
        Self::Bus(error.into())
    }
}

impl Error {
    /// A step that came out differently.
    pub fn different(sentence: impl Into<String>) -> Self {
        Self::Different(sentence.into())
    }
}

/// Fails with this sentence unless the condition holds.
///
/// # Errors
///
/// The sentence, when it does not hold.
pub fn ensure(holds: bool, sentence: impl FnOnce() -> String) -> Result<()> {
    if holds { Ok(()) } else { Err(Error::Different(sentence())) }
}
