//! Manage Tokens, Sign a test prescription, Activity and a code by phone, in a real browser: with
//! JavaScript, looked at by axe-core in both colour schemes and two widths, and without.
//! `E2E_PICTURES=FOLDER` keeps pictures.

use e2e::dashboard::NewToken;
use e2e::error::ensure;
use e2e::http::post_text;
use e2e::scene::ISSUER;
use e2e::server::Prescriber;
use e2e::soft_token::SoftToken;
use e2e::{
    Browser, Dashboard, Desktop, Eyes, KeyringState, Network, Result, Scene, ServerProcess, clock,
    test,
};
use oath::UnixTime;

/// The only token, and the instant of the code that added it.
async fn one_token(scene: &Scene, dashboard: &Dashboard<'_>) -> Result<(SoftToken, UnixTime)> {
    let phone = SoftToken::generate("Phone")?;
    let activation = scene.server.begin_activation(&scene.prescriber)?;
    let sealed = phone.sealed_for(&activation.link)?;
    post_text(scene.server.address(), "/v1/provisioning", &sealed).await?;
    dashboard.sign_in_by_confirmation(&scene.prescriber, &activation.confirmation).await?;
    let added = clock::now();
    let (serial, code) = (phone.id().to_string(), phone.code_at(added)?);
    let new = NewToken { issuer: ISSUER, name: "Phone", serial: &serial, code: &code };
    dashboard.add_new_token(&new).await?;
    dashboard.browser.find("confirmation").await?;
    Ok((phone, added))
}

/// Signs: refused where nothing is marked, accepted, and refused the second time.
async fn sign(scene: &Scene, dashboard: &Dashboard<'_>, code: &str, eyes: &mut Eyes) -> Result<()> {
    let browser = dashboard.browser;
    browser.click("sign-a-test-prescription").await?;
    browser.find("statement").await?;
    eyes.look(browser, "signing-test").await?;
    let tries = [
        ([].as_slice(), "error-ready-1", "signing-test-not-ready"),
        (["ready-1", "ready-3"].as_slice(), "result", "signing-test-accepted"),
        ([].as_slice(), "result", "signing-test-refused"),
    ];
    for (marked, answer, name) in tries {
        for prescription in marked {
            browser.click(prescription).await?;
        }
        browser.type_into("passphrase", &scene.prescriber.passphrase).await?;
        browser.type_into("code", code).await?;
        browser.submit("submit").await?;
        let outcome = browser.find(answer).await?.attr("data-outcome").await?;
        let expected = name.strip_prefix("signing-test-").filter(|_| answer == "result");
        ensure(outcome.as_deref() == expected, || format!("{name}: {outcome:?}"))?;
        let shown = browser.all("prescription").await?.len();
        ensure(shown == 3, || format!("{name}: {shown} prescriptions stay"))?;
        let said = browser.text("statement").await?;
        ensure(said.contains("you are legally signing"), || said)?;
        eyes.look(browser, name).await?;
    }
    Ok(())
}

async fn walk(scene: &Scene, browser: &Browser, eyes: &mut Eyes) -> Result<()> {
    let dashboard = Dashboard::new(browser, scene.server.address());
    let (phone, added) = one_token(scene, &dashboard).await?;
    let warning = browser.text("one-token-left").await?;
    ensure(warning.contains("backup"), || warning)?;
    eyes.look(browser, "manage-tokens").await?;
    // Counted from the first code, not from now: if a step ended while that one was on its way, the
    // token is taken for a step slow, and the code after now's would be too early.
    sign(scene, &dashboard, &phone.code_at(added.plus(30))?, eyes).await?;

    dashboard.open("/activity").await?;
    let why = browser.text("why").await?;
    ensure(why.contains("used before"), || why)?;
    eyes.look(browser, "activity").await?;
    browser.click("manage-tokens").await?;
    browser.click("report-lost").await?;
    browser.submit("report-lost").await?;
    browser.find("next").await?;
    dashboard.open("/tokens").await?;
    browser.find("no-token-left").await?;
    let found = browser.shows("found").await?;
    let tested = browser.shows("test-a-code").await?;
    ensure(found && !tested, || "what can be done with a suspended token".to_owned())?;
    eyes.look(browser, "manage-tokens-suspended").await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_prescriber_signs_a_test_and_sees_it_in_activity() -> Result<()> {
    test(async {
        let scene = Scene::start().await?;
        let browser = Browser::start(&scene.desktop).await?;
        let mut eyes = Eyes::open()?;
        walk(&scene, &browser, &mut eyes).await?;
        browser.close().await;
        eyes.verdict(&["manage-tokens", "signing-test", "signing-test-refused", "activity"])
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn signing_a_test_and_activity_need_no_script() -> Result<()> {
    test(async {
        let scene = Scene::start().await?;
        let browser = Browser::without_javascript(&scene.desktop).await?;
        let mut eyes = Eyes::shut();
        walk(&scene, &browser, &mut eyes).await?;
        browser.close().await;
        Ok(())
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_pages_of_a_code_by_phone() -> Result<()> {
    test(async {
        let desktop = Desktop::start(KeyringState::Unlocked).await?;
        let carrier = Network::start(200)?;
        let options = ["--phone-webhook", carrier.url()];
        let folder = desktop.folder().join("server");
        let server = ServerProcess::start_with(&folder, ISSUER, &options).await?;
        let prescriber = Prescriber::demo();
        server.add_account(&prescriber)?;
        let activation = server.begin_activation(&prescriber)?;
        let browser = Browser::start(&desktop).await?;
        let dashboard = Dashboard::new(&browser, server.address());
        dashboard.sign_in_by_confirmation(&prescriber, &activation.confirmation).await?;
        let mut eyes = Eyes::open()?;
        browser.click("add-new-token").await?;
        browser.find("no-phone").await?;
        eyes.look(&browser, "phone-none").await?;
        let number = ["account", "phone", "--npi", &prescriber.npi, "--number", "+14105550134"];
        server.run(&number, None)?;
        dashboard.open("/tokens/new").await?;
        eyes.look(&browser, "phone").await?;
        browser.click("channel-voice").await?;
        browser.submit("send").await?;
        let said = browser.text("sent").await?;
        ensure(said.contains("called") && said.contains("34"), || said)?;
        eyes.look(&browser, "phone-sent").await?;
        browser.type_into("code", "0000 000A").await?;
        browser.submit("confirm").await?;
        browser.find("error-code").await?;
        eyes.look(&browser, "phone-refused").await?;
        browser.close().await;
        eyes.verdict(&["phone-none", "phone", "phone-sent", "phone-refused"])
    })
    .await
}
