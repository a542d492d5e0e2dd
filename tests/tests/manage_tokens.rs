//! What a prescriber does with their tokens, in a real browser: with JavaScript, looked at by axe-core
//! in both colour schemes and two widths, and without. `E2E_PICTURES=FOLDER` keeps pictures.

use std::path::PathBuf;

use e2e::axe::Axe;
use e2e::dashboard::NewToken;
use e2e::error::ensure;
use e2e::http::post_text;
use e2e::scene::ISSUER;
use e2e::server::Prescriber;
use e2e::soft_token::SoftToken;
use e2e::tour::Onlooker as _;
use e2e::wait::{self, Look, PATIENCE};
use e2e::{
    AppWindow, Browser, Dashboard, Desktop, Eyes, KeyringState, Network, Result, Scene,
    ServerClock, ServerProcess, clock, test,
};

/// Adds a token by what its owner reads from it.
async fn add(dashboard: &Dashboard<'_>, token: &SoftToken, name: &str, code: &str) -> Result<()> {
    let serial = token.id().to_string();
    dashboard.add_new_token(&NewToken { issuer: ISSUER, name, serial: &serial, code }).await?;
    dashboard.browser.find("confirmation").await.map(drop)
}

/// Two tokens, and a sign-in by a code of the first.
async fn two_tokens(scene: &Scene, dashboard: &Dashboard<'_>) -> Result<(SoftToken, SoftToken)> {
    let (phone, tablet) = (SoftToken::generate("Phone")?, SoftToken::generate("Tablet")?);
    let activation = scene.server.begin_activation(&scene.prescriber)?;
    let sealed = phone.sealed_for(&activation.link)?;
    post_text(scene.server.address(), "/v1/provisioning", &sealed).await?;
    dashboard.sign_in_by_confirmation(&scene.prescriber, &activation.confirmation).await?;
    let now = clock::now();
    add(dashboard, &phone, "Phone", &phone.code_at(now)?).await?;
    dashboard.sign_out().await?;
    let activation = scene.server.begin_activation(&scene.prescriber)?;
    let sealed = tablet.sealed_for(&activation.link)?;
    post_text(scene.server.address(), "/v1/provisioning", &sealed).await?;
    sign_in(scene, dashboard).await?;
    dashboard.enter_code(&phone.code_at(now.plus(30))?).await?;
    add(dashboard, &tablet, "Tablet", &tablet.code_at(clock::now())?).await?;
    Ok((phone, tablet))
}

async fn sign_in(scene: &Scene, dashboard: &Dashboard<'_>) -> Result<()> {
    dashboard.sign_in(&scene.prescriber.npi, &scene.prescriber.passphrase).await
}

fn path(token: &SoftToken, what: &str) -> String {
    format!("/tokens/{}/{what}", token.id().as_str())
}

async fn state(dashboard: &Dashboard<'_>, token: &SoftToken, wanted: &str) -> Result<()> {
    let rows = dashboard.tokens().await?;
    let there = rows.iter().any(|row| row.serial == token.id().as_str() && row.state == wanted);
    ensure(there, || format!("{} is not {wanted}: {rows:?}", token.id()))
}

async fn resynchronise(
    dashboard: &Dashboard<'_>,
    tablet: &SoftToken,
    eyes: &mut Eyes,
) -> Result<()> {
    let browser = dashboard.browser;
    dashboard.open(&path(tablet, "resynchronise")).await?;
    eyes.look(browser, "resynchronise").await?;
    let fast = clock::now().plus(1_200);
    let codes = [tablet.code_at(fast)?, tablet.code_at(fast.plus(30))?];
    for (turned, last) in [(true, false), (false, true)] {
        browser.type_into("code", &codes[usize::from(turned)]).await?;
        browser.type_into("second_code", &codes[usize::from(!turned)]).await?;
        browser.submit("resynchronise").await?;
        if !last {
            browser.find("error-code").await?;
            eyes.look(browser, "resynchronise-refused").await?;
        }
    }
    browser.find("done").await?;
    eyes.look(browser, "tokens-resynchronised").await
}

/// Locks the tablet by wrong codes, and unlocks it by the sign-in with the phone.
async fn locked_and_unlocked(
    dashboard: &Dashboard<'_>,
    tablet: &SoftToken,
    eyes: &mut Eyes,
) -> Result<()> {
    let browser = dashboard.browser;
    dashboard.open(&path(tablet, "resynchronise")).await?;
    let wrong = tablet.wrong_code(clock::now());
    // A wrong pair counts as one wrong code.
    for _ in 0..10 {
        browser.type_into("code", &wrong).await?;
        browser.type_into("second_code", &wrong).await?;
        browser.submit("resynchronise").await?;
        browser.find("error").await?;
    }
    state(dashboard, tablet, "locked").await?;
    eyes.look(browser, "tokens-locked").await?;
    browser.click("unlock").await?;
    browser.find("what-follows").await?;
    eyes.look(browser, "unlock").await?;
    browser.submit("unlock").await?;
    browser.find("done").await?;
    eyes.look(browser, "tokens-unlocked").await?;
    state(dashboard, tablet, "active").await
}

