//! A window manager, for the tests that need one: windows are closed, minimised and moved by it.

use super::Desktop;
use crate::error::{Error, Result};
use crate::process::{self, Running};
use crate::wait::{self, Look};

impl Desktop {
    /// Starts a window manager; it manages windows until it is dropped.
    ///
    /// # Errors
    ///
    /// When it does not take over the display.
    pub async fn manage_windows(&self) -> Result<Running> {
        let mut command = self.command("openbox");
        let manager = Running::start("openbox", &mut command, &self.log("openbox"), None)?;
        wait::until("the window manager", wait::PATIENCE, async || {
            // Only a window manager knows how many desktops there are.
            let asked = process::run(self.command("xdotool").arg("get_num_desktops"), None);
            Ok(match asked {
                Ok(_) => Look::There(()),
                Err(error) => Look::NotYet(error.to_string()),
            })
        })
        .await?;
        Ok(manager)
    }

    /// Minimises the app's window, as its button does.
    ///
    /// # Errors
    ///
    /// When it stays in sight.
    pub async fn minimise_window(&self) -> Result<()> {
        self.to_window(&["windowminimize", "--sync"])?;
        self.window_is_minimised().await
    }

    /// Waits until the app's window is out of sight.
    ///
    /// # Errors
    ///
    /// When it stays.
    pub async fn window_is_minimised(&self) -> Result<()> {
        wait::until("a window out of sight", wait::PATIENCE, async || {
            let (all, visible) = (self.windows(&[])?, self.windows(&["--onlyvisible"])?);
            let there = !all.is_empty() && visible.is_empty();
            Ok(if there { Look::There(()) } else { Look::NotYet(format!("{all:?}, {visible:?}")) })
        })
        .await
    }

    /// Waits until the app's window is seen and has the focus.
    ///
    /// # Errors
    ///
    /// When another one has.
    pub async fn window_is_in_front(&self) -> Result<()> {
        wait::until("the window in front", wait::PATIENCE, async || {
            let active = process::run(self.command("xdotool").arg("getactivewindow"), None);
            let active = active.unwrap_or_default().trim().to_owned();
            let there = self.windows(&["--onlyvisible"])?.contains(&active);
            Ok(if there { Look::There(()) } else { Look::NotYet(format!("window {active:?}")) })
        })
        .await
    }

    /// Gives the app's window the focus, as a click on it does.
    ///
    /// # Errors
    ///
    /// When there is no such window.
    pub fn focus_window(&self) -> Result<()> {
        self.to_window(&["windowfocus", "--sync"]).map(drop)
    }

    /// Presses a key, as `xdotool` names it (`alt+F4`), in whatever window has the focus.
    ///
    /// # Errors
    ///
    /// When it cannot be pressed.
    pub fn press(&self, key: &str) -> Result<()> {
        process::run(self.command("xdotool").args(["key", key]), None).map(drop)
    }

    /// Does something with the app's window, once there is one; returns what `xdotool` says.
    ///
    /// # Errors
    ///
    /// When it cannot be done.
    pub fn to_window(&self, action: &[&str]) -> Result<String> {
        let mut xdotool = self.command("xdotool");
        xdotool.args(["search", "--sync", "--onlyvisible", "--name", TITLE]).args(action);
        process::run(&mut xdotool, None)
    }

    /// The numbers of the app's windows.
    fn windows(&self, which: &[&str]) -> Result<Vec<String>> {
        let mut xdotool = self.command("xdotool");
        match process::run(xdotool.arg("search").args(which).args(["--name", TITLE]), None) {
            Ok(found) => Ok(found.lines().map(str::to_owned).collect()),
            // It fails where it finds none.
            Err(Error::Command { .. }) => Ok(Vec::new()),
            Err(other) => Err(other),
        }
    }
}

/// What the window is called, and nothing else is.
const TITLE: &str = "^Countersign$";
