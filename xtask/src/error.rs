//! What stops a command, in sentences for the person who typed it.

use std::fmt;

/// A command's outcome.
pub(crate) type Result<T> = std::result::Result<T, Error>;

/// Why a command stopped, and what to do about it.
#[derive(Debug)]
pub(crate) enum Error {
    /// Something is missing and cannot be installed from here; the lines say what to install.
    Missing(Vec<String>),
    /// The same where only the package manager is missing, or the right to use it.
    NoApt(Vec<String>),
    /// A tool is there, in a version that nobody has tried.
    Version(String),
    /// A program that was needed failed or could not be started.
    Program { what: String, reason: String },
}

impl Error {
    pub(crate) fn program(what: impl Into<String>, reason: impl fmt::Display) -> Self {
        Self::Program { what: what.into(), reason: reason.to_string() }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing(lines) => {
                writeln!(
                    f,
                    "This system lacks the following. Please install it, then start again:"
                )?;
                lines.iter().try_for_each(|line| writeln!(f, "  {line}"))
            }
            Self::NoApt(lines) => {
                writeln!(
                    f,
                    "This system lacks the following, and it cannot be installed from here: that takes \
                     apt-get, and root or sudo.\nPlease install it, then start again. Debian's names:"
                )?;
                lines.iter().try_for_each(|line| writeln!(f, "  {line}"))
            }
            Self::Version(sentence) => f.write_str(sentence),
            Self::Program { what, reason } => write!(f, "{what}: {reason}"),
        }
    }
}

impl std::error::Error for Error {}
