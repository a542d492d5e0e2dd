//! The settings, the tray's words, and what the program is.

use tauri::AppHandle;

use super::{Answer, Managed};
use crate::{
    about::{self, About},
    autostart,
    problem::Problem,
    settings::{Changes, SettingsView},
    tray::Words,
};

#[tauri::command]
pub(crate) async fn settings(shell: Managed<'_>) -> Answer<SettingsView> {
    shell.glance(|session| Ok(session.settings.view())).await
}

/// Changes what is named, and answers with all of the settings.
#[tauri::command]
pub(crate) async fn set_settings(
    app: AppHandle,
    shell: Managed<'_>,
    settings: Changes,
) -> Answer<SettingsView> {
    shell
        .act(move |session| {
            if let Some(wanted) = settings.autostart {
                autostart::set(&app, wanted)?;
            }
            session.settings.change(&settings)?;
            Ok(session.settings.view())
        })
        .await
}

/// The words of the tray's menu, in the page's language.
#[tauri::command]
pub(crate) async fn tray_words(shell: Managed<'_>, words: Words) -> Answer<()> {
    shell.speak(words).await
}

#[tauri::command]
pub(crate) async fn about() -> Answer<About> {
    Ok(about::about().map_err(Problem::internal)?)
}
