//! Every screen of the app, in five stories; whoever walks along looks at each.

use std::future::Future;

use crate::app::AppWindow;
use crate::browser::Browser;
use crate::clock;
use crate::dashboard::{Dashboard, NewToken};
use crate::desktop::KeyringState;
use crate::error::{Result, ensure};
use crate::scene::{ISSUER, PIN, Scene, WRONG_PIN};
use crate::soft_token::SoftToken;
use crate::wait::PATIENCE;

/// Whoever looks at the screens: a checker, a camera.
pub trait Onlooker {
    /// Looks at the screen that is shown. `moment` tells it from other looks at the same screen.
    ///
    /// # Errors
    ///
    /// When it cannot look.
    fn look(&mut self, app: &AppWindow, moment: &str) -> impl Future<Output = Result<()>>;
}

/// Another issuer's tokens, one of each kind.
const BY_TIME: &str =
    "otpauth://totp/Hospital%20VPN:h.jones?secret=JBSWY3DPEHPK3PXP&issuer=Hospital%20VPN";
const BY_COUNTER: &str = "otpauth://hotp/Old%20bank:h.jones?secret=JBSWY3DPEHPK3PXP&counter=7";

/// From the first screen, over enrolment, to many tokens, their search and their order.
///
/// # Errors
///
/// When the app does not get there, or the onlooker stops.
pub async fn from_the_first_screen_to_many_tokens(onlooker: &mut impl Onlooker) -> Result<()> {
    let scene = Scene::start().await?;
    let app = AppWindow::start(&scene.desktop).await?;
    onlooker.look(&app, "first").await?;
    app.click("use-link").await?;
    app.some_text("error").await?;
    onlooker.look(&app, "nothing pasted").await?;

    app.click("make-first").await?;
    app.reaches("name-token").await?;
    onlooker.look(&app, "without a link").await?;
    app.click("set-aside").await?;
    app.reaches("welcome").await?;
    app.click("add-other").await?;
    app.reaches("other").await?;
    app.click("other-more").await?;
    app.click("add-by-hand").await?;
    app.some_text("error").await?;
    onlooker.look(&app, "nothing typed").await?;
    app.click("back").await?;

    let link = scene.server.begin_activation(&scene.prescriber)?.link;
    app.paste_into("paste-link", &link).await?;
    app.click("use-link").await?;
    app.reaches("name-token").await?;
    onlooker.look(&app, "with a link").await?;
    app.name_token("Ward phone").await?;
    app.reaches("choose-pin").await?;
    app.enter_pin("1234").await?;
    app.some_text("pin-error").await?;
    onlooker.look(&app, "a trivial PIN").await?;
    app.enter_pin(PIN).await?;
    app.reaches("repeat-pin").await?;
    onlooker.look(&app, "PIN again").await?;
    app.enter_pin(PIN).await?;
    app.reaches("tokens").await?;
    app.enrolment_becomes("sent").await?;
    onlooker.look(&app, "one token").await?;

    for number in 0..6 {
        let link = if number == 0 { BY_COUNTER } else { BY_TIME };
        add_by_link(&app, link).await?;
    }
    app.click("make-next-code").await?;
    app.find("search").await?;
    onlooker.look(&app, "many tokens").await?;
    app.type_into("search", "nobody has this").await?;
    onlooker.look(&app, "none found").await?;
    app.type_into("search", "bank").await?;
    app.click("copy-code").await?;
    app.some_text("toast").await?;
    onlooker.look(&app, "copied").await?;
    app.click("lock-now").await?;
    app.wrong_pin(WRONG_PIN).await?;
    onlooker.look(&app, "a wrong PIN").await?;
    app.unlock(PIN).await?;
    app.click("reorder").await?;
    onlooker.look(&app, "changing the order").await?;
    let mut second = AppWindow::start_again(&scene.desktop, &[BY_TIME])?;
    second.ended(PATIENCE).await?;
    app.reaches("other-found").await?;
    onlooker.look(&app, "by its link").await?;
    app.close().await?;
    Ok(())
}

/// Pastes a setup link where tokens are added.
async fn add_by_link(app: &AppWindow, link: &str) -> Result<()> {
    app.click("add-token").await?;
    app.reaches("welcome").await?;
    app.paste_into("paste-link", link).await?;
    app.click("use-link").await?;
    app.reaches("tokens").await
}

