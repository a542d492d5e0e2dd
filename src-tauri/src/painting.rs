//! Who paints the window, and out of which memory.

use tauri::WebviewWindow;
use webkit2gtk::{HardwareAccelerationPolicy, SettingsExt as _, WebViewExt as _, glib};

/// Has the pages' process take its memory from the C library. After each painting
/// the scavenger of WebKit's own allocator wakes ten times, a third of what an idle app takes.
/// What that allocator does better is to withstand hostile pages: this window shows none but ours.
///
/// Before any other thread runs: it is told by the environment.
pub(crate) fn with_plain_memory() {
    // Where it cannot be told, the window is only dearer.
    let _ = glib::setenv("Malloc", "1", false);
}

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
