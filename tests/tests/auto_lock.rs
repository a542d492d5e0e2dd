//! The app locks by itself: out of sight, and after half a minute without anybody.

use std::time::Duration;

use e2e::clock::Stopwatch;
use e2e::error::ensure;
use e2e::scene::{PIN, own_token};
use e2e::wait::{self, Look, PATIENCE};
use e2e::{AppWindow, Desktop, KeyringState, Result, test};
use thirtyfour::Key;

#[tokio::test(flavor = "multi_thread")]
async fn out_of_sight_it_locks_where_that_is_chosen() -> Result<()> {
    test(async {
        let desktop = Desktop::start(KeyringState::Unlocked).await?;
        let _manager = desktop.manage_windows().await?;
        let app = own_token(&desktop, "Ward phone").await?;
        minimise_and_come_back(&desktop, &app).await?;
        ensure(app.screen().await? == "tokens", || "locked by itself".to_owned())?;

        choose_auto_lock(&app, "background").await?;
        minimise_and_come_back(&desktop, &app).await?;
        app.reaches("unlock").await?;
        app.unlock(PIN).await?;

        // Another program in front is not out of sight: the code is read beside it.
        let _other = desktop.open_another_window().await?;
        tokio::time::sleep(Duration::from_secs(2)).await;
        ensure(app.screen().await? == "tokens", || "locked behind a window".to_owned())?;
        // It has lost the focus long before it goes.
        desktop.minimise_window().await?;
        app.reaches("unlock").await?;
        app.close().await
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn after_half_a_minute_without_anybody_it_locks() -> Result<()> {
    test(async {
        let desktop = Desktop::start(KeyringState::Unlocked).await?;
        let app = own_token(&desktop, "Ward phone").await?;
        let chosen = Stopwatch::start();
        choose_auto_lock(&app, "30").await?;
        tokio::time::sleep(Duration::from_secs(15).saturating_sub(chosen.elapsed())).await;
        app.press(Key::Tab).await?;
        let touched = Stopwatch::start();
        // On a screen without codes, too.
        app.click("settings-open").await?;
        wait::until("the lock", PATIENCE, async || {
            let screen = app.screen().await?;
            Ok(if screen == "unlock" { Look::There(()) } else { Look::NotYet(screen) })
        })
        .await?;
        let idle = touched.elapsed();
        let right = Duration::from_secs(29)..Duration::from_secs(40);
        ensure(right.contains(&idle), || format!("locked after {idle:?}"))?;
        app.close().await
    })
    .await
}

async fn choose_auto_lock(app: &AppWindow, choice: &str) -> Result<()> {
    app.click("settings-open").await?;
    app.reaches("settings").await?;
    app.choose_value("auto_lock", choice).await?;
    app.click("back").await?;
    app.reaches("tokens").await
}

async fn minimise_and_come_back(desktop: &Desktop, app: &AppWindow) -> Result<()> {
    desktop.minimise_window().await?;
    // Longer than the app takes to see that it is away.
    tokio::time::sleep(Duration::from_secs(2)).await;
    // As a click on the panel does: a second start brings the first one's window back.
    AppWindow::start_again(desktop, &[])?.ended(PATIENCE).await?;
    desktop.window_is_in_front().await?;
    app.screen().await.map(drop)
}
