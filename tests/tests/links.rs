//! Enrolment links that are no good: a clear sentence, and nothing lost.

use std::time::Duration;

use e2e::error::ensure;
use e2e::scene::PIN;
use e2e::server::Prescriber;
use e2e::{AppWindow, Desktop, KeyringState, Result, Scene, ServerProcess, clock, test};
use oath::UnixTime;
use provisioning::EnrolmentLink;

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_link_gets_a_sentence_and_stays_in_its_field() -> Result<()> {
    test(async {
        let scene = Scene::start().await?;
        let good = scene.server.begin_activation(&scene.prescriber)?.link;
        let middle = good.len() / 2;
        let other = if good.as_bytes()[middle] == b'A' { "B" } else { "A" };
        let damaged = format!("{}{other}{}", &good[..middle], &good[middle + 1..]);
        let mut expired = EnrolmentLink::parse(&good)?;
        expired.expires = UnixTime(clock::now().0 - 1);
        let expired = expired.to_text().to_string();
        let newer = good.replacen("#1.", "#2.", 1);
        let card = scene.server.issuer_card()?;
        let cases = [
            ("damaged", damaged.as_str(), "damaged or cut short"),
            ("truncated", &good[..good.len() - 20], "damaged or cut short"),
            ("cut to almost nothing", &good[..22], "damaged or cut short"),
            ("expired", &expired, "expired"),
            ("of a newer format", &newer, "newer format"),
            ("somebody else's", "https://enrol.example/start?token=abc", "not an enrolment link"),
            ("another app's", "authenticator://enrol#1.GEZDGNBV", "not an enrolment link"),
            ("an issuer card", &card, "not an enrolment link"),
        ];

        let app = AppWindow::start(&scene.desktop).await?;
        app.reaches("welcome").await?;
        for (what, link, sentence) in cases {
            app.paste_into("paste-link", link).await?;
            app.click("use-link").await?;
            let words = app.some_text("error").await?;
            ensure(words.contains(sentence), || format!("{what}: {words}"))?;
            ensure(app.screen().await? == "welcome", || format!("{what}: left the screen"))?;
            let kept = app.value("paste-link").await?;
            ensure(kept == link, || format!("{what}: the field now has {kept:?}"))?;
        }
        // As a mail program wraps it, the good one is still good.
        let wrapped = format!("  {}\r\n{}\n", &good[..76], &good[76..]);
        app.paste_into("paste-link", &wrapped).await?;
        app.click("use-link").await?;
        app.reaches("name-token").await?;
        app.close().await?;

        // Handed over by the system instead of pasted.
        let app = AppWindow::open_link(&scene.desktop, &damaged).await?;
        app.reaches("welcome").await?;
        let words = app.some_text("error").await?;
        ensure(words.contains("damaged or cut short"), || words)?;
        ensure(app.value("paste-link").await? == damaged, || "the link is lost".to_owned())?;
        app.close().await
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_used_link_is_refused_here_and_on_another_device_where_the_token_is_kept() -> Result<()> {
    test(async {
        let scene = Scene::start().await?;
        let (app, activation) = scene.enrol("Ward phone").await?;
        let id = app.credential_id().await?;
        app.click("add-token").await?;
        app.reaches("welcome").await?;
        app.paste_into("paste-link", &activation.link).await?;
        app.click("use-link").await?;
        let words = app.some_text("error").await?;
        ensure(words.contains(&id.to_string()) || words.contains(id.as_str()), || words.clone())?;
        ensure(words.contains("used"), || words)?;
        app.close().await?;

        let other_device = Desktop::start(KeyringState::Unlocked).await?;
        let app = AppWindow::open_link(&other_device, &activation.link).await?;
        app.name_token("Stolen link").await?;
        app.choose_pin(PIN).await?;
        app.reaches("tokens").await?;
        let words = app.sending_failed().await?;
        ensure(words.contains("used"), || words.clone())?;
        ensure(words.contains("did not take the token"), || words)?;
        let listed = scene.server.list_tokens()?;
        ensure(listed.lines().count() == 1, || listed.clone())?;
        ensure(listed.contains(id.as_str()) || listed.contains(&id.to_string()), || listed)?;
        app.close().await
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_that_leads_to_a_foreign_server_enrols_nothing_there() -> Result<()> {
    test(async {
        let scene = Scene::start().await?;
        let foreign =
            ServerProcess::start(&scene.desktop.folder().join("foreign"), "Harbour Hospital")
                .await?;
        foreign.add_account(&Prescriber::other())?;
        let text = scene.server.begin_activation(&scene.prescriber)?.link;
        let mut link = EnrolmentLink::parse(&text)?;
        link.server = foreign.address().parse()?;

        let app = AppWindow::open_link(&scene.desktop, &link.to_text()).await?;
        app.name_token("Ward phone").await?;
        app.choose_pin(PIN).await?;
        app.reaches("tokens").await?;
        let words = app.sending_failed().await?;
        ensure(words.contains("sealed to another server"), || words)?;
        for server in [&foreign, &scene.server] {
            let listed = server.list_tokens()?;
            ensure(listed.contains("No tokens"), || listed)?;
        }
        // Nothing lost: it is there, it makes codes, and it can still be carried to its issuer.
        app.code().await?;
        app.export(&scene.server.issuer_card()?).await?;
        scene.server.import(&app.save_export().await?)?;
        let listed = scene.server.list_tokens()?;
        ensure(listed.contains("Ward phone"), || listed)?;
        app.close().await
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_that_expires_while_the_pin_is_chosen_makes_no_token() -> Result<()> {
    test(async {
        let scene = Scene::start().await?;
        let app = AppWindow::start(&scene.desktop).await?;
        app.reaches("welcome").await?;
        let text = scene.server.begin_activation(&scene.prescriber)?.link;
        let mut link = EnrolmentLink::parse(&text)?;
        link.expires = clock::now().plus(10);
        app.paste_into("paste-link", &link.to_text()).await?;
        app.click("use-link").await?;
        app.name_token("Ward phone").await?;
        app.reaches("choose-pin").await?;
        while clock::now() <= link.expires {
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        app.choose_pin(PIN).await?;
        app.reaches("welcome").await?;
        let words = app.some_text("error").await?;
        ensure(words.contains("expired"), || words)?;
        let vault = scene.desktop.keyring_entry(&["read", "vault"], None);
        ensure(vault.is_err(), || "a vault was made for an expired link".to_owned())?;
        app.close().await
    })
    .await
}
