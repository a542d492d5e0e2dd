//! A code that is good for one prescription only: the number from the signing page into the app, the
//! code from the app onto the page.

use e2e::dashboard::NewToken;
use e2e::error::ensure;
use e2e::scene::ISSUER;
use e2e::{Browser, Dashboard, Eyes, Result, Scene, clock, test, wait};

#[tokio::test(flavor = "multi_thread")]
async fn the_apps_code_signs_what_was_marked() -> Result<()> {
    test(async {
        let scene = Scene::start().await?;
        let (app, activation) = scene.enrol("Ward phone").await?;
        let browser = Browser::start(&scene.desktop).await?;
        let dashboard = Dashboard::new(&browser, scene.server.address());
        dashboard.sign_in_by_confirmation(&scene.prescriber, &activation.confirmation).await?;
        let serial = app.credential_id().await?.to_string();
        let (code, added) = (app.early_code().await?, clock::now());
        let new = NewToken { issuer: ISSUER, name: "Ward phone", serial: &serial, code: &code };
        dashboard.add_new_token(&new).await?;
        browser.find("confirmation").await?;
        app.click("open-details").await?;
        app.reaches("details").await?;

        let mut eyes = Eyes::open()?;
        dashboard.open("/signing-test").await?;
        browser.click("ready-2").await?;
        browser.submit("ask-number").await?;
        let number = browser.text("challenge").await?;
        eyes.look(&browser, "signing-test-number").await?;

        app.type_into("challenge", "1234").await?;
        app.click("make-bound").await?;
        let words = app.some_text("error").await?;
        ensure(words.contains("8 digits"), || words)?;
        app.type_into("challenge", &number).await?;
        // The time step of the first code is used up, for codes of both kinds.
        wait::past_time_step(added).await;
        wait::early_in_time_step().await;
        app.click("make-bound").await?;
        let code = app.some_text("bound-code").await?.replace(' ', "");
        browser.type_into("passphrase", &scene.prescriber.passphrase).await?;
        browser.type_into("code", &code).await?;
        browser.submit("submit").await?;
        let outcome = browser.find("result").await?.attr("data-outcome").await?;
        ensure(outcome.as_deref() == Some("accepted"), || format!("{outcome:?}"))?;
        // The app's own codes go on, and that one ends with its time step.
        wait::past_time_step(clock::now()).await;
        let words = app.some_text("bound-result").await?;
        ensure(words.contains("over"), || words)?;
        browser.close().await;
        app.close().await?;
        eyes.verdict(&["signing-test-number"])
    })
    .await
}
