//! The administrators' pages in Chromium: two people open an account and an activation, the help desk
//! explains a refusal and changes a token, an auditor reads and verifies. With scripts allowed, axe looks at
//! each page in both colour schemes; without them, all of it works as well.

use e2e::administration::{Administration, Administrator};
use e2e::error::ensure;
use e2e::scene::ISSUER;
use e2e::server::Prescriber;
use e2e::soft_token::SoftToken;
use e2e::{
    Browser, Dashboard, Desktop, Eyes, KeyringState, Result, ServerProcess, clock, http, test,
};

/// Every page, by the name that it is looked at under.
const PAGES: [&str; 30] = [
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
    "admin-change-phone",
    "admin-change-mail",
    "admin-mail-changed",
    "admin-reset-passphrase",
    "admin-end-access",
    "admin-end-access-refused",
    "admin-passphrase-shown",
    "new-passphrase",
    "new-passphrase-refused",
    "admin-access-ended",
];

struct People {
    ines: Administrator,
    rosa: Administrator,
    hedy: Administrator,
    grace: Administrator,
    ida: Administrator,
    eva: Administrator,
}

/// The whole walk, looked at by `eyes`.
async fn walk(desktop: &Desktop, browser: &Browser, eyes: &mut Eyes) -> Result<()> {
    let server = ServerProcess::start(&desktop.folder().join("server"), ISSUER).await?;
    let people = People {
        ines: Administrator::add(&server, "Ines Pol", &["access-administrator"])?,
        rosa: Administrator::add(&server, "Dr. Rosa Lind", &["registrant"])?,
        hedy: Administrator::add(&server, "Hedy Mar", &["token-administrator"])?,
        grace: Administrator::add(&server, "Grace Moor", &["auditor"])?,
        ida: Administrator::add(&server, "Ida Noor", &["access-administrator"])?,
        eva: Administrator::add(&server, "Dr. Eva Brandt", &["registrant"])?,
    };
    let pages = Administration::new(browser, server.address());
    let token = SoftToken::generate("Ward phone")?;
    sign_in_is_refused(&pages, &people.ines, eyes).await?;
    two_people_open_access(&server, &pages, &people, &token, eyes).await?;
    the_help_desk_helps(&server, &pages, &people.hedy, &token, eyes).await?;
    the_auditor_reads(&pages, &people.grace, eyes).await?;
    two_others_change_and_end_access(&server, &pages, &people, eyes).await
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
    // The mail that told of the token may stand above it.
    let mut causes = Vec::new();
    for why in browser.all("why").await? {
        causes.push(why.text().await?);
    }
    ensure(causes.iter().any(|why| why.contains("none of this token")), || causes.join("; "))?;
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

/// Enters on one of the forms of one field; the ID of what was entered.
async fn enter(pages: &Administration<'_>, link: &str, value: &str) -> Result<String> {
    let browser = pages.browser;
    pages.open(&format!("/admin/accounts/{}", Prescriber::demo().npi)).await?;
    browser.submit(link).await?;
    browser.type_into("value", value).await?;
    if browser.shows("sure").await? {
        browser.click("sure").await?;
    }
    browser.submit("enter").await?;
    browser.attribute("state", "data-id").await
}

async fn execute(pages: &Administration<'_>, id: &str) -> Result<()> {
    pages.open(&format!("/admin/access/changes/{id}")).await?;
    pages.browser.click("checked").await?;
    pages.browser.submit("execute").await
}

/// Looks at each of the forms before it is filled in, and at one that is refused.
async fn look_at_the_forms(pages: &Administration<'_>, eyes: &mut Eyes) -> Result<()> {
    let (browser, npi) = (pages.browser, Prescriber::demo().npi);
    for (what, name) in [
        ("phone", "change-phone"),
        ("mail", "change-mail"),
        ("passphrase", "reset-passphrase"),
        ("end", "end-access"),
    ] {
        pages.open(&format!("/admin/access/{what}/{npi}")).await?;
        eyes.look(browser, &format!("admin-{name}")).await?;
    }
    browser.type_into("value", "left the clinic").await?;
    browser.submit("enter").await?;
    browser.find("error-sure").await?;
    eyes.look(browser, "admin-end-access-refused").await
}

async fn two_others_change_and_end_access(
    server: &ServerProcess,
    pages: &Administration<'_>,
    people: &People,
    eyes: &mut Eyes,
) -> Result<()> {
    let (browser, ada) = (pages.browser, Prescriber::demo());
    pages.sign_out().await?;
    pages.sign_in(&people.ida).await?;
    look_at_the_forms(pages, eyes).await?;
    let phone = enter(pages, "change-phone", "+1 410 555 0134").await?;
    let mail = enter(pages, "change-mail", "ada.ward@example.org").await?;
    let reset = enter(pages, "reset-passphrase", "called back on the number on record").await?;
    let end = enter(pages, "end-access", "left the clinic").await?;
    pages.sign_out().await?;

    pages.sign_in(&people.eva).await?;
    execute(pages, &phone).await?;
    let said = browser.text("phone").await?;
    ensure(said == "ends in 34", || said.clone())?;
    execute(pages, &mail).await?;
    let said = browser.text("mail").await?;
    ensure(said == "ada.ward@example.org", || said.clone())?;
    eyes.look(browser, "admin-mail-changed").await?;
    execute(pages, &reset).await?;
    let link = browser.text("link").await?;
    let code = browser.text("confirmation-code").await?;
    eyes.look(browser, "admin-passphrase-shown").await?;
    the_prescriber_chooses(server, browser, (&link, &code), eyes).await?;
    execute(pages, &end).await?;
    browser.find("confirmation").await?;
    browser.find("ended").await?;
    eyes.look(browser, "admin-access-ended").await?;
    let dashboard = Dashboard::new(browser, server.address());
    dashboard.sign_in(&ada.npi, "nine loud geese at dawn").await?;
    let said = browser.text("error").await?;
    ensure(said.contains("Sign-in refused"), || said.clone())
}

async fn the_prescriber_chooses(
    server: &ServerProcess,
    browser: &Browser,
    (link, code): (&str, &str),
    eyes: &mut Eyes,
) -> Result<()> {
    const NEW: &str = "nine loud geese at dawn";
    ensure(link.starts_with(server.address()), || link.to_owned())?;
    browser.go_to(link).await?;
    eyes.look(browser, "new-passphrase").await?;
    for again in ["nine loud geese", NEW] {
        browser.type_into("code", code).await?;
        browser.type_into("passphrase", NEW).await?;
        browser.type_into("again", again).await?;
        browser.submit("submit").await?;
        if again != NEW {
            browser.find("error-again").await?;
            eyes.look(browser, "new-passphrase-refused").await?;
        }
    }
    let said = browser.text("confirmation").await?;
    ensure(said.contains("new passphrase is set"), || said.clone())
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_is_walked_and_looked_at() -> Result<()> {
    test(async {
        let desktop = Desktop::start(KeyringState::Unlocked).await?;
        let browser = Browser::start(&desktop).await?;
        let mut eyes = Eyes::open()?;
        walk(&desktop, &browser, &mut eyes).await?;
        browser.close().await;
        eyes.verdict(&PAGES)
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn all_of_it_works_without_scripts() -> Result<()> {
    test(async {
        let desktop = Desktop::start(KeyringState::Unlocked).await?;
        let browser = Browser::without_javascript(&desktop).await?;
        walk(&desktop, &browser, &mut Eyes::shut()).await?;
        browser.close().await;
        Ok(())
    })
    .await
}