/// One token's details, its loss, its provisioning data, and how it would be deleted.
///
/// # Errors
///
/// When the app does not get there, or the onlooker stops.
pub async fn one_token_its_loss_its_data_and_its_end(onlooker: &mut impl Onlooker) -> Result<()> {
    let scene = Scene::start().await?;
    let (app, activation) = scene.enrol("Ward phone").await?;
    let backup = associate_both(&scene, &app, &activation.confirmation).await?;

    open_details(&app).await?;
    onlooker.look(&app, "before the server is asked").await?;
    app.click("refresh-state").await?;
    app.find("state-line").await?;
    onlooker.look(&app, "active").await?;
    app.click("rename").await?;
    onlooker.look(&app, "renaming").await?;
    app.click("cancel-rename").await?;
    app.click("delete").await?;
    app.click("confirm-delete").await?;
    app.some_text("delete-error").await?;
    onlooker.look(&app, "deleting").await?;
    app.click("keep-token").await?;

    app.click("report-lost").await?;
    app.reaches("lost").await?;
    app.click("lost-candidate").await?;
    onlooker.look(&app, "the lost one chosen").await?;
    app.click("confirm-lost").await?;
    let done = app.some_text("lost-done").await?;
    onlooker.look(&app, "suspended").await?;
    let listed = scene.server.list_tokens()?;
    ensure(listed.contains("suspended"), || format!("{done}, but {backup}: {listed}"))?;
    app.click("back").await?;
    app.reaches("details").await?;

    app.click("open-export").await?;
    app.reaches("export").await?;
    onlooker.look(&app, "no card yet").await?;
    app.paste_into("issuer-card", &scene.server.issuer_card()?).await?;
    app.click("make-export").await?;
    app.find("export-qr").await?;
    app.click("save-export").await?;
    app.some_text("export-file").await?;
    app.type_into("pskc-passphrase", "short").await?;
    app.click("export-pskc").await?;
    app.some_text("pskc-error").await?;
    onlooker.look(&app, "sealed; a short passphrase").await?;
    app.click("back").await?;
    app.reaches("details").await?;
    app.click("back").await?;
    app.reaches("tokens").await?;
    a_link_for_a_token_made_first(onlooker, &scene, &app).await?;
    app.close().await?;
    Ok(())
}

/// A token without a link, and then a link, which could be for it.
async fn a_link_for_a_token_made_first(
    onlooker: &mut impl Onlooker,
    scene: &Scene,
    app: &AppWindow,
) -> Result<()> {
    app.click("add-token").await?;
    app.reaches("welcome").await?;
    app.click("make-first").await?;
    app.name_token("Pocket").await?;
    app.reaches("tokens").await?;
    let link = scene.server.begin_activation(&scene.prescriber)?.link;
    app.click("add-token").await?;
    app.reaches("welcome").await?;
    app.paste_into("paste-link", &link).await?;
    app.click("use-link").await?;
    app.reaches("name-token").await?;
    app.find("associate-made").await?;
    onlooker.look(app, "a link for one of two").await?;
    app.click("associate-made").await?;
    app.reaches("tokens").await
}

async fn open_details(app: &AppWindow) -> Result<()> {
    app.click("open-details").await?;
    app.reaches("details").await?;
    app.find("enrolment-log").await.map(drop)
}

/// Associates a backup token and the app's with the account; returns the backup's credential ID.
async fn associate_both(scene: &Scene, app: &AppWindow, confirmation: &str) -> Result<String> {
    let backup = SoftToken::generate("Backup")?;
    let serial = backup.id().to_string();
    let file = scene.desktop.folder().join("backup");
    std::fs::write(&file, backup.sealed_to(&scene.server.issuer_card()?)?)?;
    scene.server.import(&file)?;

    let browser = Browser::start(&scene.desktop).await?;
    let dashboard = Dashboard::new(&browser, scene.server.address());
    dashboard.sign_in_by_confirmation(&scene.prescriber, confirmation).await?;
    let at = clock::now();
    let code = backup.code_at(at)?;
    let new = NewToken { issuer: ISSUER, name: "Backup phone", serial: &serial, code: &code };
    dashboard.add_new_token(&new).await?;
    dashboard.sign_out().await?;
    dashboard.sign_in(&scene.prescriber.npi, &scene.prescriber.passphrase).await?;
    dashboard.enter_code(&backup.code_at(oath::UnixTime(at.0 + 30))?).await?;
    browser.find("add-new-token").await?;
    let (id, code) = (app.credential_id().await?.to_string(), app.code().await?);
    let new = NewToken { issuer: ISSUER, name: "Ward phone", serial: &id, code: &code };
    dashboard.add_new_token(&new).await?;
    browser.close().await;
    Ok(serial)
}

