//! The server goes away in the middle of enrolment: the credential is kept, and sent later.

use e2e::error::ensure;
use e2e::http::post_text;
use e2e::scene::PIN;
use e2e::soft_token::SoftToken;
use e2e::wait::{self, Look, PATIENCE};
use e2e::{AppWindow, Result, Scene, test};

#[tokio::test(flavor = "multi_thread")]
async fn the_token_is_kept_over_a_restart_and_sent_when_the_server_is_back() -> Result<()> {
    test(async {
        let mut scene = Scene::start().await?;
        let (app, _) = scene.open_link().await?;
        scene.server.stop();
        app.name_token("Ward phone").await?;
        app.choose_pin(PIN).await?;
        app.reaches("tokens").await?;
        let words = app.sending_failed().await?;
        ensure(words.contains("could not be reached"), || words.clone())?;
        ensure(words.contains("kept here"), || words)?;
        let id = app.credential_id().await?;
        app.code().await?;
        app.close().await?;

        let app = AppWindow::start(&scene.desktop).await?;
        app.unlock(PIN).await?;
        ensure(app.credential_id().await? == id, || "another credential ID".to_owned())?;
        // It is sent again by itself, in vain.
        app.sending_failed().await?;
        app.click("retry-sending").await?;
        app.sending_failed().await?;

        scene.server.start_again().await?;
        app.click("retry-sending").await?;
        app.enrolment_becomes("sent").await?;
        let listed = scene.server.list_tokens()?;
        ensure(listed.contains(id.as_str()) || listed.contains(&id.to_string()), || listed)?;
        app.close().await
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_could_not_be_sent_is_sent_by_itself_after_the_next_unlock() -> Result<()> {
    test(async {
        let mut scene = Scene::start().await?;
        let (app, _) = scene.open_link().await?;
        scene.server.stop();
        app.name_token("Ward phone").await?;
        app.choose_pin(PIN).await?;
        app.reaches("tokens").await?;
        app.sending_failed().await?;
        scene.server.start_again().await?;
        app.click("lock-now").await?;
        app.unlock(PIN).await?;
        app.enrolment_becomes("sent").await?;
        app.close().await
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_server_refused_is_sent_again_only_by_hand() -> Result<()> {
    test(async {
        let scene = Scene::start().await?;
        let (app, activation) = scene.open_link().await?;
        let thief = SoftToken::generate("Thief's phone")?;
        let text = thief.sealed_for(&activation.link)?;
        let taken = post_text(scene.server.address(), "/v1/provisioning", &text).await?;
        ensure(taken.status == 201, || format!("{taken:?}"))?;
        app.name_token("Ward phone").await?;
        app.choose_pin(PIN).await?;
        app.reaches("tokens").await?;
        let words = app.sending_failed().await?;
        ensure(words.contains("did not take the token"), || words)?;

        app.click("lock-now").await?;
        app.unlock(PIN).await?;
        // A sending would show itself at once, and leave its failure.
        let words = app.text("token-card").await?;
        let untried = words.contains("refused it") && !words.contains("did not take");
        ensure(untried, || words)?;
        app.click("retry-sending").await?;
        wait::until("the answer to sending by hand", PATIENCE, async || {
            let words = app.text("token-card").await?;
            let told = words.contains("did not take the token");
            Ok(if told { Look::There(()) } else { Look::NotYet(words) })
        })
        .await?;
        app.close().await
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_network_it_is_sealed_for_its_own_server_and_carried_there() -> Result<()> {
    test(async {
        let mut scene = Scene::start().await?;
        let (app, _) = scene.open_link().await?;
        scene.server.stop();
        app.name_token("Ward phone").await?;
        app.choose_pin(PIN).await?;
        app.reaches("tokens").await?;
        app.sending_failed().await?;
        app.click("open-export").await?;
        app.reaches("export").await?;
        app.click("export-to-issuer").await?;
        app.find("export-qr").await?;
        let file = app.save_export().await?;
        app.leave_export().await?;
        let id = app.credential_id().await?;

        scene.server.import(&file)?;
        let listed = scene.server.list_tokens()?;
        ensure(listed.contains(id.as_str()) || listed.contains(&id.to_string()), || listed)?;
        // Sent twice, by file and by network, it is still one token.
        scene.server.start_again().await?;
        app.click("retry-sending").await?;
        app.enrolment_becomes("sent").await?;
        let listed = scene.server.list_tokens()?;
        ensure(listed.lines().count() == 1, || listed)?;
        app.close().await
    })
    .await
}
