//! The administrators' pages in Chromium: two people open an account and an activation, the help desk
//! explains a refusal and changes a token, an auditor reads and verifies. With scripts allowed, axe looks at
//! each page in both colour schemes; without them, all of it works as well.

use std::path::PathBuf;

use e2e::administration::{Administration, Administrator};
use e2e::axe::Axe;
use e2e::error::ensure;
use e2e::scene::ISSUER;
use e2e::server::Prescriber;
use e2e::soft_token::SoftToken;
use e2e::{Browser, Dashboard, Desktop, KeyringState, Result, ServerProcess, clock, http, test};

/// Where `cargo xtask screenshots` puts its own.
const PICTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../target/screenshots");

/// Every page, by the name that it is looked at under.
const PAGES: [&str; 20] = [
    "admin-sign-in",
    "admin-sign-in-refused",
    "admin-code",
    "admin-overview",
    "admin-access",
    "admin-open-account",
    "admin-open-account-refused",
    "admin-entered",
    "admin-to-execute",
    "admin-account",
    "admin-begin-activation",
    "admin-activation",
    "admin-accounts",
    "admin-tokens",
    "admin-token",
    "admin-token-refused",
    "admin-audit",
    "admin-daily-report",
    "admin-verify",
    "admin-not-your-role",
];

/// Looks at each page, where scripts are allowed.
struct Eyes {
    axe: Option<Axe>,
}

impl Eyes {
    async fn look(&mut self, browser: &Browser, name: &str) -> Result<()> {
        let Some(axe) = &mut self.axe else { return Ok(()) };
        axe.look_at_page(browser, name).await?;
        let folder = PathBuf::from(PICTURES);
        std::fs::create_dir_all(&folder)?;
        for (size, width) in [("wide", 1200), ("phone", 360)] {
            browser.look_as_wide_as(width).await?;
            axe.look_at_page(browser, name).await?;
            browser.screenshot(&folder.join(format!("{name}-{size}.png"))).await?;
        }
        browser.look_as_wide_as(1100).await
    }
}

struct People {
    ines: Administrator,
    rosa: Administrator,
    hedy: Administrator,
    grace: Administrator,
}

/// The whole walk, looked at by `eyes`.
async fn walk(desktop: &Desktop, browser: &Browser, mut eyes: Eyes) -> Result<Eyes> {
    let server = ServerProcess::start(&desktop.folder().join("server"), ISSUER).await?;
    let people = People {
        ines: Administrator::add(&server, "Ines Pol", &["access-administrator"])?,
        rosa: Administrator::add(&server, "Dr. Rosa Lind", &["registrant"])?,
        hedy: Administrator::add(&server, "Hedy Mar", &["token-administrator"])?,
        grace: Administrator::add(&server, "Grace Moor", &["auditor"])?,
    };
    let pages = Administration::new(browser, server.address());
    let token = SoftToken::generate("Ward phone")?;
    sign_in_is_refused(&pages, &people.ines, &mut eyes).await?;
    two_people_open_access(&server, &pages, &people, &token, &mut eyes).await?;
    the_help_desk_helps(&server, &pages, &people.hedy, &token, &mut eyes).await?;
    the_auditor_reads(&pages, &people.grace, &mut eyes).await?;
    Ok(eyes)
}

async fn sign_in_is_refused(
    pages: &Administration<'_>,
    who: &Administrator,
    eyes: &mut Eyes,
) -> Result<()> {
    let browser = pages.browser;
    pages.open("/admin/sign-in").await?;
    eyes.look(browser, "admin-sign-in").await?;
    browser.type_into("name", "Nobody").await?;
    browser.type_into("passphrase", "not a passphrase of hers").await?;
    browser.submit("submit").await?;
    let refused = browser.text("error").await?;
    ensure(refused.contains("Sign-in refused"), || refused.clone())?;
    eyes.look(browser, "admin-sign-in-refused").await?;
    pages.give_passphrase(who).await?;
    browser.find("code").await?;
    eyes.look(browser, "admin-code").await
}

async fn two_people_open_access(
    server: &ServerProcess,
    pages: &Administration<'_>,
    people: &People,
    token: &SoftToken,
    eyes: &mut Eyes,
) -> Result<()> {
    let (browser, ada) = (pages.browser, Prescriber::demo());
    pages.sign_in(&people.ines).await?;
    eyes.look(browser, "admin-overview").await?;
    pages.open("/admin/access/account").await?;
    eyes.look(browser, "admin-open-account").await?;
    pages.enter_account("1234567890", &ada.name, &ada.passphrase).await?;
    browser.find("error-npi").await?;
    eyes.look(browser, "admin-open-account-refused").await?;
    pages.enter_account(&ada.npi, &ada.name, &ada.passphrase).await?;
    browser.find("own").await?;
    eyes.look(browser, "admin-entered").await?;
    pages.sign_out().await?;

    pages.sign_in(&people.rosa).await?;
    pages.open("/admin/access").await?;
    eyes.look(browser, "admin-access").await?;
    let id = browser.attribute("access-row", "data-id").await?;
    pages.open(&format!("/admin/access/changes/{id}")).await?;
    eyes.look(browser, "admin-to-execute").await?;
    pages.execute_what_waits().await?;
    browser.find("confirmation").await?;
    eyes.look(browser, "admin-account").await?;
    pages.sign_out().await?;

    pages.sign_in(&people.ines).await?;
    pages.open(&format!("/admin/accounts/{}", ada.npi)).await?;
    browser.submit("begin-activation").await?;
    eyes.look(browser, "admin-begin-activation").await?;
    browser.submit("enter").await?;
    pages.sign_out().await?;
    pages.sign_in(&people.rosa).await?;
    pages.execute_what_waits().await?;
    let link = browser.text("link").await?;
    let confirmation = browser.text("confirmation-code").await?;
    eyes.look(browser, "admin-activation").await?;
    pages.sign_out().await?;

    let sealed = token.sealed_for(&link)?;
    let answer = http::post_text(server.address(), "/v1/provisioning", &sealed).await?;
    ensure(answer.status == 201, || format!("{answer:?}"))?;
    let dashboard = Dashboard::new(browser, server.address());
    dashboard.sign_in_by_confirmation(&ada, &confirmation).await?;
    let (serial, code) = (token.id().to_string(), token.code_at(clock::now())?);
    let new = e2e::dashboard::NewToken {
        issuer: ISSUER,
        name: "Ward phone",
        serial: &serial,
        code: &code,
    };
    dashboard.add_new_token(&new).await?;
    let rows = dashboard.tokens().await?;
    ensure(rows.len() == 1 && rows[0].state == "active", || format!("{rows:?}"))?;
    dashboard.sign_out().await
}

