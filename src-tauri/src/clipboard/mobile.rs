//! A phone's clipboard, which this version cannot reach.

use super::Picture;
use crate::problem::Problem;

#[derive(Default)]
pub(crate) struct Clipboard;

impl Clipboard {
    /// Copies what anybody may see.
    pub(crate) fn copy(&mut self, _: &str) -> Result<(), Problem> {
        Err(unreachable())
    }

    /// Copies a code.
    pub(crate) fn copy_code(&mut self, _: &str) -> Result<u64, Problem> {
        Err(unreachable())
    }

    /// Clears a code.
    pub(crate) fn clear_code(&mut self, _: Option<u64>) -> Result<(), Problem> {
        Ok(())
    }

    /// The picture that the clipboard holds.
    pub(crate) fn picture(&mut self) -> Result<Picture, Problem> {
        Err(unreachable())
    }
}

fn unreachable() -> Problem {
    Problem::Clipboard { reason: "it is not available on this device".to_owned() }
}
