//! The administrators' first page when things went wrong: losses whose notice is due or overdue, and mails
//! that no mail server took. `E2E_PICTURES=FOLDER` keeps pictures.

use std::net::TcpListener;

use e2e::administration::{Administration, Administrator};
use e2e::dashboard::NewToken;
use e2e::error::ensure;
use e2e::http::post_text;
use e2e::scene::ISSUER;
use e2e::server::Prescriber;
use e2e::soft_token::SoftToken;
use e2e::wait::{self, Look, PATIENCE};
use e2e::{
    Browser, Dashboard, Desktop, Eyes, KeyringState, Result, ServerClock, ServerProcess, clock,
    test,
};

/// Longer than a business day and a weekend.
const FIVE_DAYS: i64 = 5 * 24 * 3600;

/// A server whose mail server has gone.
async fn server_without_mail(desktop: &Desktop) -> Result<ServerProcess> {
    let folder = desktop.folder().join("server");
    std::fs::create_dir_all(&folder)?;
    let gone = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
    let url = desktop.folder().join("smtp-url");
    std::fs::write(&url, format!("smtp://{gone}"))?;
    let url = url.display().to_string();
    let options = ["--smtp-url-file", url.as_str(), "--mail-from", "tokens@clinic.example"];
    let clock = ServerClock::off_by(&folder, 0)?;
    ServerProcess::start_by(clock, &folder, ISSUER, &options).await
}

/// A prescriber with a token in use.
async fn token_of(
    server: &ServerProcess,
    dashboard: &Dashboard<'_>,
    who: &Prescriber,
) -> Result<SoftToken> {
    server.add_account(who)?;
    let phone = SoftToken::generate("Phone")?;
    let activation = server.begin_activation(who)?;
    post_text(server.address(), "/v1/provisioning", &phone.sealed_for(&activation.link)?).await?;
    dashboard.sign_in_by_confirmation(who, &activation.confirmation).await?;
    let (serial, code) = (phone.id().to_string(), phone.code_at(clock::now())?);
    let new = NewToken { issuer: ISSUER, name: "Phone", serial: &serial, code: &code };
    dashboard.add_new_token(&new).await?;
    dashboard.browser.find("confirmation").await?;
    dashboard.sign_out().await?;
    Ok(phone)
}

async fn report_lost(dashboard: &Dashboard<'_>, who: &Prescriber, token: &SoftToken) -> Result<()> {
    dashboard.sign_in(&who.npi, &who.passphrase).await?;
    dashboard.open(&format!("/lost?token={}", token.id().as_str())).await?;
    dashboard.browser.submit("report-lost").await?;
    dashboard.browser.find("next").await?;
    dashboard.sign_out().await
}

#[tokio::test(flavor = "multi_thread")]
async fn losses_and_unsent_mails_are_on_the_first_page() -> Result<()> {
    test(async {
        let desktop = Desktop::start(KeyringState::Unlocked).await?;
        let browser = Browser::start(&desktop).await?;
        let mut eyes = Eyes::open()?;
        let server = server_without_mail(&desktop).await?;
        let dashboard = Dashboard::new(&browser, server.address());
        let (ada, ben) = (Prescriber::demo(), Prescriber::other());
        let old = token_of(&server, &dashboard, &ada).await?;
        let new = token_of(&server, &dashboard, &ben).await?;
        server.clock()?.set(-FIVE_DAYS)?;
        report_lost(&dashboard, &ada, &old).await?;
        server.clock()?.set(0)?;
        report_lost(&dashboard, &ben, &new).await?;

        let hedy = Administrator::add(&server, "Hedy Mar", &["token-administrator"])?;
        let pages = Administration::new(&browser, server.address());
        pages.sign_in(&hedy).await?;
        // Each of them was to be told of the token that was added, and of the loss.
        wait::until("four mails not to be sent", PATIENCE, async || {
            pages.open("/admin").await?;
            let unsent = browser.all("unsent-mail").await?.len();
            Ok(if unsent == 4 { Look::There(()) } else { Look::NotYet(browser.words().await) })
        })
        .await?;
        eyes.look(&browser, "admin-overview-losses").await?;
        let first = browser.attribute("running-loss", "data-serial").await?;
        ensure(first == old.id().as_str(), || format!("{first}: the most urgent is first"))?;
        let words = browser.words().await;
        let shown = old.id().to_string();
        for says in ["Overdue", " left.", "Tried ", shown.as_str()] {
            ensure(words.contains(says), || format!("{says}: {words}"))?;
        }
        pages.open(&format!("/admin/accounts/{}", ada.npi)).await?;
        eyes.look(&browser, "admin-account-lost").await?;
        pages.open(&format!("/admin/tokens/{}", old.id().as_str())).await?;
        eyes.look(&browser, "admin-token-lost").await?;
        let words = browser.words().await;
        let theirs = words.contains("choose “Take it back into use”");
        ensure(theirs && !words.contains("I found it"), || words)?;
        browser.close().await;
        eyes.verdict(&["admin-overview-losses", "admin-account-lost", "admin-token-lost"])
    })
    .await
}
