//! Token requests from the form to the page that an activation mail leads to, in a real browser:
//! with JavaScript, looked at by axe-core in both colour schemes and on a narrow window, and without.
//!
//! `E2E_PICTURES=FOLDER` keeps a picture of each page, wide and narrow.

use std::path::Path;

use e2e::dashboard::NewToken;
use e2e::error::{Error, ensure};
use e2e::eyes::Eyes;
use e2e::http::post_text;
use e2e::scene::ISSUER;
use e2e::soft_token::SoftToken;
use e2e::wait::Look;
use oath::Totp;
use provisioning::OtpauthUri;

use e2e::{Browser, Dashboard, Result, Scene, clock, test, wait};

/// The activation mails that the server has sent.
async fn mails(folder: &Path, number: usize) -> Result<Vec<String>> {
    wait::until("the mails", wait::PATIENCE, async || {
        let Ok(files) = std::fs::read_dir(folder) else { return Ok(Look::NotYet(String::new())) };
        let mut mails = Vec::new();
        for file in files {
            let path = file?.path();
            if path.extension().is_some_and(|extension| extension == "eml")
                && !path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."))
            {
                // Out of quoted-printable.
                let text = std::fs::read_to_string(path)?;
                mails.push(text.replace("=\r\n", "").replace("=3D", "="));
                mails.retain(|mail| mail.contains("/activate/"));
            }
        }
        mails.sort();
        Ok(if mails.len() == number {
            Look::There(mails)
        } else {
            Look::NotYet(format!("{}", mails.len()))
        })
    })
    .await
}

/// The address that the mail of a kind of token leads to.
fn address_in(mails: &[String], kind: &str) -> Result<String> {
    let mail = mails.iter().find(|mail| mail.contains(kind));
    let line = mail.and_then(|mail| mail.lines().find(|line| line.contains("/activate/")));
    Ok(line.ok_or_else(|| Error::different(format!("no link in the mail of a {kind}")))?.to_owned())
}

async fn fill_in(browser: &Browser, zip: &str) -> Result<()> {
    browser.click("wanted-both").await?;
    let fields = [
        ("mail", "ada@example.org"),
        ("street", "1449 Whitehall Road"),
        ("second", "Suite 5"),
        ("city", "Annapolis"),
        ("state", "MD"),
        ("zip", zip),
    ];
    for (field, text) in fields {
        browser.type_into(field, text).await?;
    }
    Ok(())
}

/// Request Token: wrong, changed, right; then edited.
async fn request(dashboard: &Dashboard<'_>, eyes: &mut Eyes) -> Result<()> {
    let browser = dashboard.browser;
    dashboard.open("/requests").await?;
    eyes.look(browser, "requests-empty").await?;
    browser.click("request-token").await?;
    fill_in(browser, "2140").await?;
    eyes.look(browser, "request-token").await?;
    browser.submit("review").await?;
    browser.find("error-zip").await?;
    eyes.look(browser, "request-token-refused").await?;
    browser.type_into("zip", "21409").await?;
    browser.submit("review").await?;
    browser.find("review-address").await?;
    eyes.look(browser, "request-review").await?;
    browser.submit("change").await?;
    let kept = browser.value("street").await?;
    ensure(kept == "1449 Whitehall Road", || kept)?;
    browser.submit("review").await?;
    browser.submit("confirm").await?;
    browser.find("confirmation").await?;
    eyes.look(browser, "requests-made").await?;
    let rows = browser.all("request-row").await?.len();
    ensure(rows == 2, || format!("{rows} requests"))?;

    browser.click("edit").await?;
    eyes.look(browser, "request-edit").await?;
    browser.type_into("mail", "ada.quill@example.org").await?;
    browser.submit("save").await?;
    browser.find("confirmation").await.map(drop)
}

