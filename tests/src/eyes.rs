//! Looks at the dashboard's pages on the way: by axe-core in both colour schemes and two widths, and
//! by pictures for people.

use std::path::PathBuf;

use crate::axe::Axe;
use crate::browser::Browser;
use crate::error::{Result, ensure};

/// What sticks out of 360 px: narrower than a window of this browser can be, in the same layout.
const ON_A_PHONE: &str = "
    document.documentElement.style.width = '360px';
    const wide = [...document.querySelectorAll('body *')].filter(element =>
        // A table is moved sideways by itself.
        !element.closest('.table > *') && getComputedStyle(element).position !== 'absolute'
            && element.getBoundingClientRect().right > 361);
    document.documentElement.style.width = '';
    return wide.map(element => element.outerHTML.slice(0, 120));
";

/// Whoever looks.
#[derive(Debug)]
pub struct Eyes {
    /// None where no page may run scripts, of which the checker is one.
    axe: Option<Axe>,
    /// Where pictures are kept.
    pictures: Option<PathBuf>,
}

impl Eyes {
    /// Looks at each page; `E2E_PICTURES=FOLDER` keeps a picture of it, wide and narrow.
    ///
    /// # Errors
    ///
    /// When the checker is not installed.
    pub fn open() -> Result<Self> {
        let pictures = std::env::var_os("E2E_PICTURES").map(PathBuf::from);
        Ok(Self { axe: Some(Axe::load()?), pictures })
    }

    /// Looks at nothing: for a browser that runs no scripts.
    pub const fn shut() -> Self {
        Self { axe: None, pictures: None }
    }

    /// Whether they look at nothing.
    pub const fn are_shut(&self) -> bool {
        self.axe.is_none()
    }

    /// Looks at the page that is open.
    ///
    /// # Errors
    ///
    /// When the checker does not run.
    pub async fn look(&mut self, browser: &Browser, name: &str) -> Result<()> {
        let Some(axe) = &mut self.axe else { return Ok(()) };
        for (size, width, height) in [("narrow", 500, 900), ("wide", 1200, 900)] {
            browser.resize_inside(width, height).await?;
            axe.look_at_page(browser, &format!("{name}-{size}")).await?;
            if size == "narrow" {
                let wide = browser.script(ON_A_PHONE, vec![]).await?;
                ensure(wide.as_array().is_some_and(Vec::is_empty), || format!("{name}: {wide}"))?;
            }
            if let Some(folder) = &self.pictures {
                let tall = "return document.documentElement.scrollHeight";
                let tall = browser.script(tall, vec![]).await?.as_u64().unwrap_or_default();
                let tall = u32::try_from(tall).unwrap_or(height).max(height);
                browser.resize_inside(width, tall).await?;
                browser.screenshot(&folder.join(format!("{name}-{size}.png"))).await?;
            }
        }
        Ok(())
    }

    /// Fails on any finding, and where one of these pages was never looked at.
    ///
    /// # Errors
    ///
    /// With everything that was found.
    pub fn verdict(&self, pages: &[&str]) -> Result<()> {
        let Some(axe) = &self.axe else { return Ok(()) };
        let sizes = |page| [format!("{page}-narrow"), format!("{page}-wide")];
        let pages: Vec<_> = pages.iter().flat_map(sizes).collect();
        axe.verdict(&pages.iter().map(String::as_str).collect::<Vec<_>>())
    }
}
