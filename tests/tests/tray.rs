//! The tray, as a desktop's panel sees it: what it offers, when, in whose words.

use e2e::error::{Error, ensure};
use e2e::scene::{PIN, own_token};
use e2e::wait::{self, Look, PATIENCE};
use e2e::{AppWindow, Desktop, KeyringState, Result, test};

const LETTER: &str = "Dear colleague";

#[tokio::test(flavor = "multi_thread")]
async fn a_code_can_be_copied_only_while_unlocked() -> Result<()> {
    test(async {
        let desktop = Desktop::start(KeyringState::Unlocked).await?;
        let tray = desktop.tray().await?;
        let app = own_token(&desktop, "Ward & night_shift").await?;
        let copying = "Copy the code of Ward & night_shift";
        let entries = tray.reads(&["Open Countersign", copying, "Lock", "Quit"]).await?;
        let code = app.early_code().await?;
        tray.click(copying).await?;
        desktop.holds_copied(&code).await?;

        // A panel may still show what was there before the lock.
        desktop.copy_text(LETTER).await?;
        tray.click("Lock").await?;
        app.reaches("unlock").await?;
        tray.reads(&["Open Countersign", "[Lock]", "Quit"]).await?;
        let yesterday = entries.iter().find(|entry| entry.label == copying);
        let yesterday = yesterday.ok_or_else(|| Error::different("no line to copy by"))?;
        tray.click_id(yesterday.id).await?;
        app.unlock(PIN).await?;
        tray.reads(&["Open Countersign", copying, "Lock", "Quit"]).await?;
        desktop.holds_copied(LETTER).await?;

        // Of tokens that come and go, and are called otherwise.
        app.click("open-details").await?;
        app.click("rename").await?;
        app.type_into("new-name", "Ward").await?;
        app.click("save-name").await?;
        tray.reads(&["Open Countersign", "Copy the code of Ward", "Lock", "Quit"]).await?;
        app.close().await
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn it_speaks_the_apps_language_brings_the_window_back_and_ends_the_app() -> Result<()> {
    test(async {
        let desktop = Desktop::start(KeyringState::Unlocked).await?;
        let _manager = desktop.manage_windows().await?;
        let tray = desktop.tray().await?;
        let app = own_token(&desktop, "Ward").await?;
        app.click("settings-open").await?;
        app.reaches("settings").await?;
        app.choose_value("language", "es").await?;
        let spanish = ["Abrir Countersign", "Copiar el código de Ward", "Bloquear", "Salir"];
        tray.reads(&spanish).await?;
        app.close().await?;

        let app = AppWindow::start(&desktop).await?;
        tray.reads(&["Abrir Countersign", "[Bloquear]", "Salir"]).await?;
        app.unlock(PIN).await?;
        tray.reads(&spanish).await?;
        desktop.minimise_window().await?;
        tray.click("Abrir Countersign").await?;
        desktop.window_is_in_front().await?;

        // What was copied goes with it.
        app.click("copy-code").await?;
        wait::until("a code in the clipboard", PATIENCE, async || {
            let held = desktop.copied_text()?;
            Ok(if held.is_some() { Look::There(()) } else { Look::NotYet("nothing".to_owned()) })
        })
        .await?;
        let code = desktop.copied_text()?.unwrap_or_default();
        desktop.copy_text(&code).await?;
        tray.click("Salir").await?;
        app.ends().await?;
        let held = desktop.copied_text()?;
        ensure(held.is_none(), || format!("{held:?} is left behind"))
    })
    .await
}
