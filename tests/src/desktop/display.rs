//! The virtual display.

use std::path::Path;

use super::clean_command;
use crate::error::Result;
use crate::process::Running;

/// Starts Xvfb on a free display; returns it and the display's name, `:7`.
pub(super) async fn start(folder: &Path) -> Result<(Running, String)> {
    let mut command = clean_command("Xvfb", folder);
    // It picks a free display itself and writes the number to standard output.
    command.args(["-displayfd", "1", "-screen", "0", "1280x1024x24", "-nolisten", "tcp"]);
    command.args(["-noreset", "-ac"]);
    let mut display = Running::start("Xvfb", &mut command, &folder.join("logs/xvfb.log"), None)?;
    let number: u32 = display.line(|line| line.trim().parse().ok()).await?;
    Ok((display, format!(":{number}")))
}