/// The queue: both requests taken, the hard token shipped.
async fn work_the_queue(scene: &Scene, dashboard: &Dashboard<'_>, eyes: &mut Eyes) -> Result<()> {
    let browser = dashboard.browser;
    let passphrase = "five calm otters by noon";
    let add = ["admin", "add", "--name", "Hedy", "--role", "token-administrator", "--json"];
    let added = scene
        .server
        .run(&[&add[..], &["--passphrase-stdin"]].concat(), Some(&format!("{passphrase}\n")))?;
    let added: serde_json::Value = serde_json::from_str(&added)
        .map_err(|error| Error::different(format!("{added}: {error}")))?;
    let link = added["setup_link"].as_str().unwrap_or_default();
    let token = OtpauthUri::parse(link).map_err(|error| Error::different(error.to_string()))?;
    let stock = scene.desktop.folder().join("fobs.csv");
    let seed = "3132333435363738393031323334353637383930";
    std::fs::write(&stock, format!("serial,seed_hex,type,counter\nGALH12345678,{seed},hotp,0\n"))?;
    scene.server.run(&["stock", "import", &stock.display().to_string()], None)?;

    dashboard.open("/admin/sign-in").await?;
    browser.type_into("name", "Hedy").await?;
    browser.type_into("passphrase", passphrase).await?;
    browser.submit("submit").await?;
    let code = Totp::default().code_at(&token.seed, clock::now()).expose_digits();
    browser.type_into("code", &code).await?;
    browser.submit("submit").await?;
    browser.find("roles").await?;
    dashboard.open("/admin/requests").await?;
    for take in browser.all("take").await? {
        take.click().await?;
    }
    eyes.look(browser, "queue-requested").await?;
    browser.submit("process").await?;
    let done = browser.text("confirmation").await?;
    ensure(done == "2 requests are processed", || done)?;
    browser.click("state-processed").await?;
    browser.type_into("serial", "GALH00000000").await?;
    browser.type_into("carrier", "UPS").await?;
    browser.type_into("tracking", "1Z 999").await?;
    browser.submit("ship").await?;
    let why = browser.text("error").await?;
    ensure(why.contains("in stock"), || why)?;
    eyes.look(browser, "queue-refused").await?;
    browser.type_into("serial", "GALH 1234 5678").await?;
    browser.submit("ship").await?;
    let done = browser.text("confirmation").await?;
    ensure(done == "One request is shipped", || done)?;
    browser.click("open").await?;
    browser.find("send-again").await?;
    eyes.look(browser, "queue-request").await
}

/// The pages that the mails lead to.
async fn activate(scene: &Scene, dashboard: &Dashboard<'_>, eyes: &mut Eyes) -> Result<()> {
    let (browser, server) = (dashboard.browser, &scene.server);
    let mails = mails(&scene.desktop.folder().join("server/mail"), 2).await?;

    dashboard.open("/requests").await?;
    eyes.look(browser, "requests-under-way").await?;
    browser.go_to(&address_in(&mails, "hard token for")?).await?;
    let serial = browser.text("serial").await?;
    ensure(serial == "GALH12345678", || serial)?;
    eyes.look(browser, "activate-hard").await?;
    browser.click("sign-in").await?;
    let serial = browser.value("serial").await?;
    ensure(serial == "GALH12345678", || serial)?;

    let link = address_in(&mails, "soft token for")?;
    browser.go_to(&link).await?;
    let picture = browser.find("qr").await?;
    let drawn = picture.prop("naturalWidth").await?.unwrap_or_default();
    ensure(drawn != "0" || eyes.are_shut(), || "the QR code is not drawn".to_owned())?;
    eyes.look(browser, "activate-soft").await?;
    let tablet = SoftToken::generate("Tablet")?;
    let enrolment = browser.attribute("open-in-app", "href").await?;
    let sealed = tablet.sealed_for(&enrolment)?;
    let taken = post_text(server.address(), "/v1/provisioning", &sealed).await?;
    ensure(taken.status == 201, || format!("{taken:?}"))?;
    let (serial, code) = (tablet.id().to_string(), tablet.code_at(clock::now())?);
    let new = NewToken { issuer: ISSUER, name: "Tablet", serial: &serial, code: &code };
    dashboard.add_new_token(&new).await?;
    browser.find("confirmation").await?;
    browser.go_to(&link).await?;
    let title = browser.text("message-title").await?;
    ensure(title == "This token is activated", || title)?;
    dashboard.open("/requests").await?;
    let states = states(browser).await?;
    ensure(states == ["shipped", "activated"], || format!("{states:?}"))
}

