//! What this device says of itself in provisioning data.

use provisioning::Label;
use vault::Device;

use crate::problem::Problem;

/// The device's name, "unknown" where it does not say, and its operating system.
pub(crate) fn this_device() -> Result<Device, Problem> {
    let name = host_name().and_then(|name| name.parse().ok()).map_or_else(unknown, Ok)?;
    let platform = std::env::consts::OS.parse().map_err(Problem::internal)?;
    Ok(Device { name, platform })
}

fn unknown() -> Result<Label, Problem> {
    "unknown".parse().map_err(Problem::internal)
}

#[cfg(any(target_os = "linux", target_os = "android"))]
fn host_name() -> Option<String> {
    std::fs::read_to_string("/proc/sys/kernel/hostname").ok()
}

#[cfg(target_os = "windows")]
fn host_name() -> Option<String> {
    std::env::var("COMPUTERNAME").ok()
}

#[cfg(not(any(target_os = "linux", target_os = "android", target_os = "windows")))]
fn host_name() -> Option<String> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_its_operating_system() {
        assert_eq!(this_device().unwrap().platform.as_str(), std::env::consts::OS);
    }
}
