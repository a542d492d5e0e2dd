//! Tokens without an enrolment link, and QR codes.

use data_encoding::BASE64;
use zeroize::Zeroizing;

use super::{Answer, Managed};
use crate::{
    problem::Problem,
    qr_reading,
    session::{Next, OtherForm, QrFinding},
    shell::off_main_thread,
};

#[tauri::command]
pub(crate) async fn add_without_link(
    shell: Managed<'_>,
    name: String,
    pin_length: Option<u8>,
) -> Answer<Next> {
    shell.act(move |session| session.add_without_link(&name, pin_length)).await
}

/// Takes a setup link; without a text, the one that waits.
#[tauri::command]
pub(crate) async fn add_other_link(shell: Managed<'_>, text: Option<String>) -> Answer<Next> {
    let text = text.map(Zeroizing::new);
    shell.act(move |session| session.add_other_link(text.as_deref().map(String::as_str))).await
}

#[tauri::command]
pub(crate) async fn add_other_by_hand(shell: Managed<'_>, form: OtherForm) -> Answer<Next> {
    shell.act(move |session| session.add_other_by_hand(&form)).await
}

#[tauri::command]
pub(crate) async fn set_aside_other(shell: Managed<'_>) -> Answer<()> {
    shell
        .act(|session| {
            session.set_aside_other();
            Ok(())
        })
        .await
}

/// Reads the QR code in a PNG or JPEG file.
#[tauri::command]
pub(crate) async fn read_qr_bytes(shell: Managed<'_>, base64: String) -> Answer<QrFinding> {
    let texts = off_main_thread(move || {
        if base64.len() / 4 * 3 > qr_reading::MAX_FILE_BYTES + 3 {
            return Err(Problem::PictureTooLarge);
        }
        let bytes = BASE64.decode(base64.as_bytes()).map_err(|_| Problem::NoPicture)?;
        qr_reading::texts_in_file(&bytes)
    })
    .await?;
    shell.act(move |session| session.take_qr_texts(&texts)).await
}

/// Reads the QR code in the picture that the clipboard holds.
#[tauri::command]
pub(crate) async fn read_qr_clipboard(shell: Managed<'_>) -> Answer<QrFinding> {
    let texts = shell
        .with_clipboard(|clipboard| {
            let picture = clipboard.picture()?;
            qr_reading::texts_in_pixels(picture.width, picture.height, &picture.rgba)
        })
        .await?;
    shell.act(move |session| session.take_qr_texts(&texts)).await
}
