//! The desktop's own openers of links and menu entries, and the window that comes up.

use std::time::Duration;

use serde_json::Map;

use crate::app::{AppWindow, PROGRAM};
use crate::desktop::Desktop;
use crate::driver::{Driver, free_port};
use crate::error::{Error, Result, ensure};
use crate::process::{self, Running};
use crate::wait::{self, Look, PATIENCE};

impl AppWindow {
    /// Has the desktop's opener (`gio`, `xdg-open`) start the app, which does not run yet, and
    /// takes hold of its window once that is on the display.
    ///
    /// # Errors
    ///
    /// When the opener fails or no window of the app appears.
    pub async fn opened_by(desktop: &Desktop, opener: &str, arguments: &[&str]) -> Result<Self> {
        // What WebKitWebDriver tells a program that it starts by itself; the opener hands it on.
        let target = format!("127.0.0.1:{}", free_port()?);
        let mut command = desktop.command(opener);
        command.args(arguments).env("TAURI_WEBVIEW_AUTOMATION", "true");
        command.env("WEBKIT_INSPECTOR_SERVER", &target);
        let mut opening = Running::start(opener, &mut command, &desktop.log(opener), None)?;
        let status = opening.ended(PATIENCE).await?;
        ensure(status.success(), || format!("{opener}: {status}: {}", opening.output()))?;

        let process = window_of_the_app(desktop).await?;
        let driver = Driver::start(desktop, "WebKitWebDriver", Map::new(), |command| {
            command.arg(format!("--target={target}"));
        })
        .await?;
        let window = Self::of(desktop, driver, process);
        window.settle().await?;
        Ok(window)
    }
}

/// Waits until the app's window can be seen on this desktop; returns whose process it is.
async fn window_of_the_app(desktop: &Desktop) -> Result<u32> {
    wait::until("a window of the app", PATIENCE, async || {
        let mut search = desktop.command("xdotool");
        search.args(["search", "--onlyvisible", "--name", "^Countersign$"]);
        let Ok(windows) = process::run(&mut search, None) else {
            return Ok(Look::NotYet(format!("processes: {:?}", desktop.processes_of(PROGRAM))));
        };
        let Some(window) = windows.split_whitespace().next() else {
            return Ok(Look::NotYet("no window".to_owned()));
        };
        let owner = process::run(desktop.command("xdotool").args(["getwindowpid", window]), None)?;
        let owner = owner.trim().parse().map_err(|_| Error::different(owner.clone()))?;
        Ok(Look::There(owner))
    })
    .await
}

/// Opens a link while the app runs, and waits until the opener has handed it over.
///
/// # Errors
///
/// When the opener fails.
pub async fn open_another(desktop: &Desktop, opener: &str, arguments: &[&str]) -> Result<()> {
    let mut command = desktop.command(opener);
    let mut opening =
        Running::start(opener, command.args(arguments), &desktop.log("opener"), None)?;
    let status = opening.ended(Duration::from_secs(60)).await?;
    ensure(status.success(), || format!("{opener}: {status}: {}", opening.output()))
}
