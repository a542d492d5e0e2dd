//! One token: what is known of it, its name and place, its log, its end.

use oath::CredentialId;

use super::{Answer, Managed};
use crate::{clock, session::views::DetailsView};

#[tauri::command]
pub(crate) async fn details(shell: Managed<'_>, id: CredentialId) -> Answer<DetailsView> {
    shell.glance(move |session| session.details(id, clock::now())).await
}

#[tauri::command]
pub(crate) async fn rename(shell: Managed<'_>, id: CredentialId, name: String) -> Answer<()> {
    shell.act(move |session| session.rename(id, &name, clock::now())).await
}

/// Puts the tokens into another order; all of them are named.
#[tauri::command]
pub(crate) async fn reorder(shell: Managed<'_>, ids: Vec<CredentialId>) -> Answer<()> {
    shell.act(move |session| session.reorder(&ids)).await
}

/// Deletes a token; one that a server knows wants its credential ID typed.
#[tauri::command]
pub(crate) async fn delete(
    shell: Managed<'_>,
    id: CredentialId,
    typed: Option<String>,
) -> Answer<()> {
    shell.act(move |session| session.delete(id, typed.as_deref())).await
}

#[tauri::command]
pub(crate) async fn log_text(shell: Managed<'_>, id: CredentialId) -> Answer<String> {
    shell.act(move |session| session.log_text(id)).await
}

#[tauri::command]
pub(crate) async fn copy_log(shell: Managed<'_>, id: CredentialId) -> Answer<()> {
    let text = shell.act(move |session| session.log_text(id)).await?;
    shell.with_clipboard(move |clipboard| clipboard.copy(&text)).await
}
