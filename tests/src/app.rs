//! The app's window, in the product's words.

use std::ops::Deref;
use std::process::Command;
use std::time::Duration;

use oath::CredentialId;
use serde_json::{Map, Value, json};

use crate::desktop::Desktop;
use crate::driver::Driver;
use crate::error::{Error, Result};
use crate::page::Page;
use crate::process::{self, Running};
use crate::programs;
use crate::wait::{self, Look};

/// The app's program.
pub const PROGRAM: &str = "countersign";

/// What the app calls itself on the session bus, so that there is one of it.
pub(crate) const BUS_NAME: &str = "org.countersign.app.SingleInstance";

/// A process of the app with its window.
///
/// WebKitWebDriver is driven directly, with the capability that `tauri-driver` would translate to:
/// one program less to install.
#[derive(Debug)]
pub struct AppWindow {
    page: Page,
    driver: Driver,
    process: u32,
}

impl Deref for AppWindow {
    type Target = Page;

    fn deref(&self) -> &Page {
        &self.page
    }
}

impl AppWindow {
    /// Starts the app.
    ///
    /// # Errors
    ///
    /// When no window appears.
    pub async fn start(desktop: &Desktop) -> Result<Self> {
        Self::start_with(desktop, &[]).await
    }

    /// Starts the app as a click on an enrolment link does.
    ///
    /// # Errors
    ///
    /// When no window appears.
    pub async fn open_link(desktop: &Desktop, link: &str) -> Result<Self> {
        Self::start_with(desktop, &[link]).await
    }

    /// Starts the app without waiting for what it has to say, where the keyring asks first.
    ///
    /// # Errors
    ///
    /// When no window appears.
    pub async fn start_unsettled(desktop: &Desktop) -> Result<Self> {
        Self::start_process(desktop, &[]).await
    }

    async fn start_with(desktop: &Desktop, arguments: &[&str]) -> Result<Self> {
        let window = Self::start_process(desktop, arguments).await?;
        window.settle().await?;
        Ok(window)
    }

    async fn start_process(desktop: &Desktop, arguments: &[&str]) -> Result<Self> {
        if desktop.processes_of(PROGRAM).is_empty() {
            // One that has just ended may still be known to the bus, as if it could take a link.
            desktop.wait_for_name(BUS_NAME, false).await?;
        }
        let mut capabilities = Map::new();
        capabilities.insert(
            "webkitgtk:browserOptions".to_owned(),
            json!({ "binary": programs::path(PROGRAM)?, "args": arguments }),
        );
        let driver = Driver::start(desktop, "WebKitWebDriver", capabilities, |command| {
            command.env("TAURI_WEBVIEW_AUTOMATION", "true");
        })
        .await?;
        // By its parent: what the app starts in turn has its program's name for a moment, too.
        let process = desktop
            .processes_of(PROGRAM)
            .into_iter()
            .find(|id| process::parent_of(*id) == Some(driver.process_id()))
            .ok_or_else(|| {
                Error::different("the driver says that the app runs, but it does not")
            })?;
        Ok(Self::of(desktop, driver, process))
    }

    /// The window that this driver holds, of this process.
    pub(crate) fn of(desktop: &Desktop, driver: Driver, process: u32) -> Self {
        let page = Page::new(driver.session.clone(), "[data-screen]:not([hidden])")
            .seen_on(desktop.display_name());
        Self { page, driver, process }
    }

    /// Starts the app a second time, without a driver, as a click on a link does while it runs.
    ///
    /// # Errors
    ///
    /// When it cannot be started.
    pub fn start_again(desktop: &Desktop, arguments: &[&str]) -> Result<Running> {
        let mut command: Command = desktop.command(programs::path(PROGRAM)?);
        command.args(arguments);
        Running::start(PROGRAM, &mut command, &desktop.log("second-start"), None)
    }

    /// The number of the app's process.
    pub fn process_id(&self) -> u32 {
        self.process
    }

    /// Closes the app and makes sure that its process has ended.
    ///
    /// # Errors
    ///
    /// When it goes on running.
    pub async fn close(self) -> Result<()> {
        self.driver.quit().await;
        // The driver answers before the app has ended, so it must live until then.
        gone(self.process).await
    }

    /// Closes the window as a person does, by the window manager, and waits until the app has ended.
    ///
    /// # Errors
    ///
    /// When it goes on running.
    pub async fn close_by_hand(self, desktop: &Desktop) -> Result<()> {
        desktop.close_window(desktop.window().await?)?;
        self.ends().await
    }

    /// Waits until the app has ended by itself.
    ///
    /// # Errors
    ///
    /// When it goes on running.
    pub async fn ends(self) -> Result<()> {
        gone(self.process).await
    }

    /// Ends the app at once, as a power cut would.
    ///
    /// # Errors
    ///
    /// When it goes on running.
    pub async fn kill(self) -> Result<()> {
        process::kill(self.process);
        gone(self.process).await
    }