async fn the_help_desk_helps(
    server: &ServerProcess,
    pages: &Administration<'_>,
    hedy: &Administrator,
    token: &SoftToken,
    eyes: &mut Eyes,
) -> Result<()> {
    let (browser, ada) = (pages.browser, Prescriber::demo());
    let dashboard = Dashboard::new(browser, server.address());
    dashboard.sign_in(&ada.npi, &ada.passphrase).await?;
    dashboard.enter_code(&token.wrong_code(clock::now())).await?;
    browser.find("error").await?;
    pages.sign_in(hedy).await?;
    pages.open("/admin/accounts").await?;
    browser.type_into("q", "quill").await?;
    browser.submit("search").await?;
    let npi = browser.attribute("account-row", "data-npi").await?;
    ensure(npi == ada.npi, || npi.clone())?;
    eyes.look(browser, "admin-accounts").await?;
    pages.open("/admin/tokens").await?;
    browser.type_into("q", "ward").await?;
    browser.submit("search").await?;
    let serial = browser.attribute("token-row", "data-serial").await?;
    ensure(serial == token.id().as_str(), || serial.clone())?;
    eyes.look(browser, "admin-tokens").await?;
    pages.open(&format!("/admin/tokens/{serial}")).await?;
    let why = browser.text("why").await?;
    ensure(why.contains("none of this token"), || why.clone())?;
    browser.find("next").await?;
    for act in ["unlock", "resynchronise", "suspend", "deactivate"] {
        browser.click(&format!("open-{act}")).await?;
    }
    eyes.look(browser, "admin-token").await?;
    browser.submit("deactivate").await?;
    browser.find("error-sure-deactivate").await?;
    eyes.look(browser, "admin-token-refused").await?;
    browser.click("open-resynchronise").await?;
    let ahead = clock::now().plus(600);
    browser.type_into("code-1", &token.code_at(ahead)?).await?;
    browser.type_into("code-2", &token.code_at(ahead.plus(30))?).await?;
    browser.submit("resynchronise").await?;
    let said = browser.text("confirmation").await?;
    ensure(said.contains("resynchronised"), || said.clone())?;
    browser.click("open-suspend").await?;
    browser.type_into("reason-suspend", "left in a taxi").await?;
    browser.submit("suspend").await?;
    let state = browser.attribute("state", "data-state").await?;
    ensure(state == "suspended", || state.clone())?;
    pages.open("/admin/audit").await?;
    eyes.look(browser, "admin-not-your-role").await?;
    let refused = browser.text("message-title").await?;
    ensure(refused == "Not your role", || refused.clone())?;
    pages.open("/admin").await?;
    pages.sign_out().await
}

async fn the_auditor_reads(
    pages: &Administration<'_>,
    grace: &Administrator,
    eyes: &mut Eyes,
) -> Result<()> {
    let browser = pages.browser;
    pages.sign_in(grace).await?;
    pages.open("/admin/audit").await?;
    browser.choose_value("kind", "token-suspended").await?;
    browser.submit("search").await?;
    let why = browser.text("why").await?;
    ensure(why == "left in a taxi", || why.clone())?;
    pages.open("/admin/audit").await?;
    eyes.look(browser, "admin-audit").await?;
    let newest = browser.text("event").await?;
    let today = newest.split_whitespace().find(|word| word.starts_with("20") && word.len() == 10);
    pages.open(&format!("/admin/audit/report?day={}", today.unwrap_or_default())).await?;
    browser.find("to-look-at").await?;
    eyes.look(browser, "admin-daily-report").await?;
    pages.open("/admin/audit/verify").await?;
    browser.submit("verify").await?;
    let said = browser.text("unchanged").await?;
    ensure(said.contains("Nothing was changed"), || said.clone())?;
    eyes.look(browser, "admin-verify").await
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_is_walked_and_looked_at() -> Result<()> {
    test(async {
        let desktop = Desktop::start(KeyringState::Unlocked).await?;
        let browser = Browser::start(&desktop).await?;
        let eyes = walk(&desktop, &browser, Eyes { axe: Some(Axe::load()?) }).await?;
        browser.close().await;
        eyes.axe.map_or(Ok(()), |axe| axe.verdict(&PAGES))
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn all_of_it_works_without_scripts() -> Result<()> {
    test(async {
        let desktop = Desktop::start(KeyringState::Unlocked).await?;
        let browser = Browser::without_javascript(&desktop).await?;
        walk(&desktop, &browser, Eyes { axe: None }).await?;
        browser.close().await;
        Ok(())
    })
    .await
}
