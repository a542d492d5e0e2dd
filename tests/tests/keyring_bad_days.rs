//! The keyring locked, absent, dismissed, damaged, emptied: a screen each, and never a new vault
//! over an old one.

use e2e::error::ensure;
use e2e::scene::PIN;
use e2e::{AppWindow, KeyringState, Result, Scene, test};

/// The screen, its words, and that neither it nor a link that comes now touches the keyring.
async fn explains(scene: &Scene, app: &AppWindow, screen: &str, words: &str) -> Result<()> {
    app.reaches(screen).await?;
    let title = app.text("problem-title").await?;
    ensure(title.contains(words), || format!("{screen} is titled {title:?}"))?;
    let text = app.text("problem-text").await?;
    ensure(text.len() > 20, || format!("{screen} says only {text:?}"))?;
    app.find("try-again").await?;
    let link = scene.server.begin_activation(&scene.prescriber)?.link;
    let mut second = AppWindow::start_again(&scene.desktop, &[&link])?;
    second.ended(e2e::wait::PATIENCE).await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn locked_and_absent_keyrings_are_explained_and_left_alone() -> Result<()> {
    test(async {
        let scene = Scene::start().await?;
        let (app, _) = scene.enrol("Ward phone").await?;
        let id = app.credential_id().await?;
        app.close().await?;
        for (state, screen, words) in [
            (KeyringState::Locked, "keyring-locked", "locked"),
            (KeyringState::Absent, "keyring-absent", "No keyring"),
        ] {
            scene.desktop.set_keyring(state).await?;
            let before = scene.desktop.keyring_files()?;
            let app = AppWindow::start(&scene.desktop).await?;
            explains(&scene, &app, screen, words).await?;
            app.click("try-again").await?;
            app.reaches(screen).await?;
            let after = scene.desktop.keyring_files()?;
            ensure(before == after, || format!("{screen}: the keyring's files have changed"))?;

            scene.desktop.set_keyring(KeyringState::Unlocked).await?;
            app.click("try-again").await?;
            // The link that came meanwhile has waited.
            app.unlock_to(PIN, "name-token").await?;
            app.click("set-aside").await?;
            app.reaches("tokens").await?;
            ensure(app.credential_id().await? == id, || "another credential ID".to_owned())?;
            app.close().await?;
        }
        Ok(())
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dismissed_prompt_is_explained_and_asked_again() -> Result<()> {
    test(async {
        let scene = Scene::start().await?;
        let (app, _) = scene.enrol("Ward phone").await?;
        let id = app.credential_id().await?;
        app.close().await?;
        scene.desktop.set_keyring(KeyringState::Prompting).await?;
        let before = scene.desktop.keyring_files()?;
        let app = AppWindow::start_unsettled(&scene.desktop).await?;
        scene.desktop.dismiss_prompt().await?;
        app.reaches("prompt-dismissed").await?;
        app.click("try-again").await?;
        scene.desktop.dismiss_prompt().await?;
        app.reaches("prompt-dismissed").await?;
        let text = app.text("problem-text").await?;
        ensure(text.contains("Nothing was changed"), || text)?;
        let after = scene.desktop.keyring_files()?;
        ensure(before == after, || "the keyring's files have changed".to_owned())?;

        scene.desktop.set_keyring(KeyringState::Unlocked).await?;
        app.click("try-again").await?;
        app.unlock(PIN).await?;
        ensure(app.credential_id().await? == id, || "another credential ID".to_owned())?;
        app.close().await
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_entry_is_explained_and_never_replaced() -> Result<()> {
    test(async {
        let scene = Scene::start().await?;
        let (app, _) = scene.enrol("Ward phone").await?;
        let id = app.credential_id().await?;
        app.close().await?;
        let read = |entry: &str| scene.desktop.keyring_entry(&["read", entry], None);
        let seed_entry = format!("credential:{}", id.as_str());
        let good = read("vault")?;
        let good = good.trim();
        let half = &good[..good.len() / 2];
        for damaged in [half, "????", "e30="] {
            scene.desktop.keyring_entry(&["write", "vault"], Some(damaged))?;
            let (seed, attempts) = (read(&seed_entry)?, read("attempts")?);
            let app = AppWindow::start(&scene.desktop).await?;
            explains(&scene, &app, "entry-damaged", "damaged").await?;
            app.click("try-again").await?;
            app.reaches("entry-damaged").await?;
            ensure(read("vault")?.trim() == damaged, || "the entry was replaced".to_owned())?;
            ensure(read(&seed_entry)? == seed, || "the seed's entry has changed".to_owned())?;
            ensure(read("attempts")? == attempts, || "the attempts have changed".to_owned())?;
            app.close().await?;
        }
        scene.desktop.keyring_entry(&["write", "vault"], Some(good))?;
        let app = AppWindow::start(&scene.desktop).await?;
        app.unlock(PIN).await?;
        ensure(app.credential_id().await? == id, || "another credential ID".to_owned())?;
        app.close().await
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_emptied_keyring_names_what_is_gone_instead_of_greeting_a_stranger() -> Result<()> {
    test(async {
        let scene = Scene::start().await?;
        let (app, _) = scene.enrol("Ward phone").await?;
        let id = app.credential_id().await?;
        app.close().await?;
        scene.desktop.empty_keyring().await?;
        let app = AppWindow::start(&scene.desktop).await?;
        app.reaches("keyring-emptied").await?;
        let shown = app.credential_id().await?;
        ensure(shown == id, || format!("it names {shown} instead of {id}"))?;
        let words = app.words().await;
        ensure(words.contains("Ward phone"), || words)?;
        app.close().await
    })
    .await
}