async fn lost_and_found(
    dashboard: &Dashboard<'_>,
    tablet: &SoftToken,
    eyes: &mut Eyes,
) -> Result<()> {
    let browser = dashboard.browser;
    dashboard.open(&format!("/lost?token={}", tablet.id().as_str())).await?;
    eyes.look(browser, "report-lost").await?;
    browser.submit("report-lost").await?;
    browser.find("next").await?;
    eyes.look(browser, "reported-lost").await?;
    browser.click("draft-notice").await?;
    browser.find("notice").await?;
    eyes.look(browser, "lost").await?;
    browser.submit("save-last-had").await?;
    browser.find("saved").await?;
    browser.click("not-mine").await?;
    browser.submit("save-codes").await?;
    let mark = browser.find("code").await?.attr("data-mark").await?;
    ensure(mark.as_deref() == Some("not-mine"), || format!("{mark:?}"))?;
    let notice = browser.text("notice").await?;
    ensure(notice.contains("NOT MINE"), || notice)?;
    eyes.look(browser, "lost-marked").await?;
    state(dashboard, tablet, "suspended").await?;
    browser.find("loss-clock").await?;
    eyes.look(browser, "tokens-suspended").await?;
    browser.click("found").await?;
    browser.submit("found").await?;
    browser.find("error-sure").await?;
    eyes.look(browser, "found-unsure").await?;
    browser.click("sure").await?;
    browser.submit("found").await?;
    browser.find("done").await?;
    state(dashboard, tablet, "active").await
}

async fn deactivate(
    dashboard: &Dashboard<'_>,
    (phone, tablet): (&SoftToken, &SoftToken),
    eyes: &mut Eyes,
) -> Result<()> {
    let browser = dashboard.browser;
    dashboard.open(&path(tablet, "deactivate")).await?;
    eyes.look(browser, "deactivate").await?;
    browser.submit("deactivate-token").await?;
    browser.find("error-deactivate").await?;
    eyes.look(browser, "deactivate-refused").await?;
    browser.click("reason-uninstalled").await?;
    browser.click("deactivate").await?;
    browser.submit("deactivate-token").await?;
    browser.find("done").await?;
    eyes.look(browser, "tokens-deactivated").await?;
    state(dashboard, tablet, "deactivated").await?;
    dashboard.open(&path(phone, "deactivate")).await?;
    browser.click("reason-faulty").await?;
    browser.click("deactivate").await?;
    browser.submit("deactivate-token").await?;
    browser.find("error-last").await?;
    eyes.look(browser, "deactivate-last").await?;
    state(dashboard, phone, "active").await
}

