//! A token that was made first, without a link, is associated by a link that comes later: opened
//! while the app is unlocked or locked, or pasted. The link is offered to it, and it stays the token
//! that it was.

use std::time::Duration;

use e2e::axe::Axe;
use e2e::dashboard::{NewToken, Row};
use e2e::error::ensure;
use e2e::scene::{ISSUER, PIN, Scene};
use e2e::server::Activation;
use e2e::tour::Onlooker;
use e2e::wait::{self, Look, PATIENCE};
use e2e::{AppWindow, Browser, Dashboard, Result, clock, test};
use oath::{CredentialId, UnixTime};
use provisioning::EnrolmentLink;
use serde_json::json;

const NAME: &str = "Pocket";

/// The first of two tokens with its status, and the status of the second.
const STATUSES: &str = "
    const [first, second, third] = document.querySelectorAll('[data-testid=token-card]');
    const status = card => card?.querySelector('[data-testid=enrolment-status]').dataset.status;
    return third ? 'three' : [[first?.dataset.credentialId, status(first)], status(second)];
";

/// Makes the first token of all, without a link.
async fn make_first(scene: &Scene) -> Result<(AppWindow, CredentialId)> {
    let app = AppWindow::start(&scene.desktop).await?;
    app.reaches("welcome").await?;
    app.click("make-first").await?;
    app.name_token(NAME).await?;
    app.choose_pin(PIN).await?;
    app.reaches("tokens").await?;
    app.enrolment_becomes("none").await?;
    let id = app.credential_id().await?;
    Ok((app, id))
}

/// Opens a link as a click in a mail does, while the app runs.
async fn open_while_it_runs(scene: &Scene) -> Result<Activation> {
    let activation = scene.server.begin_activation(&scene.prescriber)?;
    let mut second = AppWindow::start_again(&scene.desktop, &[&activation.link])?;
    let status = second.ended(PATIENCE).await?;
    ensure(status.success(), || format!("the second start ended with {status}"))?;
    Ok(activation)
}

/// Takes the offer to associate the token that is there.
async fn take_the_offer(app: &AppWindow, id: CredentialId) -> Result<()> {
    app.reaches("name-token").await?;
    ensure(app.text("issuer-name").await?.contains(ISSUER), || "another issuer".to_owned())?;
    let offered = app.text("associate-made").await?;
    ensure(offered.contains(NAME) && offered.contains(&id.to_string()), || offered)?;
    app.click("associate-made").await?;
    app.reaches("tokens").await
}

/// The server has the very token, and the prescriber associates it with the account.
async fn associate(
    scene: &Scene,
    app: &AppWindow,
    id: CredentialId,
    activation: &Activation,
) -> Result<()> {
    app.enrolment_becomes("sent").await?;
    let cards = app.all("token-card").await?.len();
    ensure(cards == 1, || format!("{cards} tokens, not the one that was there"))?;
    ensure(app.credential_id().await? == id, || "it is another token".to_owned())?;

    let browser = Browser::start(&scene.desktop).await?;
    let dashboard = Dashboard::new(&browser, scene.server.address());
    dashboard.sign_in_by_confirmation(&scene.prescriber, &activation.confirmation).await?;
    let (serial, code) = (id.to_string(), app.code().await?);
    let new = NewToken { issuer: ISSUER, name: NAME, serial: &serial, code: &code };
    dashboard.add_new_token(&new).await?;
    let rows = dashboard.tokens().await?;
    let expected = Row { serial: id.as_str().to_owned(), state: "active".to_owned() };
    ensure(rows == [expected], || format!("the dashboard lists {rows:?}"))?;
    browser.close().await;

    app.click("open-details").await?;
    app.reaches("details").await?;
    app.state_becomes("active").await
}

