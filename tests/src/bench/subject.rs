//! The two programs that are measured: how each starts, and when what it shows is there.

use std::process::Command;
use std::time::Duration;

use serde_json::Value;

use super::family::Family;
use crate::app::{self, AppWindow};
use crate::clock::Stopwatch;
use crate::desktop::Desktop;
use crate::desktop::screen::{Area, Picture, Screen};
use crate::error::{Error, Result, ensure};
use crate::process::Running;
use crate::programs;
use crate::scene::{PIN, Scene};
use crate::wait::{self, Look};

/// The empty window's program.
const EMPTY_WINDOW: &str = "empty-window";

/// Its page: blue, green, red.
const EMPTY_COLOUR: [u8; 3] = [0x3f, 0x9d, 0x2a];

/// Between two looks at the display.
const BLINK: Duration = Duration::from_millis(5);

/// What a hand takes to get to the keys.
const BEFORE_THE_FIRST_DIGIT: Duration = Duration::from_millis(500);

/// Between two digits, as quick fingers have it.
const BETWEEN_DIGITS: Duration = Duration::from_millis(80);

/// What a start leaves to do is done after this.
const SETTLING: Duration = Duration::from_secs(5);

/// How long the ring is watched.
const RING_WATCH: Duration = Duration::from_secs(4);

/// A program that runs.
pub(super) struct Program {
    running: Running,
    started: Stopwatch,
}

/// What an idle program takes.
pub(super) struct Rested {
    /// Per cent of one core.
    pub(super) processor: f64,
    /// MiB.
    pub(super) memory: f64,
}

impl Program {
    fn start(desktop: &Desktop, name: &str) -> Result<Self> {
        let mut command: Command = desktop.command(programs::path(name)?);
        let started = Stopwatch::start();
        let running = Running::start(name, &mut command, &desktop.log(name), None)?;
        Ok(Self { running, started })
    }

    /// Leaves it alone for so long, and says what it takes meanwhile.
    pub(super) async fn rest(&self, time: Duration) -> Result<Rested> {
        tokio::time::sleep(SETTLING).await;
        let family = Family::of(self.running.id());
        let processor = family.processor_share(time).await?;
        Ok(Rested { processor, memory: family.memory()? })
    }

    /// Ends it with all that it has started.
    pub(super) async fn end(mut self) -> Result<()> {
        let family = Family::of(self.running.id());
        family.kill();
        self.running.kill();
        wait::until("the program to end", wait::PATIENCE, async || {
            Ok(if family.has_ended() {
                Look::There(())
            } else {
                Look::NotYet("some of it still runs".to_owned())
            })
        })
        .await
    }
}

/// The app, with one token, and what its screens look like.
pub(super) struct App<'a> {
    desktop: &'a Desktop,
    screen: &'a Screen,
    window: Area,
    pad: Picture,
    tokens: Picture,
    /// Where code, ring and next code are: what differs from one look to the next.
    changing: Area,
    code: Area,
    ring: Area,
}

impl<'a> App<'a> {
    /// Enrols a token, and looks at the screens while a driver says which they are.
    pub(super) async fn learn(scene: &'a Scene, screen: &'a Screen) -> Result<Self> {
        let desktop = &scene.desktop;
        scene.enrol("Ward phone").await?.0.close().await?;
        let app = AppWindow::start(desktop).await?;
        app.reaches("unlock").await?;
        let (_, window) = screen.shown_window().await?;
        let pad = still(screen, window, None).await?;
        app.unlock(PIN).await?;
        app.code().await?;
        // The next code reaches out of its frame.
        let changing = area_of(&app, ".code-frame, .next-code", window).await?;
        let code = area_of(&app, "[data-testid=code]", window).await?;
        let ring = area_of(&app, "[data-testid=ring]", window).await?;
        let tokens = still(screen, window, Some(changing)).await?;
        app.close().await?;
        Ok(Self { desktop, screen, window, pad, tokens, changing, code, ring })
    }

    /// Starts it; returns when the PIN pad is on the display, with how long that took.
    pub(super) async fn start(&self) -> Result<(Locked<'_>, Duration)> {
        self.desktop.wait_for_name(app::BUS_NAME, false).await?;
        let program = Program::start(self.desktop, app::PROGRAM)?;
        let took = seen("the PIN pad", program.started, || {
            Ok(self.screen.picture(self.window)?.differing(&self.pad, None))
        });
        let took = took.await?;
        Ok((Locked { app: self, program }, took))
    }

    /// How many pixels are not as with a code on the display.
    fn missing_of_code(&self) -> Result<usize> {
        let now = self.screen.picture(self.window)?;
        // Other digits have more ink, or less, but not half.
        let digits = (self.tokens.ink(self.code) / 2).saturating_sub(now.ink(self.code));
        Ok(now.differing(&self.tokens, Some(self.changing)) + digits)
    }
}

/// The app with its PIN pad.
pub(super) struct Locked<'a> {
    app: &'a App<'a>,
    program: Program,
}

