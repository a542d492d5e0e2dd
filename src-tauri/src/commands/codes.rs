//! Codes, and copying them.

use oath::CredentialId;

use super::{Answer, Managed};
use crate::{
    clock,
    session::views::{BoundCodeView, CodeView, CounterCodeView},
};

#[tauri::command]
pub(crate) async fn codes(shell: Managed<'_>) -> Answer<Vec<CodeView>> {
    shell.glance(|session| session.codes(clock::now())).await
}

/// The code of a token's next counter, which is used up by it.
#[tauri::command]
pub(crate) async fn next_counter_code(
    shell: Managed<'_>,
    id: CredentialId,
) -> Answer<CounterCodeView> {
    shell.act(move |session| session.next_counter_code(id)).await
}

/// The code that is good for one prescription only, by the number that the signing page shows.
#[tauri::command]
pub(crate) async fn bound_code(
    shell: Managed<'_>,
    id: CredentialId,
    number: String,
) -> Answer<BoundCodeView> {
    shell.act(move |session| session.bound_code(id, &number, clock::now())).await
}

/// A hidden code was shown.
#[tauri::command]
pub(crate) async fn code_shown(shell: Managed<'_>, id: CredentialId) -> Answer<()> {
    shell.act(move |session| session.used(id)).await
}

#[tauri::command]
pub(crate) async fn copy_code(shell: Managed<'_>, id: CredentialId) -> Answer<()> {
    shell.copy_code(id).await
}

#[tauri::command]
pub(crate) async fn copy_credential_id(shell: Managed<'_>, id: CredentialId) -> Answer<()> {
    let shown = shell.act(move |session| session.shown_credential_id(id)).await?;
    shell.with_clipboard(move |clipboard| clipboard.copy(&shown)).await
}