#[tokio::test(flavor = "multi_thread")]
async fn by_a_link_that_arrives_while_it_is_unlocked() -> Result<()> {
    test(async {
        let scene = Scene::start().await?;
        let (app, id) = make_first(&scene).await?;
        let activation = open_while_it_runs(&scene).await?;
        app.find("associate-made").await?;
        let mut axe = Axe::load()?;
        axe.look(&app, "which token").await?;
        axe.verdict(&["name-token"])?;
        take_the_offer(&app, id).await?;
        associate(&scene, &app, id, &activation).await?;
        app.close().await
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn by_a_link_that_arrives_while_it_is_locked() -> Result<()> {
    test(async {
        let scene = Scene::start().await?;
        let (app, id) = make_first(&scene).await?;
        app.click("lock-now").await?;
        app.reaches("unlock").await?;
        let activation = open_while_it_runs(&scene).await?;
        let hint = app.some_text("link-hint").await?;
        ensure(hint.contains(ISSUER), || hint)?;
        app.unlock_to(PIN, "name-token").await?;
        take_the_offer(&app, id).await?;
        associate(&scene, &app, id, &activation).await?;
        app.close().await
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn by_a_link_that_starts_the_app() -> Result<()> {
    test(async {
        let scene = Scene::start().await?;
        let (app, id) = make_first(&scene).await?;
        app.close().await?;
        let activation = scene.server.begin_activation(&scene.prescriber)?;
        let app = AppWindow::open_link(&scene.desktop, &activation.link).await?;
        app.unlock_to(PIN, "name-token").await?;
        take_the_offer(&app, id).await?;
        associate(&scene, &app, id, &activation).await?;

        // What the help desk ends is seen to have ended, here and on its card.
        let end = ["token", "deactivate", id.as_str(), "--reason", "not-needed"];
        scene.server.run(&end, None)?;
        app.click("refresh-state").await?;
        app.state_becomes("deactivated").await?;
        app.click("back").await?;
        app.reaches("tokens").await?;
        let state = app.attribute("token-state", "data-state").await?;
        ensure(state == "deactivated", || format!("its card says {state}"))?;
        app.close().await
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn by_a_pasted_link_where_tokens_are_added_and_in_its_details() -> Result<()> {
    test(async {
        let scene = Scene::start().await?;
        let (app, id) = make_first(&scene).await?;
        let activation = scene.server.begin_activation(&scene.prescriber)?;
        // First thought to be for another token, then put away: the token is free all the same.
        app.click("add-token").await?;
        app.reaches("welcome").await?;
        app.paste_into("paste-link", &activation.link).await?;
        app.click("use-link").await?;
        app.reaches("name-token").await?;
        app.find("associate-made").await?;
        app.click("set-aside").await?;
        app.reaches("tokens").await?;

        app.click("open-details").await?;
        app.reaches("details").await?;
        app.paste_into("associate-link", &activation.link[..activation.link.len() - 9]).await?;
        app.click("associate").await?;
        let words = app.some_text("error").await?;
        ensure(words.contains("damaged or cut short"), || words)?;
        app.paste_into("associate-link", &activation.link).await?;
        app.click("associate").await?;
        app.reaches("tokens").await?;
        associate(&scene, &app, id, &activation).await?;
        app.close().await
    })
    .await
}

/// How long a link is good that is to expire during the test: as long as enrolling takes, and more.
const SHORT: u64 = 45;

#[tokio::test(flavor = "multi_thread")]
async fn a_token_whose_link_expired_unsent_takes_a_new_one() -> Result<()> {
    test(async {
        let mut scene = Scene::start().await?;
        let mut link =
            EnrolmentLink::parse(&scene.server.begin_activation(&scene.prescriber)?.link)?;
        link.expires = UnixTime(clock::now().0 + SHORT);
        scene.server.stop();
        let app = AppWindow::open_link(&scene.desktop, &link.to_text()).await?;
        app.name_token(NAME).await?;
        app.choose_pin(PIN).await?;
        app.reaches("tokens").await?;
        app.sending_failed().await?;
        let id = app.credential_id().await?;
        scene.server.start_again().await?;

        wait::until("the link to expire", Duration::from_secs(SHORT) + PATIENCE, async || {
            let left = (link.expires.0 + 1).saturating_sub(clock::now().0);
            Ok(if left == 0 { Look::There(()) } else { Look::NotYet(format!("{left} s left")) })
        })
        .await?;
        let activation = open_while_it_runs(&scene).await?;
        take_the_offer(&app, id).await?;
        associate(&scene, &app, id, &activation).await?;
        app.close().await
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_for_another_token_leaves_the_one_that_is_there_alone() -> Result<()> {
    test(async {
        let scene = Scene::start().await?;
        let (app, id) = make_first(&scene).await?;
        open_while_it_runs(&scene).await?;
        app.find("associate-made").await?;
        app.name_token("Ward phone").await?;
        app.reaches("tokens").await?;
        let wanted = json!([[id.as_str(), "none"], "sent"]);
        wait::until("one token left alone, one sent", PATIENCE, async || {
            let found = app.script(STATUSES, vec![]).await?;
            Ok(if found == wanted { Look::There(()) } else { Look::NotYet(found.to_string()) })
        })
        .await?;

        // The token that has a server now is offered to no further link.
        open_while_it_runs(&scene).await?;
        app.find("associate-made").await?;
        let offered = app.all("associate-made").await?.len();
        ensure(offered == 1, || format!("{offered} tokens are offered"))?;
        app.close().await
    })
    .await
}
