//! Tells the walk as it happens, and keeps its pictures.

use std::fs;
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use oath::Period;

use crate::clock;
use crate::error::Result;
use crate::page::Page;

/// Prints a line as each thing happens; numbers the pictures by step.
#[derive(Debug)]
pub struct Narrator {
    folder: PathBuf,
    step: u8,
    pictures: u8,
}

impl Narrator {
    /// Pictures go to `folder`; those of an earlier walk are removed.
    ///
    /// # Errors
    ///
    /// When the folder cannot be made.
    pub fn new(folder: &Path) -> Result<Self> {
        fs::create_dir_all(folder)?;
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            if path.extension().is_some_and(|extension| extension == "png") {
                fs::remove_file(path)?;
            }
        }
        Ok(Self { folder: folder.to_owned(), step: 0, pictures: 0 })
    }

    /// A new step begins.
    pub fn step(&mut self, sentence: &str) {
        self.step += 1;
        self.pictures = 0;
        println!("\n{}. {sentence}", self.step);
    }

    /// Something happened.
    pub fn line(&self, sentence: &str) {
        println!("   {sentence}");
        // Seen at once, also through a pipe.
        let _ = io::stdout().flush();
    }

    /// Saves what the window shows, as `3-2-code.png` for the second picture of step 3.
    ///
    /// # Errors
    ///
    /// When the file cannot be written.
    pub async fn picture(&mut self, page: &Page, name: &str) -> Result<PathBuf> {
        self.pictures += 1;
        let path = self.folder.join(format!("{}-{}-{name}.png", self.step, self.pictures));
        page.screenshot(&path).await?;
        self.line(&format!("      {}", path.display()));
        Ok(path)
    }

    /// Waits for the next time step and counts down to it.
    pub async fn wait_for_next_code(&self, period: Period) {
        let now = clock::now();
        let next = period.start_of(period.step_at(now) + 1);
        let countdown = io::stdout().is_terminal();
        if !countdown {
            self.line(&format!("Waiting {} s for the next code.", next.since(now)));
        }
        // One second more, in which the window draws the new code.
        while clock::now() <= next {
            if countdown {
                print!("\r   The next code comes in {:2} s. ", next.since(clock::now()));
                let _ = io::stdout().flush();
            }
            tokio::time::sleep(Duration::from_millis(250)).await;
        }
        if countdown {
            println!("\r   A new code is on the screen.     ");
        }
    }
}
