//! The app's process killed at random moments of enrolment, PIN change, rename, reorder and delete,
//! in the real window with the real keyring and the real server: no credential that a screen had
//! confirmed is ever lost, and no vault is ever half open.
//!
//! `TESTS_KILLS_SEED` repeats the choices of a run, which prints its seed.

mod change;
mod desk;
mod hands;
mod moment;
mod told;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use change::Change;
use desk::Desk;
use e2e::clock::Stopwatch;
use e2e::error::{Error, ensure};
use e2e::{Result, clock};
use told::Tally;

/// Desktops side by side.
const DESKTOPS: u64 = 2;

/// On each of them: kills while its first token is made, and rounds of five kills.
const FIRST_ENROLMENTS: usize = 12;
const ROUNDS: usize = 20;

const KILLS: u32 = 224;

/// One desktop has seen enough: the others need not go on.
static FAILED: AtomicBool = AtomicBool::new(false);

/// Much longer than it takes on a busy machine.
const LIMIT: Duration = Duration::from_secs(1800);

#[test]
fn nothing_confirmed_is_lost_by_a_kill() -> Result<()> {
    let seed = match std::env::var("TESTS_KILLS_SEED") {
        Ok(text) => text.parse().map_err(|_| Error::different(format!("no seed: {text}")))?,
        Err(_) => clock::now().0,
    };
    println!("TESTS_KILLS_SEED={seed}");
    let took = Stopwatch::start();
    let tallies: Vec<_> = std::thread::scope(|scope| {
        let desks: Vec<_> =
            (0..DESKTOPS).map(|desk| scope.spawn(move || run(seed + desk))).collect();
        desks.into_iter().map(|desk| desk.join().unwrap()).collect::<Result<_>>()
    })?;

    let mut sums = BTreeMap::<_, Tally>::new();
    for (kind, tally) in tallies.into_iter().flatten() {
        let sum = sums.entry(kind).or_default();
        sum.undone += tally.undone;
        sum.unseen += tally.unseen;
        sum.confirmed += tally.confirmed;
    }
    let kills: u32 = sums.values().map(|tally| tally.kills()).sum();
    println!("{kills} kills in {} s: {sums:#?}", took.elapsed().as_secs());
    ensure(kills == KILLS, || format!("{kills} kills, not {KILLS}"))?;
    for kind in Change::KINDS {
        let tally = sums.get(kind).copied().unwrap_or_default();
        let both = tally.undone > 0 && tally.unseen + tally.confirmed > 0;
        ensure(both, || format!("the kills fell to one side of every {kind}: {tally:?}"))?;
    }
    Ok(())
}

/// All kills of one desktop, in a runtime of its own.
fn run(seed: u64) -> Result<BTreeMap<&'static str, Tally>> {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let told = runtime.block_on(async {
        let story = tokio::time::timeout(LIMIT, kill_again_and_again(seed));
        story.await.map_err(|_| Error::different("it hangs".to_owned()))?
    });
    if let Err(error) = &told {
        println!("with the seed {seed}: {error}");
        FAILED.store(true, Ordering::Relaxed);
    }
    told
}

async fn kill_again_and_again(seed: u64) -> Result<BTreeMap<&'static str, Tally>> {
    let mut desk = Desk::start(seed).await?;
    for _ in 0..FIRST_ENROLMENTS {
        goes_on()?;
        desk.kill_first_enrolment().await?;
    }
    desk.settle().await?;
    for _ in 0..ROUNDS {
        goes_on()?;
        desk.kill_each().await?;
    }
    Ok(desk.tallies)
}

fn goes_on() -> Result<()> {
    let failed = FAILED.load(Ordering::Relaxed);
    ensure(!failed, || "stopped, because the other desktop has failed".to_owned())
}
