//! The app started twice: one window, and the link arrives in it.

use e2e::app::PROGRAM;
use e2e::error::ensure;
use e2e::scene::{ISSUER, PIN};
use e2e::wait::{self, Look, PATIENCE};
use e2e::{AppWindow, Result, Scene, test};

#[tokio::test(flavor = "multi_thread")]
async fn a_second_start_hands_its_link_to_the_first_and_ends() -> Result<()> {
    test(async {
        let scene = Scene::start().await?;
        let app = AppWindow::start(&scene.desktop).await?;
        app.reaches("welcome").await?;
        let link = scene.server.begin_activation(&scene.prescriber)?.link;
        let mut second = AppWindow::start_again(&scene.desktop, &[&link])?;
        let status = second.ended(PATIENCE).await?;
        ensure(status.success(), || format!("the second start ended with {status}"))?;
        app.reaches("name-token").await?;
        ensure(app.text("issuer-name").await?.contains(ISSUER), || "another link".to_owned())?;
        only_one_runs(&scene).await?;

        // Without a link, in the middle of something: nothing that was typed is lost.
        app.type_into("token-name", "Ward phone").await?;
        let mut third = AppWindow::start_again(&scene.desktop, &[])?;
        third.ended(PATIENCE).await?;
        ensure(app.value("token-name").await? == "Ward phone", || "the name is lost".to_owned())?;
        app.click("continue").await?;
        app.choose_pin(PIN).await?;
        app.reaches("tokens").await?;
        app.enrolment_becomes("sent").await?;

        // Started together, with nothing running: one window again.
        app.close().await?;
        let mut both = [
            AppWindow::start_again(&scene.desktop, &[])?,
            AppWindow::start_again(&scene.desktop, &[])?,
        ];
        only_one_runs(&scene).await?;
        both.iter_mut().for_each(e2e::process::Running::kill);
        Ok(())
    })
    .await
}

/// Waits until one process of the app is left; what it starts in turn looks like one for a moment.
async fn only_one_runs(scene: &Scene) -> Result<()> {
    wait::until("one process of the app to be left", PATIENCE, async || {
        let running = scene.desktop.processes_of(PROGRAM);
        Ok(if running.len() == 1 { Look::There(()) } else { Look::NotYet(format!("{running:?}")) })
    })
    .await
}
