//! The clipboard. On Linux whoever copied serves the text, so the connection is kept.

use crate::problem::Problem;

#[cfg(desktop)]
#[derive(Default)]
pub(crate) struct Clipboard(Option<arboard::Clipboard>);

#[cfg(desktop)]
impl Clipboard {
    /// Copies what anybody may see.
    pub(crate) fn copy(&mut self, text: &str) -> Result<(), Problem> {
        self.opened()?.set_text(text).map_err(failed)
    }

    /// Copies a code, asking the system's clipboard history not to keep it.
    pub(crate) fn copy_unremembered(&mut self, text: &str) -> Result<(), Problem> {
        #[cfg(target_os = "macos")]
        use arboard::SetExtApple as _;
        #[cfg(target_os = "linux")]
        use arboard::SetExtLinux as _;
        #[cfg(windows)]
        use arboard::SetExtWindows as _;

        let set = self.opened()?.set();
        #[cfg(any(target_os = "linux", target_os = "macos"))]
        let set = set.exclude_from_history();
        #[cfg(windows)]
        let set = set.exclude_from_history().exclude_from_cloud();
        set.text(text).map_err(failed)
    }

    fn opened(&mut self) -> Result<&mut arboard::Clipboard, Problem> {
        match &mut self.0 {
            Some(clipboard) => Ok(clipboard),
            none => Ok(none.insert(arboard::Clipboard::new().map_err(failed)?)),
        }
    }
}

#[cfg(desktop)]
fn failed(error: arboard::Error) -> Problem {
    Problem::Clipboard { reason: error.to_string() }
}

#[cfg(mobile)]
#[derive(Default)]
pub(crate) struct Clipboard;

#[cfg(mobile)]
impl Clipboard {
    /// Copies what anybody may see.
    pub(crate) fn copy(&mut self, _: &str) -> Result<(), Problem> {
        Err(Problem::Clipboard { reason: "it is not available on this device".to_owned() })
    }

    /// Copies a code.
    pub(crate) fn copy_unremembered(&mut self, text: &str) -> Result<(), Problem> {
        self.copy(text)
    }
}
