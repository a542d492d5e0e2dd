//! 100 KB in every text field of the app, and in those of the dashboard that begin the way: a sentence, and
//! everything else kept. The server's own tests try every field of the dashboard.

use std::time::Duration;

use e2e::clock::Stopwatch;
use e2e::dashboard::NewToken;
use e2e::error::ensure;
use e2e::page::Page;
use e2e::scene::{ISSUER, PIN, own_token};
use e2e::wait::{self, Look, PATIENCE};
use e2e::{AppWindow, Browser, Dashboard, Desktop, KeyringState, Result, Scene, test};

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

/// Pastes the long text and presses what takes it, until `place` says this.
async fn is_told(app: &AppWindow, field: &str, press: &str, place: &str, told: &str) -> Result<()> {
    app.paste_into(field, &"x".repeat(LENGTH)).await?;
    app.click(press).await?;
    wait::until(&format!("what is told of {field}"), PATIENCE, async || {
        let said = app.some_text(place).await?;
        Ok(if said.contains(told) { Look::There(()) } else { Look::NotYet(said) })
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_done_with_a_token_says_what_is_too_long() -> Result<()> {
    test(async {
        let desktop = Desktop::start(KeyringState::Unlocked).await?;
        let app = own_token(&desktop, "Ward phone").await?;
        app.click("open-export").await?;
        app.reaches("export").await?;
        is_told(&app, "pskc-passphrase", "export-pskc", "pskc-error", "has 12 to 128").await?;
        app.leave_export().await?;

        app.click("open-details").await?;
        app.reaches("details").await?;
        app.click("rename").await?;
        is_told(&app, "new-name", "save-name", "error", "1 to 64 characters").await?;
        app.click("cancel-rename").await?;
        is_told(&app, "challenge", "make-bound", "error", "has 8 digits").await?;
        is_told(&app, "associate-link", "associate", "error", "longer than").await?;
        ensure(app.text("details-name").await? == "Ward phone", || "another name".to_owned())?;
        app.close().await
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_deletes_a_token_says_what_differs() -> Result<()> {
    test(async {
        let scene = Scene::start().await?;
        let (app, _) = scene.enrol("Ward phone").await?;
        app.click("open-details").await?;
        app.click("delete").await?;
        is_told(&app, "typed-id", "confirm-delete", "delete-error", "not its credential ID")
            .await?;
        app.click("keep-token").await?;
        app.click("back").await?;
        app.reaches("tokens").await?;
        app.credential_id().await?;
        app.close().await
    })
    .await
}

/// Another issuer's token, typed in: the fields and what is good in them.
const BY_HAND: [(&str, &str); 5] = [
    ("other-issuer", "Elsewhere"),
    ("other-account", "ada@lab.example"),
    ("other-key", "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"),
    ("other-period", "45"),
    ("other-counter", "7"),
];

#[tokio::test(flavor = "multi_thread")]
async fn another_issuers_token_and_the_search_say_what_is_too_long() -> Result<()> {
    test(async {
        let desktop = Desktop::start(KeyringState::Unlocked).await?;
        let app = own_token(&desktop, "Ward phone").await?;
        app.click("add-token").await?;
        app.reaches("welcome").await?;
        app.click("add-other").await?;
        app.reaches("other").await?;
        is_told(&app, "otpauth-link", "use-otpauth-link", "link-error", "longer than").await?;
        app.click("other-more").await?;
        for (kind, field, told) in [
            ("totp", "other-issuer", "1 to 64 characters"),
            ("totp", "other-account", "1 to 64 characters"),
            ("totp", "other-key", "longer than"),
            ("totp", "other-period", "1 to 86400 seconds"),
            ("hotp", "other-counter", "whole number"),
        ] {
            app.choose_value("other-kind", kind).await?;
            // A time step has no counter, and a counter no time step.
            let hidden = if kind == "totp" { "other-counter" } else { "other-period" };
            for (other, good) in BY_HAND.iter().filter(|(other, _)| *other != hidden) {
                app.paste_into(other, good).await?;
            }
            is_told(&app, field, "add-by-hand", "error", told).await?;
            for (other, good) in
                BY_HAND.iter().filter(|(other, _)| ![field, hidden].contains(other))
            {
                let kept = app.value(other).await?;
                ensure(kept == *good, || format!("long {field}: {other} is now {kept:?}"))?;
            }
        }
        app.click("back").await?;
        app.reaches("welcome").await?;
        app.click("back").await?;
        app.reaches("tokens").await?;

        let link = "otpauth://totp/Elsewhere:ada?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=";
        for number in 0..6 {
            let mut second = AppWindow::start_again(&desktop, &[&format!("{link}{number}")])?;
            second.ended(PATIENCE).await?;
            app.reaches("other-found").await?;
            app.click("take-other").await?;
            app.reaches("tokens").await?;
        }
        app.paste_into("search", &"x".repeat(LENGTH)).await?;
        wait::until("what is told of the search", PATIENCE, async || {
            let words = app.words().await;
            let told = words.contains("No token has this in its name");
            Ok(if told { Look::There(()) } else { Look::NotYet(words) })
        })
        .await?;
        app.paste_into("search", "ward").await?;
        ensure(app.text("token-name").await?.contains("Ward phone"), || "not found".to_owned())?;
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
