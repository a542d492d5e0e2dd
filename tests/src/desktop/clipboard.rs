//! The desktop's clipboard, as other programs see it, over `xclip`.

use std::path::Path;

use super::Desktop;
use crate::error::{Error, Result};
use crate::process::{self, Running};
use crate::wait::{self, Look};

impl Desktop {
    /// What the clipboard offers of a kind (`UTF8_STRING`, `TARGETS`); `None` where it has none.
    ///
    /// # Errors
    ///
    /// When `xclip` cannot be started.
    pub fn clipboard(&self, kind: &str) -> Result<Option<String>> {
        let mut command = self.command("xclip");
        command.args(["-selection", "clipboard", "-out", "-target", kind]);
        match process::run(&mut command, None) {
            Ok(held) => Ok(Some(held)),
            Err(Error::Command { .. }) => Ok(None),
            Err(other) => Err(other),
        }
    }

    /// The text in the clipboard.
    ///
    /// # Errors
    ///
    /// When `xclip` cannot be started.
    pub fn copied_text(&self) -> Result<Option<String>> {
        self.clipboard("UTF8_STRING")
    }

    /// Waits until this text is in the clipboard.
    ///
    /// # Errors
    ///
    /// [`Error::Timeout`], with what is there instead.
    pub async fn holds_copied(&self, text: &str) -> Result<()> {
        wait::until(&format!("{text:?} in the clipboard"), wait::PATIENCE, async || {
            let held = self.copied_text()?;
            let there = held.as_deref() == Some(text);
            Ok(if there { Look::There(()) } else { Look::NotYet(format!("{held:?}")) })
        })
        .await
    }

    /// Copies a text, as another program does.
    ///
    /// # Errors
    ///
    /// When it does not get into the clipboard.
    pub async fn copy_text(&self, text: &str) -> Result<()> {
        self.offer("UTF8_STRING", &[], Some(text)).await
    }

    /// Copies a picture, as another program does.
    ///
    /// # Errors
    ///
    /// When it does not get into the clipboard.
    pub async fn copy_picture(&self, png: &Path) -> Result<()> {
        self.offer("image/png", &[png], None).await
    }

    /// `xclip` goes to the background once it has the clipboard, and serves it from there.
    async fn offer(&self, kind: &str, files: &[&Path], input: Option<&str>) -> Result<()> {
        let mut command = self.command("xclip");
        command.args(["-selection", "clipboard", "-in", "-target", kind]).args(files);
        let mut xclip = Running::start("xclip", &mut command, &self.log("xclip"), input)?;
        xclip.ended(wait::PATIENCE).await?;
        wait::until("the clipboard to be another program's", wait::PATIENCE, async || {
            let targets = self.clipboard("TARGETS")?.unwrap_or_default();
            // Of what the app copies, texts have more than one kind.
            let ours = targets.lines().all(|target| ["TARGETS", kind].contains(&target));
            Ok(if ours && !targets.is_empty() { Look::There(()) } else { Look::NotYet(targets) })
        })
        .await
    }
}
