//! What a token's server is asked. The session is not held meanwhile: codes go on, and it can lock.

use oath::{CredentialId, SerialNumber};
use provisioning::OtherToken;

use super::{Answer, Managed};
use crate::{
    clock,
    session::{Question, Told},
    shell::{Shell, off_main_thread},
    talking,
};

/// Asks how a token is.
#[tauri::command]
pub(crate) async fn refresh_state(shell: Managed<'_>, id: CredentialId) -> Answer<Told> {
    let question = shell.glance(move |session| session.ask_status(id, clock::now())).await?;
    ask(&shell, question).await
}

/// Which other tokens the owner of this one could report lost.
#[tauri::command]
pub(crate) async fn lost_candidates(
    shell: Managed<'_>,
    id: CredentialId,
) -> Answer<Vec<OtherToken>> {
    let question = shell.act(move |session| session.ask_status(id, clock::now())).await?;
    Ok(ask(&shell, question).await?.others)
}

/// Reports another token of the same owner lost.
#[tauri::command]
pub(crate) async fn report_lost(
    shell: Managed<'_>,
    id: CredentialId,
    serial: SerialNumber,
) -> Answer<Told> {
    let question =
        shell.act(move |session| session.ask_to_suspend(id, serial, clock::now())).await?;
    ask(&shell, question).await
}

async fn ask(shell: &Shell, question: Question) -> Answer<Told> {
    let (question, heard) = off_main_thread(move || {
        let heard = talking::ask(&question.server, &question.request)?;
        Ok((question, heard))
    })
    .await?;
    shell.glance(move |session| session.hear(&question, heard)).await
}
