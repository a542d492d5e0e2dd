//! Manage Tokens, Sign a test prescription and Activity, in a real browser: with JavaScript, looked at
//! by axe-core in both colour schemes and on a narrow window, and without.
//!
//! `E2E_PICTURES=FOLDER` keeps a picture of each page, wide and narrow.

use std::path::PathBuf;

use e2e::axe::Axe;
use e2e::dashboard::NewToken;
use e2e::error::ensure;
use e2e::http::post_text;
use e2e::scene::ISSUER;
use e2e::soft_token::SoftToken;
use e2e::{Browser, Dashboard, Result, Scene, clock, test};

/// What sticks out of 360 px: narrower than a window of this browser can be, in the same layout.
const ON_A_PHONE: &str = "
    document.documentElement.style.width = '360px';
    const wide = [...document.querySelectorAll('body *')].filter(element =>
        getComputedStyle(element).position !== 'absolute'
            && element.getBoundingClientRect().right > 361);
    document.documentElement.style.width = '';
    return wide.map(element => element.outerHTML.slice(0, 120));
";

/// Whoever looks at the pages on the way.
struct Eyes {
    /// None where no page may run scripts, of which the checker is one.
    axe: Option<Axe>,
    pictures: Option<PathBuf>,
}

impl Eyes {
    async fn look(&mut self, browser: &Browser, name: &str) -> Result<()> {
        let Some(axe) = &mut self.axe else { return Ok(()) };
        for (size, width, height) in [("narrow", 500, 900), ("wide", 1200, 900)] {
            browser.resize_inside(width, height).await?;
            axe.look_at_page(browser, &format!("{name}-{size}")).await?;
            if size == "narrow" {
                let wide = browser.script(ON_A_PHONE, vec![]).await?;
                ensure(wide.as_array().is_some_and(Vec::is_empty), || format!("{name}: {wide}"))?;
            }
            if let Some(folder) = &self.pictures {
                let tall = "return document.documentElement.scrollHeight";
                let tall = browser.script(tall, vec![]).await?.as_u64().unwrap_or_default();
                let tall = u32::try_from(tall).unwrap_or(height).max(height);
                browser.resize_inside(width, tall).await?;
                browser.screenshot(&folder.join(format!("{name}-{size}.png"))).await?;
            }
        }
        Ok(())
    }
}

/// The only token, added just now.
async fn one_token(scene: &Scene, dashboard: &Dashboard<'_>) -> Result<SoftToken> {
    let phone = SoftToken::generate("Phone")?;
    let activation = scene.server.begin_activation(&scene.prescriber)?;
    let sealed = phone.sealed_for(&activation.link)?;
    post_text(scene.server.address(), "/v1/provisioning", &sealed).await?;
    dashboard.sign_in_by_confirmation(&scene.prescriber, &activation.confirmation).await?;
    let (serial, code) = (phone.id().to_string(), phone.code_at(clock::now())?);
    let new = NewToken { issuer: ISSUER, name: "Phone", serial: &serial, code: &code };
    dashboard.add_new_token(&new).await?;
    dashboard.browser.find("confirmation").await?;
    Ok(phone)
}

/// Signs: refused where nothing is marked, accepted, and refused the second time.
async fn sign(
    scene: &Scene,
    dashboard: &Dashboard<'_>,
    phone: &SoftToken,
    eyes: &mut Eyes,
) -> Result<()> {
    let browser = dashboard.browser;
    browser.click("sign-a-test-prescription").await?;
    browser.find("statement").await?;
    eyes.look(browser, "signing-test").await?;
    let code = phone.code_at(clock::now().plus(30))?;
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
        browser.type_into("code", &code).await?;
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
    let phone = one_token(scene, &dashboard).await?;
    let warning = browser.text("one-token-left").await?;
    ensure(warning.contains("backup"), || warning)?;
    eyes.look(browser, "manage-tokens").await?;
    sign(scene, &dashboard, &phone, eyes).await?;

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
        let pictures = std::env::var_os("E2E_PICTURES").map(PathBuf::from);
        let mut eyes = Eyes { axe: Some(Axe::load()?), pictures };
        walk(&scene, &browser, &mut eyes).await?;
        browser.close().await;
        let seen = ["manage-tokens", "signing-test", "signing-test-refused", "activity"];
        let seen = seen.map(|name| format!("{name}-narrow"));
        eyes.axe.map_or(Ok(()), |axe| axe.verdict(&seen.each_ref().map(String::as_str)))
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn signing_a_test_and_activity_need_no_script() -> Result<()> {
    test(async {
        let scene = Scene::start().await?;
        let browser = Browser::without_javascript(&scene.desktop).await?;
        let mut eyes = Eyes { axe: None, pictures: None };
        walk(&scene, &browser, &mut eyes).await?;
        browser.close().await;
        Ok(())
    })
    .await
}
