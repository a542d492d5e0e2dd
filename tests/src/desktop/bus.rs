//! The session bus, with no service that the machine would start by itself.

use std::fs;
use std::path::Path;

use super::{Desktop, clean_command};
use crate::error::Result;
use crate::process::{self, Running};
use crate::wait::{self, Look};

/// Where the bus of the desktop in this folder listens.
pub(super) fn address(folder: &Path) -> String {
    format!("unix:path={}", folder.join("run/bus").display())
}

pub(super) async fn start(folder: &Path, display: &str) -> Result<Running> {
    let configuration = folder.join("bus.conf");
    fs::write(&configuration, configuration_text(folder))?;
    let mut command = clean_command("dbus-daemon", folder);
    command.env("DISPLAY", display).env("DBUS_SESSION_BUS_ADDRESS", address(folder));
    command.arg("--config-file").arg(configuration);
    command.args(["--nofork", "--nopidfile", "--print-address=1"]);
    let mut bus = Running::start("dbus-daemon", &mut command, &folder.join("logs/bus.log"), None)?;
    bus.line(|line| line.starts_with("unix:").then_some(())).await?;
    Ok(bus)
}

impl Desktop {
    /// Waits until a name on the bus is somebody's, or nobody's.
    pub(crate) async fn wait_for_name(&self, name: &str, owned: bool) -> Result<()> {
        wait::until(name, wait::PATIENCE, async || {
            let answer = self.ask_bus("NameHasOwner", &[&format!("string:{name}")])?;
            let there = answer.contains("true") == owned;
            Ok(if there { Look::There(()) } else { Look::NotYet(answer) })
        })
        .await
    }

    /// Calls one of the bus's own methods.
    pub(super) fn ask_bus(&self, method: &str, arguments: &[&str]) -> Result<String> {
        let mut ask = self.command("dbus-send");
        ask.args(["--session", "--print-reply", "--dest=org.freedesktop.DBus"]);
        ask.args(["/org/freedesktop/DBus", &format!("org.freedesktop.DBus.{method}")]);
        process::run(ask.args(arguments), None)
    }
}

/// Only services of this desktop's own folder are started on demand.
fn configuration_text(folder: &Path) -> String {
    format!(
        r#"<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
  "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>{}</listen>
  <auth>EXTERNAL</auth>
  <servicedir>{}</servicedir>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
"#,
        address(folder),
        folder.join("services").display()
    )
}