/// Settings, and then everything at 200% text in Spanish.
///
/// # Errors
///
/// When the app does not get there, or the onlooker stops.
pub async fn settings_and_all_of_it_large_and_in_spanish(
    onlooker: &mut impl Onlooker,
) -> Result<()> {
    let mut scene = Scene::start().await?;
    let (app, _) = scene.enrol("Ward phone").await?;
    app.click("settings-open").await?;
    app.reaches("settings").await?;
    onlooker.look(&app, "as installed").await?;
    app.click("about-open").await?;
    app.reaches("about").await?;
    app.click("licences-open").await?;
    onlooker.look(&app, "licences").await?;
    app.click("back").await?;
    app.click("change-pin").await?;
    app.reaches("change-pin").await?;
    onlooker.look(&app, "the old PIN").await?;
    app.click("back").await?;

    app.choose_setting("language", "es").await?;
    app.choose_setting("text_size", "200").await?;
    app.switch_setting("hide_codes").await?;
    onlooker.look(&app, "200%").await?;
    app.click("back").await?;
    app.reaches("tokens").await?;
    onlooker.look(&app, "200%, hidden").await?;
    app.click("reveal").await?;
    onlooker.look(&app, "200%").await?;
    open_details(&app).await?;
    // The details ask by themselves; a button that moves with the answer is missed by a click.
    app.find("state-line").await?;
    scene.server.stop();
    app.click("refresh-state").await?;
    app.some_text("error").await?;
    onlooker.look(&app, "200%, no server").await?;
    app.click("report-lost").await?;
    app.reaches("lost").await?;
    app.some_text("error").await?;
    onlooker.look(&app, "200%, no server").await?;
    app.click("back").await?;
    app.click("open-export").await?;
    app.reaches("export").await?;
    onlooker.look(&app, "200%").await?;
    app.click("back").await?;
    app.click("delete").await?;
    onlooker.look(&app, "200%, deleting").await?;
    app.click("back").await?;
    app.click("add-token").await?;
    app.reaches("welcome").await?;
    onlooker.look(&app, "200%").await?;
    app.click("add-other").await?;
    onlooker.look(&app, "200%").await?;
    app.click("back").await?;
    app.click("back").await?;
    app.click("lock-now").await?;
    app.reaches("unlock").await?;
    onlooker.look(&app, "200%").await?;
    app.close().await?;
    Ok(())
}

/// No server, no keyring, a locked one, one that asks, a damaged entry, ten wrong PINs.
///
/// # Errors
///
/// When the app does not get there, or the onlooker stops.
pub async fn the_bad_days(onlooker: &mut impl Onlooker) -> Result<()> {
    let mut scene = Scene::start().await?;
    let (app, _) = scene.open_link().await?;
    scene.server.stop();
    app.name_token("Ward phone").await?;
    app.choose_pin(PIN).await?;
    app.reaches("tokens").await?;
    app.sending_failed().await?;
    onlooker.look(&app, "not sent").await?;
    app.close().await?;

    for (state, screen) in
        [(KeyringState::Locked, "keyring-locked"), (KeyringState::Absent, "keyring-absent")]
    {
        scene.desktop.set_keyring(state).await?;
        let app = AppWindow::start(&scene.desktop).await?;
        app.reaches(screen).await?;
        onlooker.look(&app, "a bad day").await?;
        app.close().await?;
    }
    scene.desktop.set_keyring(KeyringState::Prompting).await?;
    let app = AppWindow::start_unsettled(&scene.desktop).await?;
    app.reaches("loading").await?;
    onlooker.look(&app, "the keyring asks").await?;
    scene.desktop.dismiss_prompt().await?;
    app.reaches("prompt-dismissed").await?;
    onlooker.look(&app, "a bad day").await?;
    app.close().await?;

    scene.desktop.set_keyring(KeyringState::Unlocked).await?;
    let good = scene.desktop.keyring_entry(&["read", "vault"], None)?;
    scene.desktop.keyring_entry(&["write", "vault"], Some("????"))?;
    let app = AppWindow::start(&scene.desktop).await?;
    app.reaches("entry-damaged").await?;
    onlooker.look(&app, "a bad day").await?;
    app.close().await?;

    scene.desktop.keyring_entry(&["write", "vault"], Some(good.trim()))?;
    let app = AppWindow::start(&scene.desktop).await?;
    for _ in 0..9 {
        app.wrong_pin(WRONG_PIN).await?;
    }
    onlooker.look(&app, "the last try").await?;
    app.wrong_pin(WRONG_PIN).await?;
    app.reaches("erased").await?;
    onlooker.look(&app, "a bad day").await?;
    app.close().await?;
    while_the_keyring_asks(onlooker).await
}

/// A first token whose making waits for an answer to the keyring.
async fn while_the_keyring_asks(onlooker: &mut impl Onlooker) -> Result<()> {
    let scene = Scene::start().await?;
    let (app, _) = scene.open_link().await?;
    app.name_token("Ward phone").await?;
    app.reaches("choose-pin").await?;
    app.enter_pin(PIN).await?;
    app.reaches("repeat-pin").await?;
    scene.desktop.set_keyring(KeyringState::Prompting).await?;
    app.enter_pin(PIN).await?;
    app.reaches("enrolling").await?;
    onlooker.look(&app, "the keyring asks").await?;
    scene.desktop.dismiss_prompt().await?;
    app.reaches("prompt-dismissed").await?;
    app.close().await
}

/// A keyring that comes back empty.
///
/// # Errors
///
/// When the app does not get there, or the onlooker stops.
pub async fn tokens_that_the_keyring_has_lost(onlooker: &mut impl Onlooker) -> Result<()> {
    let scene = Scene::start().await?;
    let (app, _) = scene.enrol("Ward phone").await?;
    app.close().await?;
    scene.desktop.empty_keyring().await?;
    let app = AppWindow::start(&scene.desktop).await?;
    app.reaches("keyring-emptied").await?;
    onlooker.look(&app, "a bad day").await?;
    app.close().await?;
    Ok(())
}
