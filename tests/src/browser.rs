//! A real browser: Chromium, driven over WebDriver.

use std::ops::Deref;

use serde_json::{Map, json};

use crate::desktop::Desktop;
use crate::driver::Driver;
use crate::error::Result;
use crate::page::Page;

/// Chromium with a fresh profile.
#[derive(Debug)]
pub struct Browser {
    page: Page,
    driver: Driver,
}

impl Deref for Browser {
    type Target = Page;

    fn deref(&self) -> &Page {
        &self.page
    }
}

impl Browser {
    /// Starts a browser.
    ///
    /// # Errors
    ///
    /// When it does not start.
    pub async fn start(desktop: &Desktop) -> Result<Self> {
        Self::start_with(desktop, true).await
    }

    /// Starts a browser in which no page may run scripts.
    ///
    /// # Errors
    ///
    /// When it does not start.
    pub async fn without_javascript(desktop: &Desktop) -> Result<Self> {
        Self::start_with(desktop, false).await
    }

    async fn start_with(desktop: &Desktop, javascript: bool) -> Result<Self> {
        let profile = tempfile::Builder::new().prefix("chromium-").tempdir_in(desktop.folder())?;
        let mut options = json!({
            "args": [
                "--headless", "--disable-gpu", "--disable-background-networking",
                "--disable-component-update", "--disable-sync", "--no-first-run",
                "--disable-dev-shm-usage", "--window-size=1100,1120",
                // It refuses to run as root inside its sandbox, as on a build machine.
                "--no-sandbox",
                format!("--user-data-dir={}", profile.keep().display()),
            ],
        });
        if !javascript {
            options["prefs"] = json!({ "profile.managed_default_content_settings.javascript": 2 });
        }
        let mut capabilities = Map::new();
        capabilities.insert("browserName".to_owned(), json!("chrome"));
        capabilities.insert("goog:chromeOptions".to_owned(), options);
        let driver = Driver::start(desktop, "chromedriver", capabilities, |_| ()).await?;
        let page = Page::new(driver.session.clone(), "");
        Ok(Self { page, driver })
    }

    /// Closes it.
    pub async fn close(self) {
        self.driver.quit().await;
    }
}
