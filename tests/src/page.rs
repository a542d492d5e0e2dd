//! What a window shows, found by `data-testid`, and the hands that type and click in it.

use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};
use thirtyfour::error::{WebDriverError, WebDriverErrorInner, WebDriverResult};
use thirtyfour::prelude::*;

use crate::desktop::screen::Screen;
use crate::error::{Error, Result};
use crate::wait::{self, Look};

/// The contents of one window.
#[derive(Debug, Clone)]
pub struct Page {
    driver: WebDriver,
    /// Selects the part of the page that is in use; empty for all of it.
    scope: &'static str,
    /// The display that has nothing else on it, where pictures are taken of that.
    display: Option<String>,
}

impl Page {
    pub(crate) fn new(driver: WebDriver, scope: &'static str) -> Self {
        Self { driver, scope, display: None }
    }

    /// Takes its pictures of the display: WebKit's driver waits for ever for a painting where the
    /// processor paints and nothing moves.
    pub(crate) fn seen_on(self, display: &str) -> Self {
        Self { display: Some(display.to_owned()), ..self }
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
        loop {
            match self.driver.find_all(By::Css(selector.as_str())).await {
                Ok(found) => return Ok(found),
                // Drawn anew while the driver was looking.
                Err(error) if is_stale(&error) => (),
                Err(error) => return Err(error.into()),
            }
        }
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

    /// Does something with an element, once more where it was drawn anew between finding and doing.
    async fn with<T>(
        &self,
        id: &str,
        mut act: impl AsyncFnMut(WebElement) -> WebDriverResult<T>,
    ) -> Result<T> {
        loop {
            match act(self.find(id).await?).await {
                Ok(done) => return Ok(done),
                Err(error) if is_stale(&error) => (),
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// The visible text of an element.
    ///
    /// # Errors
    ///
    /// As [`Page::find`].
    pub async fn text(&self, id: &str) -> Result<String> {
        let text = self.with(id, async |element| element.text().await).await?;
        Ok(text.trim().to_owned())
    }

    /// Waits until an element has a visible text, and returns it.
    ///
    /// # Errors
    ///
    /// [`Error::Timeout`], with what the page said instead.
    pub async fn some_text(&self, id: &str) -> Result<String> {
        wait::until(&format!("a text in {id}"), wait::PATIENCE, async || {
            for element in self.all(id).await? {
                let text = element.text().await.unwrap_or_default().trim().to_owned();
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
        let value = self.with(id, async |element| element.attr(name).await).await?;
        value.ok_or_else(|| Error::different(format!("{id} has no attribute {name}")))
    }

    /// What is typed in a field.
    ///
    /// # Errors
    ///
    /// As [`Page::find`].
    pub async fn value(&self, id: &str) -> Result<String> {
        let value = self.with(id, async |element| element.prop("value").await).await?;
        Ok(value.unwrap_or_default())
    }

    /// Clicks, once the element stands still: one that moves with an answer is missed.
    ///
    /// # Errors
    ///
    /// As [`Page::find`].
    pub async fn click(&self, id: &str) -> Result<()> {
        self.with(id, async |element| {
            stands_still(&element).await?;
            element.click().await
        })
        .await
    }

    /// Presses keys, as a keyboard does: on whatever has the focus.
    ///
    /// # Errors
    ///
    /// When the window is gone.
    pub async fn press(&self, keys: impl Into<TypingData>) -> Result<()> {
        Ok(self.driver.action_chain().send_keys(keys).perform().await?)
    }

    /// Presses a key while a modifier is held.
    ///
    /// # Errors
    ///
    /// When the window is gone.
    pub async fn press_with(&self, modifier: Key, key: impl Into<TypingData>) -> Result<()> {
        let keys =
            self.driver.action_chain().key_down(modifier.clone()).send_keys(key).key_up(modifier);
        Ok(keys.perform().await?)
    }

    /// Clicks what sends a form, and waits until the page that it was on has gone.
    ///
    /// # Errors
    ///
    /// As [`Page::find`]; also when the page stays.
    pub async fn submit(&self, id: &str) -> Result<()> {
        let button = self.find(id).await?;
        stands_still(&button).await?;
        button.click().await?;
        wait::until("the next page", wait::PATIENCE, async || {
            Ok(match button.is_enabled().await {
                Ok(_) => Look::NotYet("the same page".to_owned()),
                Err(_) => Look::There(()),
            })
        })
        .await
    }

    /// Types into a field, in place of what is there.
    ///
    /// # Errors
    ///
    /// As [`Page::find`].
    pub async fn type_into(&self, id: &str, text: &str) -> Result<()> {
        self.with(id, async |field| {
            field.clear().await?;
            field.send_keys(text).await
        })
        .await
    }

    /// Puts a long text into a field at once, as pasting does.
    ///
    /// # Errors
    ///
    /// As [`Page::find`].
    pub async fn paste_into(&self, id: &str, text: &str) -> Result<()> {
        self.with(id, async |field| {
            let arguments = vec![field.to_json()?, json!(text)];
            self.driver.execute(PASTE, arguments).await.map(drop)
        })
        .await
    }

    /// Chooses a file, as the system's own dialog does: the driver answers in its place.
    ///
    /// # Errors
    ///
    /// When there is no such field.
    pub async fn choose_file(&self, id: &str, file: &Path) -> Result<()> {
        // The field itself is out of sight: a button opens it.
        let fields = self.all(id).await?;
        let field = fields.first().ok_or_else(|| Error::different(format!("no field {id}")))?;
        Ok(field.send_keys(file.display().to_string()).await?)
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

    /// Chooses the option of a list that stands for this value.
    ///
    /// # Errors
    ///
    /// As [`Page::find`]; also when no option does.
    pub async fn choose_value(&self, id: &str, value: &str) -> Result<()> {
        let option = format!("option[value=\"{value}\"]");
        self.with(id, async |list| list.find(By::Css(&option)).await?.click().await).await
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
        let Some(display) = &self.display else { return Ok(self.driver.screenshot(path).await?) };
        let screen = Screen::of(display)?;
        let (_, window) = screen.shown_window().await?;
        screen.picture(window)?.save(path)
    }

    /// Gives the page this size, in CSS pixels.
    ///
    /// # Errors
    ///
    /// [`Error::Timeout`], with the size that it has instead.
    pub async fn resize(&self, width: u32, height: u32) -> Result<()> {
        self.driver.set_window_rect(0, 0, width, height).await?;
        self.has_size(width, height).await
    }

    async fn has_size(&self, width: u32, height: u32) -> Result<()> {
        let wanted = json!([width, height]);
        wait::until("the window's new size", wait::PATIENCE, async || {
            let size = self.script("return [innerWidth, innerHeight]", vec![]).await?;
            Ok(if size == wanted { Look::There(()) } else { Look::NotYet(size.to_string()) })
        })
        .await
    }

    /// Gives the page of a browser, which has bars of its own, this size, in CSS pixels.
    ///
    /// # Errors
    ///
    /// [`Error::Timeout`], with the size that it has instead.
    pub async fn resize_inside(&self, width: u32, height: u32) -> Result<()> {
        let bars = "return [outerWidth - innerWidth, outerHeight - innerHeight]";
        let bars = self.script(bars, vec![]).await?;
        let bar = |place: usize| bars[place].as_u64().and_then(|bar| u32::try_from(bar).ok());
        let (wider, taller) = (bar(0).unwrap_or_default(), bar(1).unwrap_or_default());
        self.driver.set_window_rect(0, 0, width + wider, height + taller).await?;
        self.has_size(width, height).await
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

/// Sets a field's value and tells the page, as a browser does when somebody pastes.
const PASTE: &str = "
    const [field, text] = arguments;
    field.focus();
    field.value = text;
    field.dispatchEvent(new InputEvent('input', { bubbles: true, inputType: 'insertFromPaste' }));
    field.dispatchEvent(new Event('change', { bubbles: true }));
";

/// Waits until an element is where it was a moment before; not for ever, for some never rest.
async fn stands_still(element: &WebElement) -> WebDriverResult<()> {
    let place = async || element.rect().await.map(|r| [r.x, r.y, r.width, r.height]);
    let mut before = place().await?;
    for _ in 0..40 {
        tokio::time::sleep(Duration::from_millis(25)).await;
        let now = place().await?;
        if now == before {
            break;
        }
        before = now;
    }
    Ok(())
}

fn is_stale(error: &WebDriverError) -> bool {
    matches!(**error, WebDriverErrorInner::StaleElementReference(_))
}
