//! Moving a token to a new phone: on the dashboard in a real browser, looked at by axe-core, and into the
//! real app, which enrols by the link of the page; and all of it without JavaScript.

use e2e::dashboard::NewToken;
use e2e::error::ensure;
use e2e::http::post_text;
use e2e::scene::{ISSUER, PIN};
use e2e::server::Prescriber;
use e2e::soft_token::SoftToken;
use e2e::wait::{self, Look, PATIENCE};
use e2e::{
    AppWindow, Browser, Dashboard, Desktop, Eyes, KeyringState, Network, Result, Scene,
    ServerProcess, clock, test,
};

/// The old phone, added, and a sign-in by its code.
async fn old_phone(scene: &Scene, dashboard: &Dashboard<'_>) -> Result<SoftToken> {
    let phone = SoftToken::generate("Phone")?;
    let activation = scene.server.begin_activation(&scene.prescriber)?;
    let sealed = phone.sealed_for(&activation.link)?;
    post_text(scene.server.address(), "/v1/provisioning", &sealed).await?;
    dashboard.sign_in_by_confirmation(&scene.prescriber, &activation.confirmation).await?;
    let now = clock::now();
    let (serial, code) = (phone.id().to_string(), phone.code_at(now)?);
    let new = NewToken { issuer: ISSUER, name: "Ward phone", serial: &serial, code: &code };
    dashboard.add_new_token(&new).await?;
    dashboard.browser.find("confirmation").await?;
    dashboard.sign_out().await?;
    dashboard.sign_in(&scene.prescriber.npi, &scene.prescriber.passphrase).await?;
    dashboard.enter_code(&phone.code_at(now.plus(30))?).await?;
    Ok(phone)
}

/// Begins on the page of the token, and gives the link that it shows.
async fn begin(browser: &Browser, eyes: &mut Eyes) -> Result<String> {
    browser.click("move").await?;
    eyes.look(browser, "move-begin").await?;
    browser.submit("begin-move").await?;
    browser.find("error-sure").await?;
    eyes.look(browser, "move-unsure").await?;
    browser.click("sure").await?;
    browser.submit("begin-move").await?;
    let link = browser.attribute("open-in-app", "href").await?;
    eyes.look(browser, "move-link").await?;
    Ok(link)
}

