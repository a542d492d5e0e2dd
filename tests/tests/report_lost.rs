//! Two installations of one account: one reports the other's token lost, and it is suspended at once.

use e2e::dashboard::NewToken;
use e2e::error::ensure;
use e2e::own_card::OwnCard;
use e2e::scene::{ISSUER, PIN, Scene};
use e2e::{
    AppWindow, Browser, Dashboard, Desktop, KeyringState, Result, clock, outside, test, wait,
};
use oath::{CredentialId, Seed, UnixTime};

/// A device with a token that is associated with the account.
struct Device {
    app: AppWindow,
    id: CredentialId,
    seed: Seed,
}

impl Device {
    async fn of(app: AppWindow) -> Result<Self> {
        let id = app.credential_id().await?;
        let card = OwnCard::generate("The test's own card")?;
        app.export(&card.text()).await?;
        let seed = card.open(&app.save_export().await?)?.seed;
        app.leave_export().await?;
        Ok(Self { app, id, seed })
    }

    async fn associate(&self, dashboard: &Dashboard<'_>, name: &str) -> Result<()> {
        // If a step ended on the way, the token would be taken for a step slow, and `next_code` for early.
        wait::early_in_time_step().await;
        let (serial, code) = (self.id.to_string(), self.app.code().await?);
        let new = NewToken { issuer: ISSUER, name, serial: &serial, code: &code };
        dashboard.add_new_token(&new).await?;
        let words = dashboard.browser.words().await;
        ensure(words.contains("now associated"), || words)?;
        self.is_in_state(dashboard, "active").await
    }

    async fn is_in_state(&self, dashboard: &Dashboard<'_>, state: &str) -> Result<()> {
        let rows = dashboard.tokens().await?;
        let there = rows.iter().any(|row| row.serial == self.id.as_str() && row.state == state);
        ensure(there, || format!("{} is not {state}: {rows:?}", self.id))
    }

    /// The code of the time step after this one, which the server takes already.
    fn next_code(&self) -> Result<String> {
        outside::oathtool_code(&self.seed, UnixTime(clock::now().0 + 30))
    }

    async fn open_details(&self) -> Result<()> {
        self.app.click("open-details").await?;
        self.app.reaches("details").await?;
        self.app.state_becomes("active").await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_other_installations_token_is_suspended_at_once() -> Result<()> {
    test(async {
        let scene = Scene::start().await?;
        let (app, activation) = scene.enrol("Phone").await?;
        let phone = Device::of(app).await?;
        let browser = Browser::start(&scene.desktop).await?;
        let dashboard = Dashboard::new(&browser, scene.server.address());
        dashboard.sign_in_by_confirmation(&scene.prescriber, &activation.confirmation).await?;
        phone.associate(&dashboard, "Phone").await?;

        let second_desktop = Desktop::start(KeyringState::Unlocked).await?;
        let link = scene.server.begin_activation(&scene.prescriber)?.link;
        let app = AppWindow::open_link(&second_desktop, &link).await?;
        app.name_token("Tablet").await?;
        app.choose_pin(PIN).await?;
        app.reaches("tokens").await?;
        app.enrolment_becomes("sent").await?;
        let tablet = Device::of(app).await?;
        // A further token needs a code of one that is active already.
        dashboard.sign_out().await?;
        dashboard.sign_in(&scene.prescriber.npi, &scene.prescriber.passphrase).await?;
        dashboard.enter_code(&phone.next_code()?).await?;
        tablet.associate(&dashboard, "Tablet").await?;
        tablet.open_details().await?;

        phone.open_details().await?;
        phone.app.click("report-lost").await?;
        phone.app.reaches("lost").await?;
        let offered = phone.app.text("lost-candidate").await?;
        ensure(offered.contains("Tablet"), || format!("offered: {offered}"))?;
        phone.app.click("lost-candidate").await?;
        phone.app.click("confirm-lost").await?;
        let done = phone.app.some_text("lost-done").await?;
        ensure(done.contains("Tablet"), || done)?;

        // From now on the server takes no code of it, neither for a test nor to sign in.
        tablet.is_in_state(&dashboard, "suspended").await?;
        let judged = dashboard.test_code(tablet.id.as_str(), &tablet.next_code()?).await?;
        let verdict = (judged.outcome.as_str(), judged.cause.as_str());
        ensure(verdict == ("refused", "not-active"), || format!("{judged:?}"))?;
        dashboard.sign_out().await?;
        dashboard.sign_in(&scene.prescriber.npi, &scene.prescriber.passphrase).await?;
        dashboard.enter_code(&tablet.next_code()?).await?;
        let signed_in = browser.shows("add-new-token").await?;
        ensure(!signed_in, || "a lost token opens the dashboard".to_owned())?;

        // The other installation tells its owner, whoever that is now.
        tablet.app.click("refresh-state").await?;
        tablet.app.state_becomes("suspended").await?;
        tablet.app.click("back").await?;
        tablet.app.reaches("tokens").await?;
        let state = tablet.app.attribute("token-state", "data-state").await?;
        ensure(state == "suspended", || format!("its card says {state}"))?;

        phone.app.click("back").await?;
        phone.app.reaches("details").await?;
        phone.app.state_becomes("active").await?;
        phone.app.close().await?;
        tablet.app.close().await?;
        browser.close().await;
        Ok(())
    })
    .await
}
