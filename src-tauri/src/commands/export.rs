//! Provisioning data for another server.

use std::path::PathBuf;

use oath::CredentialId;
use tauri::{AppHandle, Manager as _};

use super::{Answer, Managed};
use crate::{
    problem::{Problem, Refusal},
    saving,
    session::Export,
    shell::off_main_thread,
};

#[tauri::command]
pub(crate) async fn make_export(
    shell: Managed<'_>,
    id: CredentialId,
    card: Option<String>,
) -> Answer<Export> {
    shell.act(move |session| session.make_export(id, card.as_deref())).await
}

/// Saves what was made last; answers with the file's path.
#[tauri::command]
pub(crate) async fn save_export(app: AppHandle, shell: Managed<'_>) -> Answer<String> {
    let (id, text) = shell.act(|session| session.last_export()).await?;
    let folder = export_folder(&app)?;
    off_main_thread(move || match saving::save(&folder, id, &text) {
        Ok(path) => Ok(path.display().to_string()),
        Err(error) => Err(Problem::CannotSave {
            folder: folder.display().to_string(),
            reason: error.to_string(),
        }),
    })
    .await
}

/// The person's Downloads folder, or their home where there is none.
fn export_folder(app: &AppHandle) -> Result<PathBuf, Refusal> {
    let downloads = app.path().download_dir().ok().filter(|folder| folder.is_dir());
    let folder = downloads.map_or_else(|| app.path().home_dir(), Ok).map_err(Problem::internal)?;
    Ok(folder)
}
