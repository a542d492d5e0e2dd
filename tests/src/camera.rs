//! Takes a picture of each screen that it is shown: light and dark, in two sizes of the window.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::app::AppWindow;
use crate::error::{Error, Result};
use crate::tour::Onlooker;

/// A phone, and the window on a desktop; in CSS pixels.
const SIZES: [(u32, u32); 2] = [(360, 740), (480, 800)];

/// The two themes, as `data-theme` on the root says.
const THEMES: [&str; 2] = ["light", "dark"];

/// Sets a theme, or takes it away; returns what was there.
const SET_THEME: &str = "
    const { dataset } = document.documentElement;
    const before = dataset.theme ?? null;
    if (arguments[0] === null) delete dataset.theme; else dataset.theme = arguments[0];
    for (const animation of document.getAnimations()) {
        const endless = animation.effect.getComputedTiming().endTime === Infinity;
        if (endless) animation.cancel(); else animation.finish();
    }
    return before;
";

/// Where the pictures go, and which screens are on them.
#[derive(Debug)]
pub struct Camera {
    folder: PathBuf,
    pictures: usize,
    taken: BTreeSet<String>,
    existing: BTreeSet<String>,
}

impl Camera {
    /// Pictures go to `folder`, one folder below for each size and theme; earlier ones are removed.
    ///
    /// # Errors
    ///
    /// When the folders cannot be made.
    pub fn new(folder: &Path) -> Result<Self> {
        let camera = Self {
            folder: folder.to_owned(),
            pictures: 0,
            taken: BTreeSet::new(),
            existing: BTreeSet::new(),
        };
        for size in SIZES {
            for theme in THEMES {
                let shelf = camera.shelf(size, theme);
                fs::create_dir_all(&shelf)?;
                for entry in fs::read_dir(shelf)? {
                    let path = entry?.path();
                    if path.extension().is_some_and(|extension| extension == "png") {
                        fs::remove_file(path)?;
                    }
                }
            }
        }
        Ok(camera)
    }

    /// How many pictures were taken.
    pub fn pictures(&self) -> usize {
        self.pictures
    }

    /// The app's screens of which there is no picture.
    pub fn missing(&self) -> Vec<&str> {
        self.existing.difference(&self.taken).map(String::as_str).collect()
    }

    fn shelf(&self, (width, height): (u32, u32), theme: &str) -> PathBuf {
        self.folder.join(format!("{width}x{height}")).join(theme)
    }

    /// A name that is not taken yet: `tokens-copied.png`, `tokens-copied-2.png`.
    fn name(&self, screen: &str, moment: &str) -> String {
        let words: Vec<String> = moment
            .split(|letter: char| !letter.is_alphanumeric())
            .filter(|word| !word.is_empty())
            .map(str::to_lowercase)
            .collect();
        let base = format!("{screen}-{}", words.join("-"));
        let shelf = self.shelf(SIZES[0], THEMES[0]);
        (1..)
            .map(|number| match number {
                1 => format!("{base}.png"),
                number => format!("{base}-{number}.png"),
            })
            .find(|name| !shelf.join(name).exists())
            .unwrap_or(base)
    }
}

impl Onlooker for Camera {
    async fn look(&mut self, app: &AppWindow, moment: &str) -> Result<()> {
        let screen = app.screen().await?;
        let name = self.name(&screen, moment);
        let chosen = app.script(SET_THEME, vec![json!(THEMES[0])]).await?;
        for (width, height) in SIZES {
            app.resize(width, height).await?;
            for theme in THEMES {
                app.script(SET_THEME, vec![json!(theme)]).await?;
                app.screenshot(&self.shelf((width, height), theme).join(&name)).await?;
                self.pictures += 1;
            }
        }
        app.script(SET_THEME, vec![chosen]).await?;
        self.existing.extend(screens_of(app).await?);
        self.taken.insert(screen);
        Ok(())
    }
}

/// The names of all screens that the page has.
async fn screens_of(app: &AppWindow) -> Result<Vec<String>> {
    let names = app
        .script(
            "return [...document.querySelectorAll('[data-screen]')]\
             .map(screen => screen.dataset.screen)",
            vec![],
        )
        .await?;
    let names = names.as_array().ok_or_else(|| Error::different(format!("no list: {names}")))?;
    Ok(names.iter().filter_map(Value::as_str).map(str::to_owned).collect())
}
