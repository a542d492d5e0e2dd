//! The screens beside the tokens, in the product's words: the lock, details, export, settings.

use std::path::PathBuf;

use crate::app::AppWindow;
use crate::error::{Result, ensure};
use crate::wait::{self, Look};

impl AppWindow {
    /// Chooses a PIN: enters it twice.
    ///
    /// # Errors
    ///
    /// When it is not taken.
    pub async fn choose_pin(&self, pin: &str) -> Result<()> {
        self.reaches("choose-pin").await?;
        self.enter_pin(pin).await?;
        self.reaches("repeat-pin").await?;
        self.enter_pin(pin).await
    }

    /// Clicks a PIN on the pad, digit by digit, as soon as it takes digits.
    ///
    /// # Errors
    ///
    /// When there is no pad.
    pub async fn enter_pin(&self, pin: &str) -> Result<()> {
        wait::until("the pad to take digits", wait::PATIENCE, async || {
            let busy = self.script(
                "return document.querySelector('.pin-pad:is(.busy, .resting)') !== null",
                vec![],
            );
            Ok(if busy.await? == true { Look::NotYet("busy".to_owned()) } else { Look::There(()) })
        })
        .await?;
        for digit in pin.chars() {
            self.click(&format!("pin-key-{digit}")).await?;
        }
        Ok(())
    }

    /// Enters the PIN at the lock and waits for the tokens.
    ///
    /// # Errors
    ///
    /// When it stays locked.
    pub async fn unlock(&self, pin: &str) -> Result<()> {
        self.unlock_to(pin, "tokens").await
    }

    /// Enters the PIN at the lock and waits for a screen, which is another when a link waits.
    ///
    /// # Errors
    ///
    /// When it does not come.
    pub async fn unlock_to(&self, pin: &str, screen: &str) -> Result<()> {
        self.reaches("unlock").await?;
        self.enter_pin(pin).await?;
        self.reaches(screen).await
    }

    /// Enters a PIN that is wrong, and returns what the app says of it.
    ///
    /// # Errors
    ///
    /// When it says nothing.
    pub async fn wrong_pin(&self, pin: &str) -> Result<String> {
        self.reaches("unlock").await?;
        let before = self.tries_left().await?;
        self.enter_pin(pin).await?;
        let erased = wait::until("the answer to a wrong PIN", wait::PATIENCE, async || {
            if self.screen().await? == "erased" {
                return Ok(Look::There(true));
            }
            let now = self.tries_left().await?;
            let counted = now.is_some() && now != before;
            Ok(if counted { Look::There(false) } else { Look::NotYet(format!("{now:?}")) })
        })
        .await?;
        if erased { Ok(self.words().await) } else { self.some_text("pin-error").await }
    }

    /// The tries that the lock shows to be left; `None` while it shows none.
    ///
    /// # Errors
    ///
    /// When the window is gone.
    pub async fn tries_left(&self) -> Result<Option<u8>> {
        // One look, because the screen may be leaving.
        let texts = self.all("tries-left").await?;
        let Some(element) = texts.first() else { return Ok(None) };
        let text = element.text().await.unwrap_or_default();
        Ok(text.split_whitespace().find_map(|word| word.parse().ok()))
    }

    /// Waits until the details show a state that the server told.
    ///
    /// # Errors
    ///
    /// [`Error::Timeout`], with what is shown instead.
    pub async fn state_becomes(&self, state: &str) -> Result<()> {
        wait::until(&format!("the state to be {state}"), wait::PATIENCE, async || {
            for line in self.all("state-line").await? {
                if line.attr("data-state").await.ok().flatten().as_deref() == Some(state) {
                    return Ok(Look::There(()));
                }
            }
            Ok(Look::NotYet(self.words().await))
        })
        .await
    }

    /// Seals the token's provisioning data to an issuer card; the QR is then on the screen.
    ///
    /// # Errors
    ///
    /// When the card is refused.
    pub async fn export(&self, card: &str) -> Result<()> {
        self.reaches("tokens").await?;
        self.click("open-export").await?;
        self.reaches("export").await?;
        self.paste_into("issuer-card", card).await?;
        self.click("make-export").await?;
        // The app brings it into sight.
        self.find("export-qr").await.map(drop)
    }

    /// Saves what was exported; returns the file.
    ///
    /// # Errors
    ///
    /// When there is no such file.
    pub async fn save_export(&self) -> Result<PathBuf> {
        self.click("save-export").await?;
        let shown = self.some_text("export-file").await?;
        let path: PathBuf = shown
            .split_whitespace()
            .rev()
            .find(|word| word.starts_with('/'))
            .unwrap_or(&shown)
            .trim_end_matches(['.', ','])
            .into();
        ensure(path.is_file(), || format!("the app says {shown:?}, but there is no such file"))?;
        Ok(path)
    }

    /// Leaves the export's screen.
    ///
    /// # Errors
    ///
    /// When the tokens do not come back.
    pub async fn leave_export(&self) -> Result<()> {
        self.click("back").await?;
        self.reaches("tokens").await
    }

    /// Chooses a setting's value from its list, and waits until the app has taken it.
    ///
    /// # Errors
    ///
    /// When there is no such setting or value.
    pub async fn choose_setting(&self, id: &str, value: &str) -> Result<()> {
        self.choose_value(id, value).await?;
        self.settings_taken().await
    }

    /// Switches a setting on or off, and waits until the app has taken it.
    ///
    /// # Errors
    ///
    /// When there is no such setting.
    pub async fn switch_setting(&self, id: &str) -> Result<()> {
        self.click(id).await?;
        self.settings_taken().await
    }

    async fn settings_taken(&self) -> Result<()> {
        wait::until("the settings to be taken", wait::PATIENCE, async || {
            let busy =
                "return document.querySelector('[data-screen=settings][aria-busy]') !== null";
            let busy = self.script(busy, vec![]).await? == true;
            Ok(if busy { Look::NotYet("busy".to_owned()) } else { Look::There(()) })
        })
        .await
    }
}