impl<'a> Locked<'a> {
    /// Types the PIN; returns when the code is on the display, with how long that took from the
    /// last digit.
    pub(super) async fn unlock(self) -> Result<(Unlocked<'a>, Duration)> {
        let Self { app, program } = self;
        app.screen.focus(app.screen.shown_window().await?.0)?;
        tokio::time::sleep(BEFORE_THE_FIRST_DIGIT).await;
        let mut digits = PIN.chars();
        let last = digits.next_back().ok_or_else(|| Error::different("an empty PIN"))?;
        for digit in digits {
            app.screen.press(digit)?;
            tokio::time::sleep(BETWEEN_DIGITS).await;
        }
        let pressed = Stopwatch::start();
        app.screen.press(last)?;
        let took = seen("the code", pressed, || app.missing_of_code()).await?;
        Ok((Unlocked { app, program }, took))
    }
}

/// The app with a code on the display.
pub(super) struct Unlocked<'a> {
    app: &'a App<'a>,
    pub(super) program: Program,
}

impl Unlocked<'_> {
    /// How often a second the ring moves; the code is still there.
    pub(super) async fn ring_moves(&self) -> Result<f64> {
        let Self { app, .. } = self;
        ensure(app.missing_of_code()? == 0, || "the code has gone from the display".to_owned())?;
        let watch = Stopwatch::start();
        let mut before = app.screen.picture(app.ring)?;
        let mut moves = 0.0;
        while watch.elapsed() < RING_WATCH {
            tokio::time::sleep(BLINK).await;
            let now = app.screen.picture(app.ring)?;
            if now != before {
                moves += 1.0;
                before = now;
            }
        }
        ensure(moves > 0.0, || "the ring stands still".to_owned())?;
        Ok(moves / watch.elapsed().as_secs_f64())
    }
}

/// A window with nothing in it.
pub(super) struct EmptyWindow<'a> {
    desktop: &'a Desktop,
    screen: &'a Screen,
}

impl<'a> EmptyWindow<'a> {
    pub(super) fn new(desktop: &'a Desktop, screen: &'a Screen) -> Self {
        Self { desktop, screen }
    }

    /// Starts it; returns when its page is on the display, with how long that took.
    pub(super) async fn start(&self) -> Result<(Program, Duration)> {
        let program = Program::start(self.desktop, EMPTY_WINDOW)?;
        let took = seen("the empty page", program.started, || {
            let Some((_, area)) = self.screen.window()? else { return Ok(usize::MAX) };
            let pixels = usize::from(area.width) * usize::from(area.height);
            Ok(pixels - self.screen.picture(area)?.of_colour(EMPTY_COLOUR))
        });
        let took = took.await?;
        Ok((program, took))
    }
}

/// Looks until no pixel is missing; returns how long that took by `watch`.
async fn seen(
    what: &str,
    watch: Stopwatch,
    missing: impl Fn() -> Result<usize>,
) -> Result<Duration> {
    loop {
        let left = missing()?;
        let took = watch.elapsed();
        if left == 0 {
            return Ok(took);
        }
        if took > wait::PATIENCE {
            return Err(Error::Timeout {
                what: format!("{what} on the display"),
                seconds: took.as_secs(),
                last: format!("{left} pixels are others"),
            });
        }
        tokio::time::sleep(BLINK).await;
    }
}

/// What an area shows when it no longer changes, outside `but`.
async fn still(screen: &Screen, area: Area, but: Option<Area>) -> Result<Picture> {
    /// So many looks in a row are the same.
    const LOOKS: usize = 10;
    let mut before = screen.picture(area)?;
    let mut same = 0;
    wait::until("the window to be still", wait::PATIENCE, async || {
        let now = screen.picture(area)?;
        same = if now.differing(&before, but) == 0 { same + 1 } else { 0 };
        before = now.clone();
        Ok(if same >= LOOKS { Look::There(now) } else { Look::NotYet("it changes".to_owned()) })
    })
    .await
}

/// Where elements of the page are on the display, all together.
async fn area_of(app: &AppWindow, selector: &str, window: Area) -> Result<Area> {
    let script = "const sides = [...document.querySelectorAll(arguments[0])]
            .map((element) => element.getBoundingClientRect())
            .filter(({ width, height }) => width > 0 && height > 0);
        return [
            Math.floor(Math.min(...sides.map(({ left }) => left))),
            Math.floor(Math.min(...sides.map(({ top }) => top))),
            Math.ceil(Math.max(...sides.map(({ right }) => right))),
            Math.ceil(Math.max(...sides.map(({ bottom }) => bottom))),
        ];";
    let sides = app.script(script, vec![Value::from(selector)]).await?;
    let side = |place: usize| sides.get(place).and_then(Value::as_i64).unwrap_or_default();
    let sized = || {
        Some(Area {
            x: window.x.checked_add(i16::try_from(side(0)).ok()?)?,
            y: window.y.checked_add(i16::try_from(side(1)).ok()?)?,
            width: u16::try_from(side(2) - side(0)).ok().filter(|width| *width > 0)?,
            height: u16::try_from(side(3) - side(1)).ok().filter(|height| *height > 0)?,
        })
    };
    sized().ok_or_else(|| Error::different(format!("{selector} is nowhere: {sides}")))
}