async fn states(dashboard: &Dashboard<'_>, expected: &[(&str, &str)]) -> Result<()> {
    let rows = dashboard.tokens().await?;
    let is = |(serial, state): &(&str, &str)| {
        rows.iter().any(|row| row.serial == *serial && row.state == *state)
    };
    ensure(expected.iter().all(is), || format!("{rows:?} and not {expected:?}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_moves_into_the_app_on_a_new_phone() -> Result<()> {
    test(async {
        let scene = Scene::start().await?;
        let browser = Browser::start(&scene.desktop).await?;
        let mut eyes = Eyes::open()?;
        let dashboard = Dashboard::new(&browser, scene.server.address());
        let phone = old_phone(&scene, &dashboard).await?;
        begin(&browser, &mut eyes).await?;
        browser.submit("cancel-move").await?;
        browser.find("done").await?;
        eyes.look(&browser, "tokens-move-cancelled").await?;
        let link = begin(&browser, &mut eyes).await?;

        let app = AppWindow::open_link(&scene.desktop, &link).await?;
        app.reaches("name-token").await?;
        app.name_token("Ward phone").await?;
        app.choose_pin(PIN).await?;
        app.reaches("tokens").await?;
        app.enrolment_becomes("sent").await?;
        let new = app.credential_id().await?;

        dashboard.open(&format!("/tokens/{}/move", phone.id().as_str())).await?;
        let shown = browser.text("new-serial").await?;
        ensure(shown == new.to_string(), || format!("{shown} and not {new}"))?;
        eyes.look(&browser, "move-first-code").await?;
        dashboard.open("/tokens").await?;
        eyes.look(&browser, "tokens-moving").await?;
        browser.click("move").await?;
        browser.type_into("code", "000000").await?;
        browser.submit("finish-move").await?;
        browser.find("error-code").await?;
        eyes.look(&browser, "move-refused").await?;
        browser.type_into("code", &app.early_code().await?).await?;
        browser.submit("finish-move").await?;
        browser.find("done").await?;
        eyes.look(&browser, "tokens-moved").await?;
        let old = phone.id();
        let after = [(old.as_str(), "deactivated"), (new.as_str(), "active")];
        states(&dashboard, &after).await?;
        // App and browser are on one machine here, and the page says so.
        browser.find("same-device").await?;
        eyes.look(&browser, "tokens-same-device").await?;

        app.click("open-details").await?;
        app.reaches("details").await?;
        app.state_becomes("active").await?;
        app.find("new-phone").await?;
        app.close().await?;
        browser.close().await;
        eyes.verdict(&[
            "move-begin",
            "move-link",
            "move-first-code",
            "move-refused",
            "tokens-moved",
            "tokens-move-cancelled",
        ])
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_moves_without_javascript_and_a_move_is_cancelled() -> Result<()> {
    test(async {
        let scene = Scene::start().await?;
        let browser = Browser::without_javascript(&scene.desktop).await?;
        let dashboard = Dashboard::new(&browser, scene.server.address());
        let phone = old_phone(&scene, &dashboard).await?;
        let mut eyes = Eyes::shut();
        begin(&browser, &mut eyes).await?;
        browser.submit("cancel-move").await?;
        browser.find("done").await?;
        let old = phone.id();
        states(&dashboard, &[(old.as_str(), "active")]).await?;

        let link = begin(&browser, &mut eyes).await?;
        let new = SoftToken::generate("New phone")?;
        let sealed = new.sealed_for(&link)?;
        post_text(scene.server.address(), "/v1/provisioning", &sealed).await?;
        browser.type_into("code", &new.code_at(clock::now())?).await?;
        browser.submit("finish-move").await?;
        browser.find("done").await?;
        let id = new.id();
        let after = [(old.as_str(), "deactivated"), (id.as_str(), "active")];
        states(&dashboard, &after).await?;
        browser.close().await;
        Ok(())
    })
    .await
}

/// Waits until an element stands on the page of a token's move.
async fn waits(dashboard: &Dashboard<'_>, phone: &SoftToken, for_what: &str) -> Result<()> {
    wait::until(for_what, PATIENCE, async || {
        dashboard.open(&format!("/tokens/{}/move", phone.id().as_str())).await?;
        let there = dashboard.browser.shows(for_what).await?;
        let words = dashboard.browser.words().await;
        Ok(if there { Look::There(()) } else { Look::NotYet(words) })
    })
    .await
}

/// Wrong pairs of codes, each of which counts as a wrong code.
async fn lock(dashboard: &Dashboard<'_>, token: &SoftToken) -> Result<()> {
    let browser = dashboard.browser;
    let wrong = token.wrong_code(clock::now());
    dashboard.open(&format!("/tokens/{}/resynchronise", token.id().as_str())).await?;
    for _ in 0..10 {
        browser.type_into("code", &wrong).await?;
        browser.type_into("second_code", &wrong).await?;
        browser.submit("resynchronise").await?;
        browser.find("error").await?;
    }
    Ok(())
}

/// The network does not answer, the new phone's token is locked meanwhile, and its owner unlocks it by
/// the old phone.
#[tokio::test(flavor = "multi_thread")]
async fn a_move_waits_for_the_network_and_for_the_end_of_a_lock() -> Result<()> {
    test(async {
        let (desktop, network) =
            (Desktop::start(KeyringState::Unlocked).await?, Network::start(200)?);
        let folder = desktop.folder().join("server");
        let server = ServerProcess::start_telling(&folder, ISSUER, Some(&network)).await?;
        let prescriber = Prescriber::demo();
        server.add_account(&prescriber)?;
        let scene = Scene { server, desktop, prescriber };
        let browser = Browser::start(&scene.desktop).await?;
        let mut eyes = Eyes::open()?;
        let dashboard = Dashboard::new(&browser, scene.server.address());
        let phone = old_phone(&scene, &dashboard).await?;
        waits(&dashboard, &phone, "begin-move").await?;

        network.answers(503);
        dashboard.open("/tokens").await?;
        let link = begin(&browser, &mut Eyes::shut()).await?;
        let new = SoftToken::generate("New phone")?;
        let sealed = new.sealed_for(&link)?;
        post_text(scene.server.address(), "/v1/provisioning", &sealed).await?;
        browser.type_into("code", &new.code_at(clock::now())?).await?;
        browser.submit("finish-move").await?;
        browser.find("done").await?;
        eyes.look(&browser, "tokens-move-network").await?;
        waits(&dashboard, &phone, "waits-for-network").await?;
        eyes.look(&browser, "move-network").await?;

        lock(&dashboard, &new).await?;
        network.answers(200);
        waits(&dashboard, &phone, "waits-for-unlock").await?;
        eyes.look(&browser, "move-locked").await?;
        dashboard.open("/tokens").await?;
        eyes.look(&browser, "tokens-move-locked").await?;
        waits(&dashboard, &phone, "waits-for-unlock").await?;
        browser.click("unlock").await?;
        browser.find("ends-the-move").await?;
        eyes.look(&browser, "unlock-ends-move").await?;
        browser.submit("unlock").await?;
        browser.find("done").await?;
        eyes.look(&browser, "tokens-unlocked-moved").await?;
        let (old, new) = (phone.id(), new.id());
        let after = [(old.as_str(), "deactivated"), (new.as_str(), "active")];
        states(&dashboard, &after).await?;
        browser.close().await;
        eyes.verdict(&["move-network", "move-locked", "tokens-move-locked", "unlock-ends-move"])
    })
    .await
}
