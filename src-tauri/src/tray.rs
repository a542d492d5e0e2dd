//! What the tray's menu shows, and the tray itself where the system has one.

use oath::CredentialId;
use serde::Deserialize;

#[cfg(desktop)]
mod desktop;

#[cfg(desktop)]
pub(crate) use desktop::{Tray, put_up};

/// Longer words make no menu.
const MAX_CHARACTERS: usize = 64;

/// What there is to do in the tray.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct TrayView {
    pub(crate) unlocked: bool,
    /// The tokens whose codes can be copied; none while locked.
    pub(crate) tokens: Vec<(CredentialId, String)>,
}

/// The menu's words.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Words {
    pub(crate) show: String,
    /// Goes before a token's name.
    pub(crate) copy: String,
    pub(crate) lock: String,
    pub(crate) quit: String,
}

impl Default for Words {
    /// Until the page has said them in its language.
    fn default() -> Self {
        Self {
            show: "Open Countersign".to_owned(),
            copy: "Copy the code of".to_owned(),
            lock: "Lock now".to_owned(),
            quit: "Quit".to_owned(),
        }
    }
}

impl Words {
    /// The same, not longer than a menu is wide.
    pub(crate) fn bounded(self) -> Self {
        let bounded = |text: String| text.chars().take(MAX_CHARACTERS).collect();
        Self {
            show: bounded(self.show),
            copy: bounded(self.copy),
            lock: bounded(self.lock),
            quit: bounded(self.quit),
        }
    }
}
