//! The main job from the first step to the last, on real parts: the demo, and the first test.

mod narrator;

use std::path::Path;

use oath::{CredentialId, Period, Seed};

use crate::app::AppWindow;
use crate::browser::Browser;
use crate::clock;
use crate::dashboard::{Dashboard, Judgement, NewToken, Row};
use crate::desktop::{Desktop, KeyringState};
use crate::error::{Error, Result, ensure};
use crate::outside;
use crate::own_card::OwnCard;
use crate::scene::{ISSUER, PIN};
use crate::server::{Activation, Prescriber, ServerProcess};

pub use narrator::Narrator;

const TOKEN_NAME: &str = "Ward phone";

/// Walks the whole way; each step is told as it happens and its screenshot saved.
///
/// # Errors
///
/// The first step that comes out differently than it must.
pub async fn walk(screenshots: &Path) -> Result<()> {
    let mut tell = Narrator::new(screenshots)?;
    tell.line(
        "A virtual display with a session bus and a keyring of its own; a server; an account.",
    );
    let desktop = Desktop::start(KeyringState::Unlocked).await?;
    let server = ServerProcess::start(&desktop.folder().join("server"), ISSUER).await?;
    let prescriber = Prescriber::demo();
    server.add_account(&prescriber)?;
    let activation = server.begin_activation(&prescriber)?;
    tell.line(&format!("countersign-server listens on {}.", server.address()));

    let app = open_enrolment_link(&mut tell, &desktop, &activation).await?;
    let id = store_and_send(&mut tell, &app).await?;
    let (app, seed) = start_again(&mut tell, &desktop, app, id).await?;
    let browser = Browser::start(&desktop).await?;
    let dashboard = Dashboard::new(&browser, server.address());
    associate(&mut tell, &dashboard, &app, &prescriber, &activation, id).await?;
    test_codes(&mut tell, &dashboard, &app, &seed, id).await?;
    hand_over_offline(&mut tell, &desktop, &app, id).await?;
    browser.close().await;
    app.close().await
}

async fn open_enrolment_link(
    tell: &mut Narrator,
    desktop: &Desktop,
    activation: &Activation,
) -> Result<AppWindow> {
    tell.step("The prescriber opens the enrolment link.");
    let app = AppWindow::open_link(desktop, &activation.link).await?;
    app.reaches("name-token").await?;
    let issuer = app.text("issuer-name").await?;
    ensure(issuer.contains(ISSUER), || format!("the app names {issuer:?} as issuer"))?;
    tell.line(&format!("The app names the issuer, {ISSUER}, and asks for a token name."));
    tell.picture(&app, "enrolment-link").await?;

    app.name_token(TOKEN_NAME).await?;
    app.reaches("choose-pin").await?;
    app.enter_pin("1234").await?;
    let refusal = app.some_text("pin-error").await?;
    tell.line(&format!("The PIN 1234 is refused: “{refusal}”"));
    tell.picture(&app, "trivial-pin-refused").await?;

    app.enter_pin(PIN).await?;
    app.reaches("repeat-pin").await?;
    tell.line("Another one is taken, and asked for again.");
    tell.picture(&app, "repeat-pin").await?;
    app.enter_pin(PIN).await?;
    Ok(app)
}

async fn store_and_send(tell: &mut Narrator, app: &AppWindow) -> Result<CredentialId> {
    tell.step("The app makes credential ID and seed, keeps them in the keyring, seals and sends.");
    app.reaches("tokens").await?;
    app.enrolment_becomes("sent").await?;
    let id = app.credential_id().await?;
    tell.line(&format!("The server has the provisioning data of {id}."));
    tell.picture(app, "sent").await?;
    Ok(id)
}

async fn start_again(
    tell: &mut Narrator,
    desktop: &Desktop,
    app: AppWindow,
    id: CredentialId,
) -> Result<(AppWindow, Seed)> {
    tell.step("The app is closed and started again, in a new process.");
    let first = app.process_id();
    app.close().await?;
    let app = AppWindow::start(desktop).await?;
    let second = app.process_id();
    ensure(second != first, || format!("the app still has the process {first}"))?;
    app.reaches("unlock").await?;
    tell.line(&format!("Process {first} has ended, process {second} asks for the PIN."));
    tell.picture(&app, "unlock").await?;

    app.unlock(PIN).await?;
    let shown = app.credential_id().await?;
    ensure(shown == id, || format!("it shows {shown}, but enrolled {id}"))?;
    app.find("copy-credential-id").await?;
    app.find("ring").await?;
    tell.picture(&app, "code").await?;

    let seed = seed_of(desktop, &app, id).await?;
    let code = same_code_as_oathtool(&app, &seed).await?;
    let seconds = app.seconds().await?;
    tell.line(&format!("It shows {id} and a code with {seconds} s left."));
    tell.line(&format!("oathtool makes the same code of the same seed and second: {code}."));
    Ok((app, seed))
}

