//! The tray of a desktop. Some have none: the app does without.

use std::panic::{AssertUnwindSafe, catch_unwind};

use tauri::{
    AppHandle, Wry,
    menu::{Menu, MenuBuilder, MenuEvent, MenuItemBuilder},
    tray::{TrayIcon, TrayIconBuilder},
};

use super::{TrayView, Words};
use crate::shell::Shell;

const SHOW: &str = "show";
const LOCK: &str = "lock";
const QUIT: &str = "quit";
/// Goes before a credential ID.
const COPY: &str = "copy:";

pub(crate) struct Tray {
    icon: TrayIcon<Wry>,
    app: AppHandle,
}

/// Puts the tray's icon up; `None` where the system has no tray.
pub(crate) fn put_up(app: &AppHandle, shell: &Shell) -> Option<Tray> {
    let shell = shell.clone();
    let build = || {
        let menu = menu(app, &Words::default(), &TrayView::default())?;
        let mut builder = TrayIconBuilder::with_id("main")
            .tooltip("Countersign")
            .menu(&menu)
            .on_menu_event(move |app, event| answer(app, &shell, &event));
        if let Some(icon) = app.default_window_icon() {
            builder = builder.icon(icon.clone());
        }
        builder.build(app)
    };
    // Where the indicator's library is missing, whoever loads it panics.
    let icon = catch_unwind(AssertUnwindSafe(build)).ok()?.ok()?;
    Some(Tray { icon, app: app.clone() })
}

impl Tray {
    /// Draws the menu anew. Not on the main thread, which it needs.
    pub(crate) fn draw(&self, words: &Words, view: &TrayView) {
        // Without a menu of today's, yesterday's stays: what it offers is refused when it must be.
        if let Ok(menu) = menu(&self.app, words, view) {
            let _ = self.icon.set_menu(Some(menu));
        }
    }
}

fn menu(app: &AppHandle, words: &Words, view: &TrayView) -> tauri::Result<Menu<Wry>> {
    let mut menu = MenuBuilder::new(app).text(SHOW, plain(&words.show)).separator();
    for (id, name) in &view.tokens {
        let text = format!("{} {}", plain(&words.copy), plain(name));
        menu = menu.text(format!("{COPY}{}", id.as_str()), text);
    }
    let lock = MenuItemBuilder::with_id(LOCK, plain(&words.lock)).enabled(view.unlocked);
    menu.item(&lock.build(app)?).separator().text(QUIT, plain(&words.quit)).build()
}

/// An ampersand marks a letter in a menu.
fn plain(text: &str) -> String {
    text.replace('&', "&&")
}

fn answer(app: &AppHandle, shell: &Shell, event: &MenuEvent) {
    let (app, shell) = (app.clone(), shell.clone());
    match event.id().as_ref() {
        SHOW => crate::show_window(&app),
        LOCK => {
            tauri::async_runtime::spawn(async move { shell.lock_by_hand().await });
        }
        QUIT => app.exit(0),
        other => {
            let Some(Ok(id)) = other.strip_prefix(COPY).map(str::parse) else { return };
            tauri::async_runtime::spawn(async move {
                // Locked meanwhile: the window says so.
                if shell.copy_code(id).await.is_err() {
                    crate::show_window(&app);
                }
            });
        }
    }
}
