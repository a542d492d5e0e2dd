//! Starting with the system.

use tauri::AppHandle;

use crate::problem::Problem;

/// What the system starts the app with: it then stays out of the way.
#[cfg(desktop)]
pub(crate) const ARGUMENT: &str = "--minimised";

/// Has the system start the app, or not any more.
#[cfg(desktop)]
pub(crate) fn set(app: &AppHandle, wanted: bool) -> Result<(), Problem> {
    use tauri_plugin_autostart::ManagerExt as _;

    let autostart = app.autolaunch();
    let failed =
        |error: tauri_plugin_autostart::Error| Problem::Autostart { reason: error.to_string() };
    // Switching off what is off already is an error on some systems.
    if autostart.is_enabled().map_err(failed)? == wanted {
        return Ok(());
    }
    if wanted { autostart.enable() } else { autostart.disable() }.map_err(failed)
}

#[cfg(mobile)]
pub(crate) fn set(_: &AppHandle, _: bool) -> Result<(), Problem> {
    Err(Problem::Autostart { reason: "this device cannot do it".to_owned() })
}
