//! Provisioning data for another server.

use std::path::PathBuf;

use oath::CredentialId;
use serde::Serialize;
use tauri::{AppHandle, Manager as _};
use zeroize::Zeroizing;

use super::{Answer, Managed};
use crate::{
    clock,
    problem::{Problem, Refusal},
    saving,
    session::Export,
    shell::off_main_thread,
};

/// A token under a passphrase, as text.
#[derive(Serialize)]
pub(crate) struct Pskc {
    text: Zeroizing<String>,
}

#[tauri::command]
pub(crate) async fn make_export(
    shell: Managed<'_>,
    id: CredentialId,
    card: Option<String>,
) -> Answer<Export> {
    shell.act(move |session| session.make_export(id, card.as_deref(), clock::now())).await
}

/// Saves what was made last; answers with the file's path.
#[tauri::command]
pub(crate) async fn save_export(app: AppHandle, shell: Managed<'_>) -> Answer<String> {
    let (id, text) = shell.act(|session| session.last_export()).await?;
    save(&app, id, saving::Kind::Sealed, Zeroizing::new(text)).await
}

#[tauri::command]
pub(crate) async fn export_pskc(
    shell: Managed<'_>,
    id: CredentialId,
    passphrase: String,
) -> Answer<Pskc> {
    let passphrase = Zeroizing::new(passphrase);
    let text = shell.act(move |session| session.export_pskc(id, &passphrase, clock::now())).await?;
    Ok(Pskc { text })
}

/// Saves what was written last under a passphrase; answers with the file's path.
#[tauri::command]
pub(crate) async fn save_pskc(app: AppHandle, shell: Managed<'_>) -> Answer<String> {
    let (id, text) = shell.act(|session| session.last_pskc()).await?;
    save(&app, id, saving::Kind::Pskc, text).await
}

async fn save(
    app: &AppHandle,
    id: CredentialId,
    kind: saving::Kind,
    text: Zeroizing<String>,
) -> Answer<String> {
    let folder = export_folder(app)?;
    off_main_thread(move || match saving::save(&folder, id, kind, &text) {
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
