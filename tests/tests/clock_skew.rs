//! A device whose clock is wrong: its app says so and how to mend it, and so does the dashboard.

use e2e::dashboard::NewToken;
use e2e::error::ensure;
use e2e::scene::{ISSUER, Scene};
use e2e::server::Prescriber;
use e2e::wait::{self, Look, PATIENCE};
use e2e::{
    AppWindow, Browser, Dashboard, Desktop, KeyringState, Result, ServerClock, ServerProcess, test,
};

/// More than the window of three time steps forgives.
const SLOW: i64 = 94;

/// A desktop that is slow by the clock of its server, which is the right one.
async fn scene() -> Result<Scene> {
    let desktop = Desktop::start(KeyringState::Unlocked).await?;
    let folder = desktop.folder().join("server");
    std::fs::create_dir_all(&folder)?;
    let clock = ServerClock::off_by(&folder, SLOW)?;
    let server = ServerProcess::start_by(clock, &folder, ISSUER, &[]).await?;
    let prescriber = Prescriber::demo();
    server.add_account(&prescriber)?;
    Ok(Scene { server, desktop, prescriber })
}

/// Waits until the banner is there, or gone; what it says.
async fn banner(app: &AppWindow, there: bool) -> Result<String> {
    wait::until("the clock's banner", PATIENCE, async || {
        let words = app.text("clock-banner").await.unwrap_or_default();
        Ok(if words.is_empty() == there { Look::NotYet(words) } else { Look::There(words) })
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_clock_is_told_by_the_app_and_by_the_dashboard() -> Result<()> {
    test(async {
        let scene = scene().await?;
        let (app, activation) = scene.enrol("Ward phone").await?;
        let said = banner(&app, true).await?;
        let seconds = SLOW - 1..=SLOW + 1;
        ensure(seconds.into_iter().any(|s| said.contains(&format!("{s} s slow"))), || {
            said.clone()
        })?;
        ensure(said.contains("automatic"), || format!("how to mend it: {said}"))?;

        let browser = Browser::start(&scene.desktop).await?;
        let dashboard = Dashboard::new(&browser, scene.server.address());
        dashboard.sign_in_by_confirmation(&scene.prescriber, &activation.confirmation).await?;
        let (serial, code) = (app.credential_id().await?.to_string(), app.code().await?);
        let new = NewToken { issuer: ISSUER, name: "Ward phone", serial: &serial, code: &code };
        dashboard.add_new_token(&new).await?;
        let words = browser.some_text("error-code").await?;
        ensure(words.contains("slow"), || format!("the dashboard: {words}"))?;

        // The clock is set right: the next talk shows it, and the next code is taken.
        scene.server.clock()?.set(0)?;
        app.click("open-details").await?;
        app.reaches("details").await?;
        banner(&app, false).await?;
        app.click("back").await?;
        app.reaches("tokens").await?;
        banner(&app, false).await?;
        let code = app.early_code().await?;
        let new = NewToken { issuer: ISSUER, name: "Ward phone", serial: &serial, code: &code };
        dashboard.add_new_token(&new).await?;
        let words = browser.words().await;
        ensure(words.contains("now associated"), || words)?;
        browser.close().await;
        app.close().await
    })
    .await
}
