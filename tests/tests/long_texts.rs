//! 100 KB in every text field of app and dashboard: a sentence, and everything else kept.

use std::time::Duration;

use e2e::clock::Stopwatch;
use e2e::dashboard::NewToken;
use e2e::error::ensure;
use e2e::page::Page;
use e2e::scene::{ISSUER, PIN};
use e2e::{Browser, Dashboard, Result, Scene, test};

const LENGTH: usize = 100 * 1024;

/// No answer to a long text may take longer, on a machine that is busy with other things.
const QUICK: Duration = Duration::from_secs(20);

/// Pastes the long text and submits; returns what `error` then says.
async fn complaint(page: &Page, field: &str, submit: &str, error: &str) -> Result<String> {
    page.paste_into(field, &"x".repeat(LENGTH)).await?;
    let watch = Stopwatch::start();
    page.click(submit).await?;
    let words = page.some_text(error).await?;
    ensure(watch.elapsed() < QUICK, || format!("{field}: {:?}", watch.elapsed()))?;
    ensure(words.len() < 1_000, || format!("{field}: the answer has {} bytes", words.len()))?;
    Ok(words)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_app_says_what_is_too_long() -> Result<()> {
    test(async {
        let scene = Scene::start().await?;
        let app = e2e::AppWindow::start(&scene.desktop).await?;
        app.reaches("welcome").await?;
        let words = complaint(&app, "paste-link", "use-link", "error").await?;
        ensure(words.contains("longer than"), || words)?;

        let link = scene.server.begin_activation(&scene.prescriber)?.link;
        app.paste_into("paste-link", &link).await?;
        app.click("use-link").await?;
        app.reaches("name-token").await?;
        let words = complaint(&app, "token-name", "continue", "error").await?;
        ensure(words.contains("1 to 64 characters"), || words)?;
        ensure(app.text("issuer-name").await?.contains(ISSUER), || "the link is lost".to_owned())?;
        app.name_token("Ward phone").await?;
        app.choose_pin(PIN).await?;
        app.reaches("tokens").await?;
        app.enrolment_becomes("sent").await?;

        app.click("open-export").await?;
        app.reaches("export").await?;
        let words = complaint(&app, "issuer-card", "make-export", "error").await?;
        ensure(words.contains("longer than"), || words)?;
        let card = scene.server.issuer_card()?;
        app.paste_into("issuer-card", &card).await?;
        app.click("make-export").await?;
        app.find("export-qr").await?;
        app.close().await?;

        // As an argument, too: a system that hands over a link has no field to limit it.
        let link = format!("countersign://enrol#1.{}", "x".repeat(LENGTH));
        let app = e2e::AppWindow::open_link(&scene.desktop, &link).await?;
        app.unlock_to(PIN, "welcome").await?;
        let words = app.some_text("error").await?;
        ensure(words.contains("longer than"), || words)?;
        app.close().await
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_dashboard_says_what_is_too_long_and_keeps_the_other_fields() -> Result<()> {
    test(async {
        let scene = Scene::start().await?;
        let activation = scene.server.begin_activation(&scene.prescriber)?;
        let browser = Browser::start(&scene.desktop).await?;
        let dashboard = Dashboard::new(&browser, scene.server.address());

        for long in ["npi", "passphrase"] {
            dashboard.open("/sign-in").await?;
            browser.type_into("npi", &scene.prescriber.npi).await?;
            browser.type_into("passphrase", &scene.prescriber.passphrase).await?;
            let words = complaint(&browser, long, "submit", "error").await?;
            ensure(words.contains("refused"), || words)?;
        }
        dashboard.sign_in(&scene.prescriber.npi, &scene.prescriber.passphrase).await?;
        let words = complaint(&browser, "code", "submit", "error").await?;
        ensure(words.contains("refused"), || words)?;
        dashboard.enter_code(&activation.confirmation).await?;
        browser.find("add-new-token").await?;

        let token = NewToken {
            issuer: ISSUER,
            name: "Ward phone",
            serial: "CSST 4F7K 92MQ",
            code: "123456",
        };
        for long in ["name", "serial", "code"] {
            dashboard.fill_in_new_token(&token).await?;
            complaint(&browser, long, "save", &format!("error-{long}")).await?;
            for (field, value) in [("name", token.name), ("serial", token.serial)] {
                if field != long {
                    let kept = browser.value(field).await?;
                    ensure(kept == value, || format!("long {long}: {field} is now {kept:?}"))?;
                }
            }
        }
        let rows = dashboard.tokens().await?;
        ensure(rows.is_empty(), || format!("{rows:?}"))?;
        browser.close().await;
        Ok(())
    })
    .await
}
