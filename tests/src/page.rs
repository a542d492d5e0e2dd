//! What a window shows, found by `data-testid`, and the hands that type and click in it.

use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};
use thirtyfour::prelude::*;

use crate::error::{Error, Result};
use crate::wait::{self, Look};

/// The contents of one window.
#[derive(Debug, Clone)]
pub struct Page {
    driver: WebDriver,
    /// Selects the part of the page that is in use; empty for all of it.
    scope: &'static str,
}

impl Page {
    pub(crate) fn new(driver: WebDriver, scope: &'static str) -> Self {
        Self { driver, scope }
    }

    /// The element with this `data-testid`, once it is there and visible.
    ///
    /// # Errors
    ///
    /// [`Error::Timeout`], with what the page said instead.
    pub async fn find(&self, id: &str) -> Result<WebElement> {
        let found = wait::until(id, Duration::from_secs(20), async || {
            for element in self.all(id).await? {
                if element.is_displayed().await.unwrap_or(false) {
                    return Ok(Look::There(element));
                }
            }
            Ok(Look::NotYet(String::new()))
        });
        match found.await {
            Err(Error::Timeout { what, seconds, .. }) => {
                Err(Error::Timeout { what, seconds, last: self.words().await })
            }
            other => other,
        }
    }

    /// All elements with this `data-testid`, visible or not.
    ///
    /// # Errors
    ///
    /// When the window is gone.
    pub async fn all(&self, id: &str) -> Result<Vec<WebElement>> {
        let selector = format!("{} [data-testid=\"{id}\"]", self.scope);
        Ok(self.driver.find_all(By::Css(selector)).await?)
    }

    /// Whether an element with this `data-testid` is visible now.
    ///
    /// # Errors
    ///
    /// When the window is gone.
    pub async fn shows(&self, id: &str) -> Result<bool> {
        for element in self.all(id).await? {
            if element.is_displayed().await.unwrap_or(false) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The visible text of an element.
    ///
    /// # Errors
    ///
    /// As [`Page::find`].
    pub async fn text(&self, id: &str) -> Result<String> {
        Ok(self.find(id).await?.text().await?.trim().to_owned())
    }

    /// Waits until an element has a visible text, and returns it.
    ///
    /// # Errors
    ///
    /// [`Error::Timeout`], with what the page said instead.
    pub async fn some_text(&self, id: &str) -> Result<String> {
        wait::until(&format!("a text in {id}"), wait::PATIENCE, async || {
            if self.shows(id).await? {
                let text = self.text(id).await?;
                if !text.is_empty() {
                    return Ok(Look::There(text));
                }
            }
            Ok(Look::NotYet(self.words().await))
        })
        .await
    }

    /// An attribute of an element.
    ///
    /// # Errors
    ///
    /// As [`Page::find`]; also when it has no such attribute.
    pub async fn attribute(&self, id: &str, name: &str) -> Result<String> {
        let value = self.find(id).await?.attr(name).await?;
        value.ok_or_else(|| Error::different(format!("{id} has no attribute {name}")))
    }

    /// What is typed in a field.
    ///
    /// # Errors
    ///
    /// As [`Page::find`].
    pub async fn value(&self, id: &str) -> Result<String> {
        Ok(self.find(id).await?.prop("value").await?.unwrap_or_default())
    }

    /// Clicks.
    ///
    /// # Errors
    ///
    /// As [`Page::find`].
    pub async fn click(&self, id: &str) -> Result<()> {
        Ok(self.find(id).await?.click().await?)
    }

    /// Types into a field, in place of what is there.
    ///
    /// # Errors
    ///
    /// As [`Page::find`].
    pub async fn type_into(&self, id: &str, text: &str) -> Result<()> {
        let field = self.find(id).await?;
        field.clear().await?;
        Ok(field.send_keys(text).await?)
    }

    /// Puts a long text into a field at once, as pasting does.
    ///
    /// # Errors
    ///
    /// As [`Page::find`].
    pub async fn paste_into(&self, id: &str, text: &str) -> Result<()> {
        let field = self.find(id).await?;
        self.script(
            "const [field, text] = arguments; field.focus(); field.value = text; \
             field.dispatchEvent(new InputEvent('input', { bubbles: true, inputType: 'insertFromPaste' })); \
             field.dispatchEvent(new Event('change', { bubbles: true }));",
            vec![field.to_json()?, json!(text)],
        )
        .await?;
        Ok(())
    }

    /// Chooses the option of a list that reads so.
    ///
    /// # Errors
    ///
    /// As [`Page::find`]; also when no option reads so.
    pub async fn choose(&self, id: &str, text: &str) -> Result<()> {
        let mut options = Vec::new();
        for option in self.find(id).await?.find_all(By::Tag("option")).await? {
            let words = option.text().await?.trim().to_owned();
            if words == text {
                return Ok(option.click().await?);
            }
            options.push(words);
        }
        Err(Error::different(format!("{id} has no option {text:?}, only {options:?}")))
    }

    /// Runs a script in the page; returns what it returns.
    ///
    /// # Errors
    ///
    /// When the script throws.
    pub async fn script(&self, script: &str, arguments: Vec<Value>) -> Result<Value> {
        Ok(self.driver.execute(script, arguments).await?.json().clone())
    }

    /// Saves what the window shows as a PNG file.
    ///
    /// # Errors
    ///
    /// When the file cannot be written.
    pub async fn screenshot(&self, path: &Path) -> Result<()> {
        // The page is ahead of what the window has painted, and a code cross-fades.
        tokio::time::sleep(Duration::from_millis(500)).await;
        Ok(self.driver.screenshot(path).await?)
    }

    /// Everything that can be read on the page now.
    pub async fn words(&self) -> String {
        match self.driver.find(By::Css("body")).await {
            Ok(body) => body.text().await.unwrap_or_else(|error| error.to_string()),
            Err(error) => error.to_string(),
        }
    }

    /// Opens an address.
    ///
    /// # Errors
    ///
    /// When it does not load.
    pub async fn go_to(&self, address: &str) -> Result<()> {
        Ok(self.driver.goto(address).await?)
    }
}
