//! From an enrolment link to a token that the server knows.

use oath::CredentialId;
use zeroize::Zeroizing;

use super::{Answer, Managed};
use crate::{
    clock, sending,
    session::{Next, views::InvitationView},
    shell::off_main_thread,
};

#[tauri::command]
pub(crate) async fn use_link(shell: Managed<'_>, text: String) -> Answer<InvitationView> {
    let text = Zeroizing::new(text);
    shell.act(move |session| session.use_link(&text, clock::now())).await
}

#[tauri::command]
pub(crate) async fn set_aside_link(shell: Managed<'_>) -> Answer<()> {
    shell
        .act(|session| {
            session.set_aside_link();
            Ok(())
        })
        .await
}

#[tauri::command]
pub(crate) async fn name_token(shell: Managed<'_>, name: String) -> Answer<Next> {
    shell.act(move |session| session.name_token(&name)).await
}

#[tauri::command]
pub(crate) async fn choose_pin(shell: Managed<'_>) -> Answer<()> {
    shell
        .act(|session| {
            let pin = session.pins.take();
            session.choose_pin(pin)
        })
        .await
}

#[tauri::command]
pub(crate) async fn repeat_pin(shell: Managed<'_>) -> Answer<()> {
    shell
        .act(|session| {
            let pin = session.pins.take();
            session.repeat_pin(&pin)
        })
        .await
}

#[tauri::command]
pub(crate) async fn enrol(shell: Managed<'_>) -> Answer<CredentialId> {
    shell.act(|session| session.enrol(clock::now())).await
}

/// Gives an enrolment link to a token that was made without one; without a text, the one that waits.
#[tauri::command]
pub(crate) async fn associate_by_link(
    shell: Managed<'_>,
    id: CredentialId,
    text: Option<String>,
) -> Answer<()> {
    let text = text.map(Zeroizing::new);
    shell
        .act(move |session| {
            let text = text.as_deref().map(String::as_str);
            session.associate_by_link(id, text, clock::now())
        })
        .await
}

/// Sends a token to its server; by how many seconds the clock is then known to be behind. The session
/// is not held meanwhile: codes go on, and it can lock.
#[tauri::command]
pub(crate) async fn send_enrolment(shell: Managed<'_>, id: CredentialId) -> Answer<Option<i64>> {
    let parcel = shell.act(move |session| session.parcel(id)).await?;
    let server = parcel.server.clone();
    let sent = off_main_thread(move || Ok(sending::send(&parcel.server, &parcel.sealed))).await?;
    shell
        .glance(move |session| match sent {
            Ok(taken) => {
                session.settle(id, server, clock::now())?;
                Ok(session.note_skew(taken.behind))
            }
            Err(problem) => {
                session.note_not_sent(id, &problem, clock::now());
                Err(problem)
            }
        })
        .await
}
