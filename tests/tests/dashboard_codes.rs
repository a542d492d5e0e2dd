//! Codes as they are typed on the dashboard: right, used, old, wrong, another token's; and the
//! lock, of the token that was named and of no other.

use e2e::dashboard::NewToken;
use e2e::error::ensure;
use e2e::scene::ISSUER;
use e2e::server::Prescriber;
use e2e::soft_token::SoftToken;
use e2e::{Browser, Dashboard, Desktop, KeyringState, Result, ServerProcess, clock, test, wait};
use oath::UnixTime;

/// A server that has taken the provisioning data of some tokens, and its prescriber.
struct Clinic {
    server: ServerProcess,
    prescriber: Prescriber,
    confirmation: String,
}

impl Clinic {
    async fn start(desktop: &Desktop, tokens: &[&SoftToken]) -> Result<Self> {
        let server = ServerProcess::start(&desktop.folder().join("server"), ISSUER).await?;
        let prescriber = Prescriber::demo();
        server.add_account(&prescriber)?;
        let confirmation = server.begin_activation(&prescriber)?.confirmation;
        let card = server.issuer_card()?;
        for token in tokens {
            let file = desktop.folder().join(token.id().as_str());
            std::fs::write(&file, token.sealed_to(&card)?)?;
            server.import(&file)?;
        }
        Ok(Self { server, prescriber, confirmation })
    }
}

async fn add(dashboard: &Dashboard<'_>, token: &SoftToken, name: &str, code: &str) -> Result<()> {
    let serial = token.id().to_string();
    let new = NewToken { issuer: ISSUER, name, serial: &serial, code };
    dashboard.add_new_token(&new).await?;
    let rows = dashboard.tokens().await?;
    ensure(
        rows.iter().any(|row| row.serial == token.id().as_str() && row.state == "active"),
        || format!("{name} is not active: {rows:?}"),
    )
}

/// Types a code and compares what is said of it.
async fn judged(
    dashboard: &Dashboard<'_>,
    token: &SoftToken,
    code: &str,
    outcome: &str,
    cause: &str,
) -> Result<String> {
    let found = dashboard.test_code(token.id().as_str(), code).await?;
    ensure((found.outcome.as_str(), found.cause.as_str()) == (outcome, cause), || {
        format!("expected {outcome} {cause}, found {found:?}")
    })?;
    Ok(found.words)
}

fn steps_from(now: UnixTime, steps: i64) -> UnixTime {
    UnixTime(now.0.saturating_add_signed(steps * 30))
}