async fn states(browser: &Browser) -> Result<Vec<String>> {
    let mut states = Vec::new();
    for row in browser.all("request-row").await? {
        states.push(row.attr("data-state").await?.unwrap_or_default());
    }
    Ok(states)
}

/// Cancel, and Replace Token with both tokens, of which the second is the last.
async fn give_up(dashboard: &Dashboard<'_>, eyes: &mut Eyes) -> Result<()> {
    let browser = dashboard.browser;
    browser.click("cancel").await?;
    browser.submit("cancel-request").await?;
    browser.find("error-sure").await?;
    eyes.look(browser, "request-cancel").await?;
    browser.click("sure").await?;
    browser.submit("cancel-request").await?;
    browser.find("confirmation").await?;

    for last in [false, true] {
        dashboard.open("/tokens").await?;
        browser.click("replace-token").await?;
        ensure(browser.shows("last-token").await? == last, || format!("last: {last}"))?;
        browser.submit("review").await?;
        browser.find("error-reason").await?;
        browser.click("reason-faulty").await?;
        browser.click("deactivate").await?;
        if last {
            browser.click("last").await?;
            eyes.look(browser, "replace-last-token").await?;
        }
        browser.submit("review").await?;
        browser.find("review-heading").await?;
        eyes.look(browser, if last { "replace-last-review" } else { "replace-review" }).await?;
        browser.submit("confirm").await?;
        browser.find("confirmation").await?;
    }
    let states = states(browser).await?;
    ensure(states.iter().filter(|state| *state == "requested").count() == 2, || {
        format!("{states:?}")
    })?;
    let tokens = dashboard.tokens().await?;
    ensure(tokens.iter().all(|row| row.state == "deactivated"), || format!("{tokens:?}"))?;
    eyes.look(browser, "tokens-replaced").await
}

async fn walk(scene: &Scene, browser: &Browser, eyes: &mut Eyes) -> Result<()> {
    let token = SoftToken::generate("Ward phone")?;
    let file = scene.desktop.folder().join("export.countersign");
    std::fs::write(&file, token.sealed_to(&scene.server.issuer_card()?)?)?;
    scene.server.import(&file)?;
    let activation = scene.server.begin_activation(&scene.prescriber)?;
    let dashboard = Dashboard::new(browser, scene.server.address());
    dashboard.sign_in_by_confirmation(&scene.prescriber, &activation.confirmation).await?;
    let now = clock::now();
    let (serial, code) = (token.id().to_string(), token.code_at(now)?);
    let new = NewToken { issuer: ISSUER, name: "Ward phone", serial: &serial, code: &code };
    dashboard.add_new_token(&new).await?;
    // A further token needs a sign-in by a code of the first.
    dashboard.sign_out().await?;
    dashboard.sign_in(&scene.prescriber.npi, &scene.prescriber.passphrase).await?;
    dashboard.enter_code(&token.code_at(now.plus(30))?).await?;
    browser.find("add-new-token").await?;

    request(&dashboard, eyes).await?;
    work_the_queue(scene, &dashboard, eyes).await?;
    activate(scene, &dashboard, eyes).await?;
    give_up(&dashboard, eyes).await
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_and_replacements_on_every_page() -> Result<()> {
    test(async {
        let scene = Scene::start().await?;
        let browser = Browser::start(&scene.desktop).await?;
        let mut eyes = Eyes::open()?;
        walk(&scene, &browser, &mut eyes).await?;
        browser.close().await;
        eyes.verdict(&["activate-soft", "activate-hard", "queue-refused", "replace-last-review"])
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_and_replacements_without_javascript() -> Result<()> {
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
