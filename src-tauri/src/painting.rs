//! Who paints the window.

use tauri::WebviewWindow;
use webkit2gtk::{HardwareAccelerationPolicy, SettingsExt as _, WebViewExt as _};

/// Has the pages painted by the processor alone. They hardly move: what changes is a ring and a
/// number, and the graphics card's way composes the whole window anew for that, after loading
/// libraries that take half as much memory again. Before the page is loaded.
pub(crate) fn without_graphics_card(window: &WebviewWindow) {
    // Where it cannot be chosen, the window is only dearer.
    let _ = window.with_webview(|view| {
        if let Some(settings) = view.inner().settings() {
            settings.set_hardware_acceleration_policy(HardwareAccelerationPolicy::Never);
        }
    });
}
