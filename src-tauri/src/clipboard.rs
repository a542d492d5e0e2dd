//! The clipboard. On Linux whoever copied serves the text, so the connection is kept.

#[cfg(desktop)]
mod desktop;
#[cfg(mobile)]
mod mobile;

#[cfg(desktop)]
pub(crate) use desktop::Clipboard;
#[cfg(mobile)]
pub(crate) use mobile::Clipboard;

/// Pixels of red, green, blue and opacity.
pub(crate) struct Picture {
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) rgba: Vec<u8>,
}