/// The seed, by the one way out that the app has: an export, to a card whose key is at hand here.
async fn seed_of(desktop: &Desktop, app: &AppWindow, id: CredentialId) -> Result<Seed> {
    let card = OwnCard::generate("The walk's own card")?;
    app.export(&card.text()).await?;
    let file = app.save_export().await?;
    app.leave_export().await?;
    ensure(file.starts_with(desktop.downloads()), || {
        format!("exports go to Downloads, not to {}", file.display())
    })?;
    let data = card.open(&file)?;
    std::fs::remove_file(file)?;
    ensure(data.credential_id == id, || format!("the export is of {}", data.credential_id))?;
    let length = data.seed.expose_bytes().len();
    ensure(length == Seed::LENGTH, || format!("the seed has {length} bytes"))?;
    Ok(data.seed)
}

/// Compares the code on the screen with `oathtool`'s, once both were read within one time step.
///
/// # Errors
///
/// When they differ.
pub async fn same_code_as_oathtool(app: &AppWindow, seed: &Seed) -> Result<String> {
    loop {
        let before = clock::now();
        let shown = app.code().await?;
        let after = clock::now();
        let step = |at| Period::SECONDS_30.step_at(at);
        // The window draws up to a second after the step begins.
        if step(before) != step(after) || before.0.is_multiple_of(30) {
            continue;
        }
        let expected = outside::oathtool_code(seed, after)?;
        ensure(shown == expected, || format!("the app shows {shown}, oathtool {expected}"))?;
        return Ok(shown);
    }
}

async fn associate(
    tell: &mut Narrator,
    dashboard: &Dashboard<'_>,
    app: &AppWindow,
    prescriber: &Prescriber,
    activation: &Activation,
    id: CredentialId,
) -> Result<()> {
    tell.step("The prescriber signs in to the dashboard and adds the token.");
    dashboard.sign_in_by_confirmation(prescriber, &activation.confirmation).await?;
    tell.line("NPI, passphrase and the activation's confirmation code open the dashboard.");
    tell.picture(dashboard.browser, "signed-in").await?;

    let typed = id.to_string().to_lowercase();
    ensure(typed.contains(' '), || format!("{typed:?} has no spaces"))?;
    let code = app.code().await?;
    let token = NewToken { issuer: ISSUER, name: TOKEN_NAME, serial: &typed, code: &code };
    dashboard.fill_in_new_token(&token).await?;
    tell.line(&format!("Credential ID as typed: “{typed}”."));
    tell.picture(dashboard.browser, "add-new-token").await?;
    dashboard.browser.submit("save").await?;
    dashboard
        .browser
        .find("confirmation")
        .await
        .map_err(|error| Error::different(format!("the token was not saved: {error}")))?;
    tell.picture(dashboard.browser, "token-active").await?;
    let expected = Row { serial: id.as_str().to_owned(), state: "active".to_owned() };
    let rows = dashboard.tokens().await?;
    ensure(rows == [expected], || format!("the dashboard lists {rows:?}"))?;
    tell.line("The token is listed as active.");
    Ok(())
}

async fn test_codes(
    tell: &mut Narrator,
    dashboard: &Dashboard<'_>,
    app: &AppWindow,
    seed: &Seed,
    id: CredentialId,
) -> Result<()> {
    tell.step("Codes are tested.");
    tell.wait_for_next_code(Period::SECONDS_30).await;
    let fresh = same_code_as_oathtool(app, seed).await?;
    let wrong = outside::wrong_code(seed, clock::now());
    let cases = [
        (&fresh, "accepted", "", "A fresh code", "code-accepted"),
        (&fresh, "refused", "already-used", "The same code again", "code-already-used"),
        (&wrong, "refused", "wrong", "A wrong code", "code-wrong"),
    ];
    for (code, outcome, cause, what, picture) in cases {
        let Judgement { outcome: found, cause: reason, words } =
            dashboard.test_code(id.as_str(), code).await?;
        ensure(found == outcome && reason == cause, || {
            format!("{what} must be {outcome} ({cause}), but was {found} ({reason}): {words}")
        })?;
        tell.line(&format!("{what} is {outcome}: “{}”", words.replace('\n', ". ")));
        tell.picture(dashboard.browser, picture).await?;
    }
    Ok(())
}

async fn hand_over_offline(
    tell: &mut Narrator,
    desktop: &Desktop,
    app: &AppWindow,
    id: CredentialId,
) -> Result<()> {
    tell.step(
        "The app exports to another server's issuer card; that server takes the file, offline.",
    );
    let second = ServerProcess::offline(&desktop.folder().join("second"), "Harbour Hospital")?;
    app.export(&second.issuer_card()?).await?;
    tell.line("Sealed to Harbour Hospital's issuer card; the QR is on the screen.");
    let picture = tell.picture(app, "export").await?;
    let file = app.save_export().await?;
    let text = std::fs::read_to_string(&file)?;
    let scanned = outside::read_qr(&picture)?;
    ensure(scanned == text.trim(), || {
        format!("zbarimg reads {scanned:?} off the screenshot, the file has {text:?}")
    })?;
    tell.line("zbarimg reads the file's very text off the screenshot.");

    second.import(&file)?;
    let listed = second.list_tokens()?;
    let there = listed.contains(id.as_str()) || listed.contains(&id.to_string());
    ensure(there, || format!("the second server lists {listed:?}"))?;
    tell.line(&format!("`countersign-server import` has taken {id}; no network between them."));
    app.leave_export().await
}
