//! A copied code: in the system's own clipboard, marked secret, and gone from it in time.

use std::time::Duration;

use e2e::clock::Stopwatch;
use e2e::error::ensure;
use e2e::scene::{PIN, own_token};
use e2e::wait::{self, Look, PATIENCE};
use e2e::{AppWindow, Desktop, KeyringState, Result, test};
use thirtyfour::Key;

/// How long a copied code may stay.
const CLEARED_AFTER: Duration = Duration::from_secs(30);
/// By then it was cleared, if it ever is.
const SURELY: Duration = Duration::from_secs(33);
/// What somebody copies meanwhile.
const LETTER: &str = "Dear colleague";

/// The four wait at the same time, each on a desktop of its own.
#[tokio::test(flavor = "multi_thread")]
async fn a_copied_code_is_cleared_after_half_a_minute_and_nothing_else_ever() -> Result<()> {
    test(async {
        tokio::try_join!(
            cleared_although_locked_meanwhile(),
            copied_twice_has_the_second_ones_time(),
            what_others_copied_stays_and_so_does_a_credential_id(),
            a_setting_leaves_it_there(),
        )?;
        Ok(())
    })
    .await
}

async fn cleared_although_locked_meanwhile() -> Result<()> {
    let desktop = Desktop::start(KeyringState::Unlocked).await?;
    let app = own_token(&desktop, "Ward phone").await?;
    let (code, copied) = tap_code(&desktop, &app).await?;
    let said = app.some_text("toast").await?;
    ensure(said.contains("Cleared in 30 s"), || said)?;
    let targets = desktop.clipboard("TARGETS")?.unwrap_or_default();
    ensure(targets.contains("x-kde-passwordManagerHint"), || targets)?;
    let hint = desktop.clipboard("x-kde-passwordManagerHint")?;
    ensure(hint.as_deref() == Some("secret"), || format!("the hint is {hint:?}"))?;

    // Locked: it was copied to be pasted elsewhere. But another program may have taken it over.
    app.press_with(Key::Control, "l").await?;
    app.reaches("unlock").await?;
    desktop.copy_text(&code).await?;
    let gone = becomes_empty(&desktop, copied).await?;
    ensure(gone + Duration::from_secs(1) >= CLEARED_AFTER, || format!("gone after {gone:?}"))?;
    app.close().await
}

async fn copied_twice_has_the_second_ones_time() -> Result<()> {
    let desktop = Desktop::start(KeyringState::Unlocked).await?;
    let app = own_token(&desktop, "Ward phone").await?;
    let (_, first) = tap_code(&desktop, &app).await?;
    // Late enough that its own end is far from the first one's; the step has ten seconds left.
    passes(first, Duration::from_secs(10)).await;
    let (code, second) = tap_shown_code(&desktop, &app).await?;
    passes(first, CLEARED_AFTER + Duration::from_secs(2)).await;
    let held = desktop.copied_text()?;
    ensure(held == Some(code), || format!("cleared in the first one's time: {held:?}"))?;
    becomes_empty(&desktop, second).await?;
    app.close().await
}

async fn what_others_copied_stays_and_so_does_a_credential_id() -> Result<()> {
    let desktop = Desktop::start(KeyringState::Unlocked).await?;
    let other_desktop = Desktop::start(KeyringState::Unlocked).await?;
    let app = own_token(&desktop, "Ward phone").await?;
    let other_app = own_token(&other_desktop, "Ward phone").await?;
    tap_code(&desktop, &app).await?;
    desktop.copy_text(LETTER).await?;
    let (_, copied) = tap_code(&other_desktop, &other_app).await?;
    let id = other_app.credential_id().await?.to_string();
    other_app.click("copy-credential-id").await?;
    other_desktop.holds_copied(&id).await?;
    let targets = other_desktop.clipboard("TARGETS")?.unwrap_or_default();
    ensure(!targets.contains("x-kde-passwordManagerHint"), || targets)?;

    passes(copied, SURELY).await;
    desktop.holds_copied(LETTER).await?;
    other_desktop.holds_copied(&id).await?;
    app.close().await?;
    other_app.close().await
}

async fn a_setting_leaves_it_there() -> Result<()> {
    let desktop = Desktop::start(KeyringState::Unlocked).await?;
    let app = own_token(&desktop, "Ward phone").await?;
    app.click("settings-open").await?;
    app.reaches("settings").await?;
    app.click("clear_clipboard").await?;
    app.click("back").await?;
    app.reaches("tokens").await?;
    let (code, copied) = tap_code(&desktop, &app).await?;
    let said = app.some_text("toast").await?;
    ensure(said.contains("Copied") && !said.contains("Cleared"), || said)?;
    passes(copied, SURELY).await;
    desktop.holds_copied(&code).await?;
    app.close().await
}

/// Closed as a person closes it, by the window manager.
#[tokio::test(flavor = "multi_thread")]
async fn a_copied_code_goes_with_the_app_unless_something_else_was_copied() -> Result<()> {
    test(async {
        let desktop = Desktop::start(KeyringState::Unlocked).await?;
        let _manager = desktop.manage_windows().await?;
        let app = own_token(&desktop, "Ward phone").await?;
        let (code, _) = tap_code(&desktop, &app).await?;
        // Else it would be gone with the program that serves it, whatever that does.
        desktop.copy_text(&code).await?;
        app.close_by_hand(&desktop).await?;
        let held = desktop.copied_text()?;
        ensure(held.is_none(), || format!("{held:?} is left behind"))?;

        let app = AppWindow::start(&desktop).await?;
        app.unlock(PIN).await?;
        tap_code(&desktop, &app).await?;
        desktop.copy_text(LETTER).await?;
        app.close_by_hand(&desktop).await?;
        desktop.holds_copied(LETTER).await
    })
    .await
}

/// Taps the code, and sees that it is what the clipboard holds; returns it, and when that was.
async fn tap_code(desktop: &Desktop, app: &AppWindow) -> Result<(String, Stopwatch)> {
    app.early_code().await?;
    tap_shown_code(desktop, app).await
}

async fn tap_shown_code(desktop: &Desktop, app: &AppWindow) -> Result<(String, Stopwatch)> {
    let code = app.code().await?;
    app.click("code").await?;
    let copied = Stopwatch::start();
    desktop.holds_copied(&code).await?;
    Ok((code, copied))
}

/// Waits until the clipboard is empty; how long after copying that is.
async fn becomes_empty(desktop: &Desktop, copied: Stopwatch) -> Result<Duration> {
    wait::until("an empty clipboard", SURELY + PATIENCE, async || {
        Ok(match desktop.copied_text()? {
            None => Look::There(copied.elapsed()),
            Some(held) => Look::NotYet(held),
        })
    })
    .await
}

/// Waits until so much time has passed: that nothing happens cannot be seen earlier.
async fn passes(since: Stopwatch, time: Duration) {
    tokio::time::sleep(time.saturating_sub(since.elapsed())).await;
}
