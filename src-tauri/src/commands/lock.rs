//! Status, unlocking, locking, the PIN.

use tauri::ipc::Channel;

use super::{Answer, Managed};
use crate::{
    clock,
    session::views::{KnownView, Status},
    shell::Event,
};

#[tauri::command]
pub(crate) async fn status(shell: Managed<'_>) -> Answer<Status> {
    shell.glance(|session| session.status(clock::now().unix())).await
}

#[tauri::command]
pub(crate) async fn watch(shell: Managed<'_>, page: Channel<Event>) -> Answer<()> {
    shell.watched_by(page);
    Ok(())
}

#[tauri::command]
pub(crate) async fn touch(shell: Managed<'_>) -> Answer<()> {
    shell.act(|_| Ok(())).await
}

#[tauri::command]
pub(crate) async fn set_up_anew(shell: Managed<'_>) -> Answer<()> {
    shell
        .act(|session| {
            session.set_up_anew();
            Ok(())
        })
        .await
}

#[tauri::command]
pub(crate) async fn known_tokens(shell: Managed<'_>) -> Answer<Vec<KnownView>> {
    shell.glance(|session| Ok(session.known_tokens())).await
}

/// One digit of a PIN; the command that takes the PIN follows.
#[tauri::command]
pub(crate) async fn pin_digit(shell: Managed<'_>, entry: usize, digit: u8) -> Answer<()> {
    shell.act(move |session| session.pins.add(entry, digit)).await
}

#[tauri::command]
pub(crate) async fn forget_pin(shell: Managed<'_>) -> Answer<()> {
    shell
        .act(|session| {
            session.pins.forget();
            Ok(())
        })
        .await
}

#[tauri::command]
pub(crate) async fn unlock(shell: Managed<'_>) -> Answer<()> {
    shell
        .act(|session| {
            let pin = session.pins.take();
            session.unlock(&pin, clock::now())
        })
        .await
}

#[tauri::command]
pub(crate) async fn change_pin(shell: Managed<'_>) -> Answer<()> {
    shell.act(|session| session.change_pin(clock::now())).await
}

#[tauri::command]
pub(crate) async fn lock_now(shell: Managed<'_>) -> Answer<()> {
    shell
        .act(|session| {
            session.lock();
            Ok(())
        })
        .await
}