    /// The name of the one screen that is shown.
    ///
    /// # Errors
    ///
    /// When none or several are.
    pub async fn screen(&self) -> Result<String> {
        let names = self
            .script(
                "return [...document.querySelectorAll('[data-screen]')]\
                 .filter(screen => !screen.hidden).map(screen => screen.dataset.screen)",
                vec![],
            )
            .await?;
        match names.as_array().map(Vec::as_slice) {
            Some([Value::String(name)]) => Ok(name.clone()),
            _ => Err(Error::different(format!("there must be one screen, not {names}"))),
        }
    }

    /// Waits for a screen.
    ///
    /// # Errors
    ///
    /// [`Error::Timeout`], with the words of the screen that is shown instead.
    pub async fn reaches(&self, screen: &str) -> Result<()> {
        wait::until(&format!("the screen {screen}"), wait::PATIENCE, async || {
            let shown = self.screen().await?;
            if shown == screen {
                return Ok(Look::There(()));
            }
            Ok(Look::NotYet(format!("{shown}: {}", self.words().await)))
        })
        .await
    }

    /// Waits until the app has found out which screen to show.
    pub(crate) async fn settle(&self) -> Result<()> {
        wait::until("the first screen", wait::PATIENCE, async || {
            let names = self.screen().await;
            Ok(match names {
                Ok(name) if name != "loading" => Look::There(()),
                Ok(name) => Look::NotYet(name),
                Err(error) => Look::NotYet(error.to_string()),
            })
        })
        .await
    }

    /// Gives the token its name and goes on.
    ///
    /// # Errors
    ///
    /// When the screen is another.
    pub async fn name_token(&self, name: &str) -> Result<()> {
        self.reaches("name-token").await?;
        self.type_into("token-name", name).await?;
        self.click("continue").await
    }

    /// The credential ID that is shown.
    ///
    /// # Errors
    ///
    /// When it does not read.
    pub async fn credential_id(&self) -> Result<CredentialId> {
        Ok(self.text("credential-id").await?.parse()?)
    }

    /// The security code that is shown, digits only.
    ///
    /// # Errors
    ///
    /// When none is shown.
    pub async fn code(&self) -> Result<String> {
        let shown = wait::until("a security code", Duration::from_secs(20), async || {
            let text = self.text("code").await?;
            let digits: String = text.chars().filter(char::is_ascii_digit).collect();
            Ok(if digits.len() == 6 { Look::There(digits) } else { Look::NotYet(text) })
        });
        shown.await
    }

    /// A security code that is shown with two thirds of its time before it.
    ///
    /// # Errors
    ///
    /// When none is shown.
    pub async fn early_code(&self) -> Result<String> {
        // The page may show the last code for a moment longer than it is good for.
        wait::until("a new code", wait::PATIENCE, async || {
            let left = self.seconds().await?;
            Ok(if left >= 20 { Look::There(()) } else { Look::NotYet(left.to_string()) })
        })
        .await?;
        self.code().await
    }

    /// The seconds that the code is good for, as shown.
    ///
    /// # Errors
    ///
    /// When no number is shown.
    pub async fn seconds(&self) -> Result<u64> {
        let text = self.text("seconds").await?;
        let digits: String = text.chars().filter(char::is_ascii_digit).collect();
        digits.parse().map_err(|_| Error::different(format!("no seconds in {text:?}")))
    }

    /// Where the first token's sealed provisioning data went: `sent`, `pending` or `none`; nothing while
    /// no token is shown.
    ///
    /// # Errors
    ///
    /// When the window is gone.
    pub async fn enrolment_status(&self) -> Result<String> {
        // Told also where nothing of it is shown.
        let Some(told) = self.all("enrolment-status").await?.into_iter().next() else {
            return Ok(String::new());
        };
        Ok(told.attr("data-status").await.ok().flatten().unwrap_or_default())
    }

    /// Waits for an enrolment status.
    ///
    /// # Errors
    ///
    /// [`Error::Timeout`], with what is shown instead.
    pub async fn enrolment_becomes(&self, status: &str) -> Result<()> {
        wait::until(&format!("enrolment to be {status}"), wait::PATIENCE, async || {
            let now = self.enrolment_status().await?;
            if now == status {
                return Ok(Look::There(()));
            }
            Ok(Look::NotYet(format!("{now}: {}", self.words().await)))
        })
        .await
    }

    /// Waits until the app has given up sending, and returns what it says of it.
    ///
    /// # Errors
    ///
    /// [`Error::Timeout`], with what is shown instead.
    pub async fn sending_failed(&self) -> Result<String> {
        self.find("retry-sending").await?;
        self.enrolment_becomes("pending").await?;
        Ok(self.words().await)
    }
}

async fn gone(process: u32) -> Result<()> {
    wait::until("the app to end", wait::PATIENCE, async || {
        Ok(if process::runs(process) {
            Look::NotYet(format!("process {process} still runs"))
        } else {
            Look::There(())
        })
    })
    .await
}
