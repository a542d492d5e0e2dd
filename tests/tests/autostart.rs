//! Starting with the system: the desktop's own file, and the setting that follows it.

use std::fs;

use e2e::error::ensure;
use e2e::scene::{PIN, own_token};
use e2e::wait::{self, Look, PATIENCE};
use e2e::{AppWindow, Desktop, KeyringState, Result, programs, test};

#[tokio::test(flavor = "multi_thread")]
async fn the_setting_writes_and_removes_the_desktops_own_file() -> Result<()> {
    test(async {
        let desktop = Desktop::start(KeyringState::Unlocked).await?;
        let folder = desktop.folder().join("home/.config/autostart");
        let file = folder.join("Countersign.desktop");
        let app = own_token(&desktop, "Ward phone").await?;

        // Where it cannot be done, nothing else says that it was.
        fs::create_dir_all(desktop.folder().join("home/.config"))?;
        fs::write(&folder, "in the way")?;
        app.click("settings-open").await?;
        app.reaches("settings").await?;
        app.click("autostart").await?;
        let said = app.some_text("error").await?;
        ensure(said.contains("Starting with the system could not be changed"), || said)?;
        is_switched(&app, false).await?;
        fs::remove_file(&folder)?;
        app.close().await?;

        let app = AppWindow::start(&desktop).await?;
        app.unlock(PIN).await?;
        app.click("settings-open").await?;
        is_switched(&app, false).await?;
        app.click("autostart").await?;
        wait::until("the file", PATIENCE, async || {
            let there = file.is_file();
            Ok(if there { Look::There(()) } else { Look::NotYet("none".to_owned()) })
        })
        .await?;
        is_switched(&app, true).await?;
        let text = fs::read_to_string(&file)?;
        let command = text.lines().find_map(|line| line.strip_prefix("Exec="));
        let expected = format!("{} --minimised", programs::path(e2e::app::PROGRAM)?.display());
        ensure(command == Some(&expected), || text.clone())?;
        app.close().await?;

        // As the session does: out of the way, until somebody wants it.
        let _manager = desktop.manage_windows().await?;
        let tray = desktop.tray().await?;
        let mut started = AppWindow::start_again(&desktop, &["--minimised"])?;
        tray.reads(&["Open Countersign", "[Lock]", "Quit"]).await?;
        desktop.window_is_minimised().await?;
        AppWindow::start_again(&desktop, &[])?.ended(PATIENCE).await?;
        desktop.window_is_in_front().await?;
        started.kill();

        let app = AppWindow::start(&desktop).await?;
        app.unlock(PIN).await?;
        app.click("settings-open").await?;
        is_switched(&app, true).await?;
        app.click("autostart").await?;
        wait::until("no file", PATIENCE, async || {
            let there = file.exists();
            Ok(if there { Look::NotYet(text.clone()) } else { Look::There(()) })
        })
        .await?;
        is_switched(&app, false).await?;
        app.close().await
    })
    .await
}

async fn is_switched(app: &AppWindow, on: bool) -> Result<()> {
    app.reaches("settings").await?;
    wait::until(&format!("the switch to be {on}"), PATIENCE, async || {
        let now = app
            .script("return document.querySelector('[data-testid=autostart]').checked", vec![])
            .await?;
        Ok(if now == on { Look::There(()) } else { Look::NotYet(now.to_string()) })
    })
    .await
}
