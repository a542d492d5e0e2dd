//! axe-core, other people's checker of accessibility, run in the app's own window.

use std::path::Path;

use serde_json::Value;

use crate::app::AppWindow;
use crate::error::{Error, Result};
use crate::page::Page;
use crate::tour::Onlooker;

/// Where `npm ci` puts it; `cargo xtask install` runs that.
const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/axe/node_modules/axe-core/axe.min.js");

/// The two themes, as `data-theme` on the root says.
const THEMES: [&str; 2] = ["light", "dark"];

/// Runs axe over the page: the rules for WCAG 2.2 A and AA, and those for good practice.
const RUN: &str = "
    document.documentElement.dataset.theme = arguments[0];
    for (const animation of document.getAnimations()) {
        const endless = animation.effect.getComputedTiming().endTime === Infinity;
        if (endless) animation.cancel(); else animation.finish();
    }
    return axe.run(document, { resultTypes: ['violations'] }).then(({ violations, passes }) => ({
        passes: passes.length,
        found: violations.flatMap(({ id, nodes }) => nodes.map(node =>
            `${id}: ${node.target} ${node.html.slice(0, 200)} ${node.failureSummary}`)),
    }));
";

/// What cannot be pressed by a thumb, or sticks out of the window.
const SIZES: &str = "
    const screen = document.querySelector('[data-screen]:not([hidden])');
    const controls = 'button, select, summary, textarea, label.setting, label.radio, '
        + 'input:not([type=checkbox], [type=radio])';
    const name = element => element.dataset.testid ?? element.className ?? element.tagName;
    const small = [...screen.querySelectorAll(controls)].filter(element => {
        const { width, height } = element.getBoundingClientRect();
        return width > 0 && Math.min(width, height) < 43.5;
    }).map(element => `smaller than 44 px: ${name(element)}`);
    const wide = document.documentElement.scrollWidth > innerWidth
        ? [`wider than the window: ${[...screen.querySelectorAll('*')].filter(element =>
            element.getBoundingClientRect().right > innerWidth + 1).map(name)}`]
        : [];
    return [...small, ...wide];
";

/// What sticks out of a page of the dashboard.
const WIDE: &str = "
    return document.documentElement.scrollWidth > innerWidth
        ? [`wider than the window: ${document.documentElement.scrollWidth} px`] : [];
";

/// The checker, and everything that it has found so far.
#[derive(Debug)]
pub struct Axe {
    script: String,
    findings: Vec<String>,
    screens: Vec<String>,
}

impl Axe {
    /// Reads the checker.
    ///
    /// # Errors
    ///
    /// When it is not installed.
    pub fn load() -> Result<Self> {
        let script = std::fs::read_to_string(Path::new(SCRIPT)).map_err(|error| {
            Error::different(format!("{SCRIPT}: {error}; `cargo xtask install` gets it"))
        })?;
        Ok(Self { script, findings: Vec::new(), screens: Vec::new() })
    }

    fn note(&mut self, screen: &str, moment: &str, found: Option<&Value>) {
        for finding in found.and_then(Value::as_array).into_iter().flatten() {
            self.findings.push(format!("{screen} ({moment}): {}", finding.as_str().unwrap_or("?")));
        }
    }

    /// Fails on any finding; also when one of `screens` was never looked at.
    ///
    /// # Errors
    ///
    /// With everything that was found.
    pub fn verdict(&self, screens: &[&str]) -> Result<()> {
        let missed: Vec<_> = screens
            .iter()
            .filter(|wanted| !self.screens.iter().any(|seen| seen == *wanted))
            .collect();
        if !missed.is_empty() {
            return Err(Error::different(format!("not looked at: {missed:?}")));
        }
        if self.findings.is_empty() {
            Ok(())
        } else {
            Err(Error::different(self.findings.join("\n\n")))
        }
    }
}

impl Axe {
    /// Checks a page of the dashboard, under a name, in both themes, and that nothing sticks out.
    ///
    /// # Errors
    ///
    /// When the checker does not run.
    pub async fn look_at_page(&mut self, page: &Page, name: &str) -> Result<()> {
        self.check(page, name, "as it is").await?;
        let wide = page.script(WIDE, vec![]).await?;
        self.note(name, "as it is", Some(&wide));
        self.screens.push(name.to_owned());
        Ok(())
    }

    /// Checks both themes.
    async fn check(&mut self, page: &Page, screen: &str, moment: &str) -> Result<()> {
        let there = page.script("return typeof axe === 'object'", vec![]).await?;
        if there != Value::Bool(true) {
            page.script(&self.script, vec![]).await?;
        }
        let chosen =
            page.script("return document.documentElement.dataset.theme ?? null", vec![]).await?;
        for theme in THEMES {
            let told = page.script(RUN, vec![Value::from(theme)]).await?;
            // A checker that checked nothing has found nothing, too.
            if told.get("passes").and_then(Value::as_u64).is_none_or(|passes| passes < 5) {
                return Err(Error::different(format!("{screen}: axe did not run: {told}")));
            }
            self.note(screen, &format!("{moment}, {theme}"), told.get("found"));
        }
        let restore = "const [theme] = arguments; const { dataset } = document.documentElement;
            if (theme === null) delete dataset.theme; else dataset.theme = theme;";
        page.script(restore, vec![chosen]).await?;
        Ok(())
    }
}

impl Onlooker for Axe {
    /// Checks both themes; fails when the checker does not run.
    async fn look(&mut self, app: &AppWindow, moment: &str) -> Result<()> {
        let screen = app.screen().await?;
        self.check(app, &screen, moment).await?;
        let sizes = app.script(SIZES, vec![]).await?;
        self.note(&screen, moment, Some(&sizes));
        self.screens.push(screen);
        Ok(())
    }
}
