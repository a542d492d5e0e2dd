//! Codes, and copying them.

use oath::CredentialId;
use zeroize::Zeroizing;

use super::{Answer, Managed};
use crate::{clock, session::views::CodeView};

#[tauri::command]
pub(crate) async fn codes(shell: Managed<'_>) -> Answer<Vec<CodeView>> {
    shell.glance(|session| session.codes(clock::now())).await
}

#[tauri::command]
pub(crate) async fn copy_code(shell: Managed<'_>, id: CredentialId) -> Answer<()> {
    let digits =
        shell.act(move |session| session.code_digits(id, clock::now()).map(Zeroizing::new)).await?;
    shell.with_clipboard(move |clipboard| clipboard.copy_unremembered(&digits)).await
}

#[tauri::command]
pub(crate) async fn copy_credential_id(shell: Managed<'_>, id: CredentialId) -> Answer<()> {
    let shown = shell.act(move |session| session.shown_credential_id(id)).await?;
    shell.with_clipboard(move |clipboard| clipboard.copy(&shown)).await
}