async fn walk(scene: &Scene, browser: &Browser, eyes: &mut Eyes) -> Result<()> {
    let dashboard = Dashboard::new(browser, scene.server.address());
    let (phone, tablet) = two_tokens(scene, &dashboard).await?;
    eyes.look(browser, "tokens").await?;
    dashboard.open("/tokens/new?codes=2").await?;
    browser.find("second_code").await?;
    eyes.look(browser, "add-token-two-codes").await?;
    resynchronise(&dashboard, &tablet, eyes).await?;
    dashboard.open(&path(&tablet, "drift")).await?;
    browser.find("drift-chart").await?;
    eyes.look(browser, "drift").await?;
    locked_and_unlocked(&dashboard, &tablet, eyes).await?;
    lost_and_found(&dashboard, &tablet, eyes).await?;
    deactivate(&dashboard, (&phone, &tablet), eyes).await?;

    // The passphrase alone is enough to report a loss, and two codes in a row sign in.
    dashboard.sign_out().await?;
    sign_in(scene, &dashboard).await?;
    browser.click("two-codes").await?;
    eyes.look(browser, "sign-in-two-codes").await?;
    let fast = clock::now().plus(1_800);
    browser.type_into("code", &phone.code_at(fast)?).await?;
    browser.type_into("second_code", &phone.code_at(fast.plus(30))?).await?;
    browser.submit("submit").await?;
    browser.find("add-new-token").await?;
    dashboard.sign_out().await?;
    sign_in(scene, &dashboard).await?;
    browser.click("report-lost").await?;
    browser.submit("report-lost").await?;
    browser.find("next").await?;
    eyes.look(browser, "reported-lost-by-one-factor").await?;
    browser.click("draft-notice").await?;
    browser.find("codes-hidden").await?;
    eyes.look(browser, "lost-by-one-factor").await
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_are_managed_on_every_page() -> Result<()> {
    test(async {
        let scene = Scene::start().await?;
        let browser = Browser::start(&scene.desktop).await?;
        let mut eyes = Eyes::open()?;
        walk(&scene, &browser, &mut eyes).await?;
        browser.close().await;
        eyes.verdict(&[
            "tokens",
            "resynchronise",
            "tokens-locked",
            "unlock",
            "tokens-unlocked",
            "report-lost",
            "lost-marked",
            "drift",
            "found-unsure",
            "deactivate-last",
        ])
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_are_managed_without_javascript() -> Result<()> {
    test(async {
        let scene = Scene::start().await?;
        let browser = Browser::without_javascript(&scene.desktop).await?;
        walk(&scene, &browser, &mut Eyes::shut()).await?;
        browser.close().await;
        Ok(())
    })
    .await
}

/// A picture of the app's window, where pictures are kept.
async fn picture(app: &AppWindow, name: &str) -> Result<()> {
    match std::env::var_os("E2E_PICTURES") {
        Some(folder) => app.screenshot(&PathBuf::from(folder).join(name)).await,
        None => Ok(()),
    }
}

/// The whole way of a token that the network does not acknowledge for an hour: the app and the dashboard
/// count its minutes, both say that it was given up and what to do, and that it is active once it is.
#[tokio::test(flavor = "multi_thread")]
async fn the_app_and_the_dashboard_wait_for_the_network() -> Result<()> {
    test(async {
        let network = Network::start(503)?;
        let desktop = Desktop::start(KeyringState::Unlocked).await?;
        let folder = desktop.folder().join("server");
        std::fs::create_dir_all(&folder)?;
        let (clock, telling) =
            (ServerClock::off_by(&folder, 0)?, ["--network-webhook", network.url()]);
        let server = ServerProcess::start_by(clock, &folder, ISSUER, &telling).await?;
        let prescriber = Prescriber::demo();
        server.add_account(&prescriber)?;
        let scene = Scene { server, desktop, prescriber };
        let (app, activation) = scene.enrol("Phone").await?;
        let (serial, code) = (app.credential_id().await?.to_string(), app.code().await?);
        let browser = Browser::start(&scene.desktop).await?;
        let mut eyes = Eyes::open()?;
        let dashboard = Dashboard::new(&browser, scene.server.address());
        dashboard.sign_in_by_confirmation(&scene.prescriber, &activation.confirmation).await?;
        let new = NewToken { issuer: ISSUER, name: "Phone", serial: &serial, code: &code };
        dashboard.add_new_token(&new).await?;
        let rows = dashboard.tokens().await?;
        ensure(rows.len() == 1 && rows[0].state == "pending-sync", || format!("{rows:?}"))?;
        let words = browser.words().await;
        ensure(words.contains("Network sync, minute 0 of 60"), || words)?;
        eyes.look(&browser, "tokens-pending-sync").await?;

        app.click("open-details").await?;
        app.reaches("details").await?;
        app.state_becomes("pending-sync").await?;
        let words = app.words().await;
        ensure(words.contains("minute 0 of 60"), || words)?;

        // An hour later it is given up; whoever looks then has the right time again.
        scene.server.clock()?.set(3_700)?;
        wait::until("the network to be given up", PATIENCE, async || {
            let listed = scene.server.run(&["events", "--limit", "50"], None)?;
            Ok(match listed.contains("60 minutes") {
                true => Look::There(()),
                false => Look::NotYet(listed),
            })
        })
        .await?;
        scene.server.clock()?.set(0)?;
        app.click("refresh-state").await?;
        let over = "did not answer within an hour. In the dashboard, choose Try again";
        wait::until("the app to say so", PATIENCE, async || {
            let words = app.words().await;
            Ok(if words.contains(over) { Look::There(()) } else { Look::NotYet(words) })
        })
        .await?;
        let mut axe = Axe::load()?;
        axe.look(&app, "sync over").await?;
        axe.verdict(&["details"])?;
        picture(&app, "app-sync-over.png").await?;

        dashboard.open("/tokens").await?;
        eyes.look(&browser, "tokens-sync-over").await?;
        network.answers(200);
        browser.submit("sync-again").await?;
        wait::until("the token to be active", PATIENCE, async || {
            let rows = dashboard.tokens().await?;
            let active = rows.iter().all(|row| row.state == "active");
            Ok(if active { Look::There(()) } else { Look::NotYet(format!("{rows:?}")) })
        })
        .await?;
        app.click("refresh-state").await?;
        app.state_becomes("active").await?;
        browser.close().await;
        app.close().await?;
        eyes.verdict(&["tokens-pending-sync", "tokens-sync-over"])
    })
    .await
}
