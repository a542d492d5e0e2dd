//! The app's speed and memory beside an empty Tauri window's, on one display, in turns.
//!
//! What counts is what a person sees: a time ends when the pixels are on the display, and the PIN
//! is typed by key. A driver shows once what the two screens look like; it is not there when time
//! is taken.

mod family;
pub mod figures;
mod machine;
pub mod report;
mod subject;

use std::time::Duration;

use crate::desktop::screen::Screen;
use crate::error::{Error, Result};
use crate::scene::Scene;

use figures::{Figure, Limit, Samples};
use machine::Machine;
use report::Report;
use subject::{App, EmptyWindow};

/// How often everything is measured.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    /// Starts of each program, and unlocks.
    pub starts: usize,
    /// Of these starts, how many go on to being idle.
    pub rests: usize,
    /// How long they are then watched.
    pub rest: Duration,
}

impl Plan {
    /// Enough for a median on a quiet machine; about six minutes.
    pub const USUAL: Self = Self { starts: 9, rests: 3, rest: Duration::from_secs(40) };
}

/// What a start, or what follows it, took of each program.
#[derive(Debug, Default)]
struct Taken {
    starts: Vec<f64>,
    unlocks: Vec<f64>,
    processor: Vec<f64>,
    memory: Vec<f64>,
    ring_moves: Vec<f64>,
}

/// Measures the app, in the build that lies beside this program; `tell` hears how far it is.
///
/// # Errors
///
/// When one of the programs does not do what is measured.
pub async fn app(plan: Plan, mut tell: impl FnMut(&str)) -> Result<Report> {
    tell("Enrolling a token, and learning what its screens look like.");
    let scene = Scene::start().await?;
    let screen = Screen::of(scene.desktop.display_name())?;
    let app = App::learn(&scene, &screen).await?;
    let empty = EmptyWindow::new(&scene.desktop, &screen);
    // The first start reads the programs from the disk.
    measure_app(&app, None, &mut Taken::default()).await?;
    measure_empty(&empty, None, &mut Taken::default()).await?;

    let machine = Machine::now();
    let (mut of_app, mut of_empty) = (Taken::default(), Taken::default());
    for turn in 0..plan.starts {
        let rest = (turn < plan.rests).then_some(plan.rest);
        tell(&format!("Turn {} of {}.", turn + 1, plan.starts));
        measure_app(&app, rest, &mut of_app).await?;
        measure_empty(&empty, rest, &mut of_empty).await?;
    }
    let ring_moves = samples(of_app.ring_moves)?.median();
    Ok(Report {
        figures: vec![
            Figure {
                name: "process start to PIN pad on the screen",
                unit: "s",
                app: samples(of_app.starts)?,
                empty: Some(samples(of_empty.starts)?),
                limit: Limit::Below(1.0),
            },
            Figure {
                name: "last digit to code on the screen",
                unit: "s",
                app: samples(of_app.unlocks)?,
                empty: None,
                limit: Limit::Below(0.7),
            },
            Figure {
                name: "idle, of one core, while the ring moves",
                unit: "%",
                app: samples(of_app.processor)?,
                empty: Some(samples(of_empty.processor)?),
                limit: Limit::Below(0.5),
            },
            Figure {
                name: "memory (PSS) with a token on the screen",
                unit: "MiB",
                app: samples(of_app.memory)?,
                empty: Some(samples(of_empty.memory)?),
                limit: Limit::TimesTheEmptyWindow(1.1),
            },
        ],
        ring_moves,
        before: machine,
        after: Machine::now(),
    })
}

async fn measure_app(app: &App<'_>, rest: Option<Duration>, taken: &mut Taken) -> Result<()> {
    let (locked, start) = app.start().await?;
    taken.starts.push(start.as_secs_f64());
    let (unlocked, unlock) = locked.unlock().await?;
    taken.unlocks.push(unlock.as_secs_f64());
    if let Some(rest) = rest {
        let rested = unlocked.program.rest(rest).await?;
        taken.processor.push(rested.processor);
        taken.memory.push(rested.memory);
        taken.ring_moves.push(unlocked.ring_moves().await?);
    }
    unlocked.program.end().await
}

async fn measure_empty(
    empty: &EmptyWindow<'_>,
    rest: Option<Duration>,
    taken: &mut Taken,
) -> Result<()> {
    let (program, start) = empty.start().await?;
    taken.starts.push(start.as_secs_f64());
    if let Some(rest) = rest {
        let rested = program.rest(rest).await?;
        taken.processor.push(rested.processor);
        taken.memory.push(rested.memory);
    }
    program.end().await
}

fn samples(samples: Vec<f64>) -> Result<Samples> {
    Samples::new(samples).ok_or_else(|| Error::different("nothing was measured"))
}
