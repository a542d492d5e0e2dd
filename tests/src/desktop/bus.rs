//! The session bus, with no service that the machine would start by itself.

use std::fs;
use std::path::Path;

use super::clean_command;
use crate::error::Result;
use crate::process::Running;

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
