//! What most tests begin with: a desktop, a server, a prescriber with an account.

use std::future::Future;
use std::time::Duration;

use tokio::sync::Semaphore;

use crate::app::AppWindow;
use crate::desktop::{Desktop, KeyringState};
use crate::error::{Error, Result};
use crate::server::{Activation, Prescriber, ServerProcess};

/// A PIN that no policy calls trivial.
pub const PIN: &str = "7316";

/// Another one.
pub const WRONG_PIN: &str = "9042";

/// The issuer in all scenes.
pub const ISSUER: &str = "Example Clinic";

/// A desktop, a server with one prescriber, and nothing enrolled yet.
#[derive(Debug)]
pub struct Scene {
    /// What the app enrols with. Ends before the desktop, in whose folder its data are.
    pub server: ServerProcess,
    /// Where the app runs.
    pub desktop: Desktop,
    /// Who enrols.
    pub prescriber: Prescriber,
}

impl Scene {
    /// Starts it, with an unlocked keyring.
    ///
    /// # Errors
    ///
    /// When a part of it does not start.
    pub async fn start() -> Result<Self> {
        let desktop = Desktop::start(KeyringState::Unlocked).await?;
        let server = ServerProcess::start(&desktop.folder().join("server"), ISSUER).await?;
        let prescriber = Prescriber::demo();
        server.add_account(&prescriber)?;
        Ok(Self { server, desktop, prescriber })
    }

    /// Begins an activation and opens its link in the app, which then asks for a token name.
    ///
    /// # Errors
    ///
    /// When the app does not get there.
    pub async fn open_link(&self) -> Result<(AppWindow, Activation)> {
        let activation = self.server.begin_activation(&self.prescriber)?;
        let app = AppWindow::open_link(&self.desktop, &activation.link).await?;
        app.reaches("name-token").await?;
        Ok((app, activation))
    }

    /// Enrols a token; its code is then on the screen, its provisioning data at the server.
    ///
    /// # Errors
    ///
    /// When the app does not get there.
    pub async fn enrol(&self, name: &str) -> Result<(AppWindow, Activation)> {
        let (app, activation) = self.open_link().await?;
        app.name_token(name).await?;
        app.choose_pin(PIN).await?;
        app.reaches("tokens").await?;
        app.enrolment_becomes("sent").await?;
        Ok((app, activation))
    }
}

/// Starts the app on a desktop of its own and makes a token there that no server knows; its code is
/// then on the screen.
///
/// # Errors
///
/// When the app does not get there.
pub async fn own_token(desktop: &Desktop, name: &str) -> Result<AppWindow> {
    let app = AppWindow::start(desktop).await?;
    app.reaches("welcome").await?;
    app.click("make-first").await?;
    app.name_token(name).await?;
    app.choose_pin(PIN).await?;
    app.reaches("tokens").await?;
    Ok(app)
}

/// Desktops at a time: each is a display, a window and often a browser.
static TURNS: Semaphore = Semaphore::const_new(2);

/// Longer than any test takes on a slow machine.
const LIMIT: Duration = Duration::from_secs(300);

/// Runs a test when it is its turn, and ends it when it hangs.
///
/// # Errors
///
/// The test's own, or [`Error::Timeout`].
pub async fn test(story: impl Future<Output = Result<()>>) -> Result<()> {
    let _turn = TURNS.acquire().await.map_err(|closed| Error::different(closed.to_string()))?;
    tokio::time::timeout(LIMIT, story).await.unwrap_or_else(|_| {
        Err(Error::Timeout {
            what: "the test to end".to_owned(),
            seconds: LIMIT.as_secs(),
            last: "it was stopped".to_owned(),
        })
    })
}