#[tokio::test(flavor = "multi_thread")]
async fn each_refused_code_is_told_its_cause() -> Result<()> {
    test(async {
        let desktop = Desktop::start(KeyringState::Absent).await?;
        let (phone, backup) = (SoftToken::generate("Phone")?, SoftToken::generate("Backup")?);
        let clinic = Clinic::start(&desktop, &[&phone, &backup]).await?;
        let browser = Browser::start(&desktop).await?;
        let dashboard = Dashboard::new(&browser, clinic.server.address());
        dashboard.sign_in_by_confirmation(&clinic.prescriber, &clinic.confirmation).await?;
        let at = clock::now();
        let right = phone.code_at(at)?;
        add(&dashboard, &phone, "Ward phone", &right).await?;

        // With a token of one's own, the confirmation code does not open the dashboard again.
        dashboard.sign_out().await?;
        dashboard.sign_in(&clinic.prescriber.npi, &clinic.prescriber.passphrase).await?;
        dashboard.enter_code(&clinic.confirmation).await?;
        let words = browser.some_text("error").await?;
        ensure(words.contains("refused"), || words)?;
        dashboard.enter_code(&phone.code_at(steps_from(at, 1))?).await?;
        let added = clock::now();
        add(&dashboard, &backup, "Backup phone", &backup.code_at(added)?).await?;

        let words = judged(&dashboard, &phone, &right, "refused", "old").await?;
        ensure(!words.is_empty(), String::new)?;
        let used = phone.code_at(steps_from(at, 1))?;
        judged(&dashboard, &phone, &used, "refused", "already-used").await?;
        let old = phone.code_at(steps_from(at, -6))?;
        judged(&dashboard, &phone, &old, "refused", "old").await?;
        let wrong = phone.wrong_code(clock::now());
        judged(&dashboard, &phone, &wrong, "refused", "wrong").await?;
        judged(&dashboard, &phone, "12x4", "refused", "malformed").await?;
        // Not the next step's: if a step ended while the backup was added, it is taken for a step slow.
        wait::past_time_step(added).await;
        let other = backup.code_at(clock::now())?;
        let words = judged(&dashboard, &phone, &other, "refused", "other-token").await?;
        ensure(words.contains("Backup phone"), || words)?;
        // To say so would confirm a good code to whoever guesses, so it is spent where it belongs.
        judged(&dashboard, &backup, &other, "refused", "already-used").await?;
        browser.close().await;
        Ok(())
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_failures_lock_the_named_token_and_the_help_desk_unlocks_it() -> Result<()> {
    test(async {
        let desktop = Desktop::start(KeyringState::Absent).await?;
        let (phone, backup) = (SoftToken::generate("Phone")?, SoftToken::generate("Backup")?);
        let clinic = Clinic::start(&desktop, &[&phone, &backup]).await?;
        let browser = Browser::start(&desktop).await?;
        let dashboard = Dashboard::new(&browser, clinic.server.address());
        dashboard.sign_in_by_confirmation(&clinic.prescriber, &clinic.confirmation).await?;
        // Three codes in a row are needed: the last, the present and the next time step's.
        wait::early_in_time_step().await;
        let at = clock::now();
        add(&dashboard, &phone, "Ward phone", &phone.code_at(steps_from(at, -1))?).await?;
        dashboard.sign_out().await?;
        dashboard.sign_in(&clinic.prescriber.npi, &clinic.prescriber.passphrase).await?;
        dashboard.enter_code(&phone.code_at(at)?).await?;
        add(&dashboard, &backup, "Backup phone", &backup.code_at(at)?).await?;

        // At the door a wrong code counts; a test of one's own token does not.
        dashboard.sign_out().await?;
        dashboard.sign_in(&clinic.prescriber.npi, &clinic.prescriber.passphrase).await?;
        let wrong = phone.wrong_code(clock::now());
        for attempt in 1..=10 {
            browser.choose_value("token", phone.id().as_str()).await?;
            dashboard.enter_code(&wrong).await?;
            let cause = browser.attribute("error", "data-cause").await?;
            ensure(cause == "wrong" || attempt == 10, || format!("{attempt}: {cause}"))?;
        }
        browser.choose_value("token", phone.id().as_str()).await?;
        dashboard.enter_code(&phone.code_at(steps_from(clock::now(), 1))?).await?;
        let cause = browser.attribute("error", "data-cause").await?;
        ensure(cause == "locked", || format!("a good code of a locked token: {cause}"))?;
        let words = browser.some_text("error").await?;
        ensure(words.contains("locked"), || words)?;

        // The idle one is not locked, and opens the door. Not by the next step's code: if a step ended
        // while a token was added, it is taken for a step slow.
        wait::past_time_step(at).await;
        browser.choose_value("token", backup.id().as_str()).await?;
        dashboard.enter_code(&backup.code_at(clock::now())?).await?;
        let states = dashboard.tokens().await?;
        let state = |token: &SoftToken| {
            let row = states.iter().find(|row| row.serial == token.id().as_str());
            row.map(|row| row.state.as_str())
        };
        ensure(state(&phone) == Some("locked") && state(&backup) == Some("active"), || {
            format!("{states:?}")
        })?;
        clinic.server.run(&["token", "unlock", phone.id().as_str()], None)?;
        judged(&dashboard, &phone, &phone.code_at(clock::now())?, "accepted", "").await?;
        browser.close().await;
        Ok(())
    })
    .await
}
