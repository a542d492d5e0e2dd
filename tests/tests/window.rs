//! The window on a desktop: where it was, in front when it is asked for, and there at all when the
//! app is started again at once.

use std::fs;
use std::time::Duration;

use e2e::app::PROGRAM;
use e2e::clock::Stopwatch;
use e2e::error::ensure;
use e2e::process::{Running, arguments_of};
use e2e::wait::{self, Look, PATIENCE};
use e2e::{AppWindow, Desktop, KeyringState, Result, test};

/// A start that was swallowed does not come later either.
const LATEST: Duration = Duration::from_secs(15);

/// A window that has been in front for so long may have been seen, and is closed on purpose.
const SEEN: Duration = Duration::from_millis(700);

#[tokio::test(flavor = "multi_thread")]
async fn it_opens_where_it_was_closed_and_always_on_the_screen() -> Result<()> {
    test(async {
        let desktop = Desktop::start(KeyringState::Unlocked).await?;
        let _manager = desktop.manage_windows().await?;
        let mut app = open(&desktop).await?;
        desktop.place_window([300, 150, 520, 700]).await?;
        let placed = desktop.window_place().await?;
        // Twice: a window that creeps by its frame's width at each start has gone further then.
        for _ in 0..2 {
            close(&desktop, &mut app).await?;
            app = open(&desktop).await?;
            wait::until(&format!("the window at {placed:?}"), PATIENCE, async || {
                let now = desktop.window_place().await?;
                Ok(if now == placed { Look::There(()) } else { Look::NotYet(format!("{now:?}")) })
            })
            .await?;
        }
        close(&desktop, &mut app).await?;

        // The screen it was on is gone.
        let file = desktop.folder().join("config/org.countersign.app/.window-state.json");
        let state = fs::read_to_string(&file)?;
        let gone = state.replace("\"x\": ", "\"x\": 5").replace("\"y\": ", "\"y\": 5");
        ensure(gone != state, || state.clone())?;
        fs::write(&file, gone)?;
        app = open(&desktop).await?;
        let [x, y, width, height] = desktop.window_place().await?;
        let seen = x >= 0 && y >= 0 && x + width <= 1280 && y + height <= 1024;
        ensure(seen, || format!("the window is at {x}, {y}, {width} by {height}"))?;
        close(&desktop, &mut app).await
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_start_brings_it_back_from_out_of_sight() -> Result<()> {
    test(async {
        let desktop = Desktop::start(KeyringState::Unlocked).await?;
        let _manager = desktop.manage_windows().await?;
        let mut app = open(&desktop).await?;
        desktop.minimise_window().await?;
        let mut second = AppWindow::start_again(&desktop, &[])?;
        let status = second.ended(PATIENCE).await?;
        ensure(status.success(), || format!("the second start ended with {status}"))?;
        desktop.window_is_in_front().await?;
        close(&desktop, &mut app).await
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_start_right_after_closing_opens_it_anew_with_its_link() -> Result<()> {
    test(async {
        let desktop = Desktop::start(KeyringState::Unlocked).await?;
        let _manager = desktop.manage_windows().await?;
        let app = open(&desktop).await?;
        // At different moments of its end: none may swallow the next start, or its link. A start
        // needs a while until it speaks to the one that is there, so some begin before.
        let mut starts = vec![app];
        for moment in [-200_i64, -150, -100, -50, 0, 50, 100, 150] {
            let old = desktop.processes_of(PROGRAM);
            let link = format!("countersign://enrol#{moment}");
            let window = desktop.window().await?;
            let pause = Duration::from_millis(moment.unsigned_abs());
            if moment < 0 {
                let begun = Stopwatch::start();
                starts.push(AppWindow::start_again(&desktop, &[&link])?);
                tokio::time::sleep(pause).await;
                desktop.close_window(window)?;
                if begun.elapsed() > SEEN {
                    // Too busy a machine: the window was there, and somebody closed it.
                    starts.push(open(&desktop).await?);
                    continue;
                }
            } else {
                desktop.close_window(window)?;
                tokio::time::sleep(pause).await;
                starts.push(AppWindow::start_again(&desktop, &[&link])?);
            }
            opens_with(&desktop, &link, &old).await?;
        }
        Ok(())
    })
    .await
}

/// Starts the app without a driver, and waits for its window.
async fn open(desktop: &Desktop) -> Result<Running> {
    let app = AppWindow::start_again(desktop, &[])?;
    desktop.window_is_in_front().await?;
    Ok(app)
}

async fn close(desktop: &Desktop, app: &mut Running) -> Result<()> {
    desktop.close_window(desktop.window().await?)?;
    app.ended(PATIENCE).await.map(drop)
}

/// Waits until one process is left, which is none of the old ones: it has the window and the link.
async fn opens_with(desktop: &Desktop, link: &str, old: &[u32]) -> Result<()> {
    wait::until(&format!("the window of the start with {link}"), LATEST, async || {
        let running = desktop.processes_of(PROGRAM);
        let there = match running.as_slice() {
            [id] => {
                !old.contains(id)
                    && arguments_of(*id).iter().any(|argument| argument == link)
                    && desktop.has_window()?
            }
            _ => false,
        };
        let seen = running.iter().map(|id| (*id, arguments_of(*id)));
        Ok(if there {
            Look::There(())
        } else {
            Look::NotYet(format!("{:?}", seen.collect::<Vec<_>>()))
        })
    })
    .await
}
