//! A window manager, for the tests that need one: windows are closed, minimised and moved by it.

use x11rb::connection::Connection as _;
use x11rb::protocol::xproto::{ClientMessageEvent, ConnectionExt as _, EventMask, Window};

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
        self.to_window(&["windowminimize", "--sync"]).await?;
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

    /// Whether the app has a window.
    ///
    /// # Errors
    ///
    /// When `xdotool` cannot be started.
    pub fn has_window(&self) -> Result<bool> {
        Ok(!self.windows(&["--onlyvisible"])?.is_empty())
    }

    /// Moves the app's window and gives it a size, in pixels: left, top, width, height.
    ///
    /// # Errors
    ///
    /// When it stays.
    pub async fn place_window(&self, [x, y, width, height]: [i32; 4]) -> Result<()> {
        let [x, y, width, height] = [x, y, width, height].map(|number| number.to_string());
        self.to_window(&["windowsize", &width, &height, "windowmove", &x, &y]).await?;
        wait::until("the window's new size", wait::PATIENCE, async || {
            let place = self.window_place().await?;
            let there = place[2].to_string() == width && place[3].to_string() == height;
            Ok(if there { Look::There(()) } else { Look::NotYet(format!("{place:?}")) })
        })
        .await
    }

    /// Where the app's window is, without its frame: left, top, width, height.
    ///
    /// # Errors
    ///
    /// When there is none.
    pub async fn window_place(&self) -> Result<[i32; 4]> {
        let told = self.to_window(&["getwindowgeometry", "--shell"]).await?;
        let number = |name: &str| {
            let line = told.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
            line.and_then(|number| number.parse().ok())
                .ok_or_else(|| Error::different(format!("no {name} in {told:?}")))
        };
        Ok([number("X")?, number("Y")?, number("WIDTH")?, number("HEIGHT")?])
    }

    /// Opens a window of another program, which then has the focus; it stays until it is dropped.
    ///
    /// # Errors
    ///
    /// When it does not appear.
    pub async fn open_another_window(&self) -> Result<Running> {
        let mut command = self.command("display");
        command.args(["-title", "Another", "-geometry", "300x200+900+700", "xc:grey"]);
        let viewer = Running::start("display", &mut command, &self.log("display"), None)?;
        wait::until("another window with the focus", wait::PATIENCE, async || {
            let mut ask = self.command("xdotool");
            let name = process::run(ask.args(["getactivewindow", "getwindowname"]), None);
            let name = name.unwrap_or_default();
            Ok(if name.trim() == "Another" { Look::There(()) } else { Look::NotYet(name) })
        })
        .await?;
        Ok(viewer)
    }

    /// The app's window, once it is shown, for [`Self::close_window`].
    ///
    /// # Errors
    ///
    /// When there is none.
    pub async fn window(&self) -> Result<Window> {
        wait::until("a window", wait::PATIENCE, async || {
            let seen = self.windows(&["--onlyvisible"])?;
            let window = seen.first().and_then(|number| number.parse().ok());
            Ok(window.map_or_else(|| Look::NotYet(format!("{seen:?}")), Look::There))
        })
        .await
    }

    /// Closes a window as its button does; a key would go astray while a window manager has not yet
    /// heard which window has the focus.
    ///
    /// # Errors
    ///
    /// When the display cannot be reached.
    pub fn close_window(&self, window: Window) -> Result<()> {
        ask_to_close(self.display_name(), window).map_err(|error| Error::Display(error.to_string()))
    }

    /// Does something with the app's window, once there is one; returns what `xdotool` says.
    async fn to_window(&self, action: &[&str]) -> Result<String> {
        wait::until("something to be done with the window", wait::PATIENCE, async || {
            let mut xdotool = self.command("xdotool");
            xdotool.args(["search", "--onlyvisible", "--name", TITLE]).args(action);
            Ok(match process::run(&mut xdotool, None) {
                Ok(said) => Look::There(said),
                // Also where a window went while it was looking.
                Err(error) => Look::NotYet(error.to_string()),
            })
        })
        .await
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

/// Asks the window manager, as its own parts and other programs do (EWMH, `_NET_CLOSE_WINDOW`).
fn ask_to_close(display: &str, window: Window) -> Result<(), Box<dyn std::error::Error>> {
    let (connection, screen) = x11rb::connect(Some(display))?;
    let root = connection.setup().roots[screen].root;
    let close = connection.intern_atom(false, b"_NET_CLOSE_WINDOW")?.reply()?.atom;
    let by_a_person = 2;
    let message =
        ClientMessageEvent::new(32, window, close, [x11rb::CURRENT_TIME, by_a_person, 0, 0, 0]);
    let who = EventMask::SUBSTRUCTURE_REDIRECT | EventMask::SUBSTRUCTURE_NOTIFY;
    connection.send_event(false, root, who, message)?.check()?;
    Ok(())
}
