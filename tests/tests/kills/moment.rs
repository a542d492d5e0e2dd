//! When a process is killed: so long after the last input, or after the keyring was written.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::thread;
use std::time::Duration;

use e2e::clock::Stopwatch;
use e2e::process;
use rand::rngs::StdRng;
use rand::{Rng, RngExt};

/// How closely the keyring's file is watched.
const GLANCE: Duration = Duration::from_micros(100);

/// Two writes of one change are hardly further apart; mostly they are much closer.
const BETWEEN_WRITES: Duration = Duration::from_millis(8);

/// A moment to kill a process at.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Moment {
    AfterInput(Duration),
    AfterWrites { writes: u32, then: Duration, at_last: Duration },
}

impl Moment {
    /// Half of them fall anywhere from the last input to well after the change is confirmed, which
    /// takes `span`; half of them at the input or close to one of its `writes`, where a change could
    /// break in two.
    pub(crate) fn any(rng: &mut StdRng, span: Duration, writes: u32) -> Self {
        if rng.random_bool(0.5) {
            return Self::AfterInput(part_of(rng, 2 * span));
        }
        let longest = part_of(rng, BETWEEN_WRITES);
        let then = part_of(rng, longest);
        Self::AfterWrites { writes: rng.random_range(0..=writes), then, at_last: 2 * span }
    }

    /// Whether it came after so long or longer.
    pub(crate) fn is_after(self, span: Duration) -> bool {
        matches!(self, Self::AfterInput(delay) if delay >= span)
    }

    /// Waits for it and kills the process, as a power cut would.
    pub(crate) fn kill(self, victim: u32, keyring: &Path) {
        match self {
            Self::AfterInput(delay) => thread::sleep(delay),
            Self::AfterWrites { writes, then, at_last } => {
                let waited = Stopwatch::start();
                let (mut seen, mut last) = (0, written(keyring));
                while seen < writes && waited.elapsed() < at_last {
                    thread::sleep(GLANCE);
                    let now = written(keyring);
                    seen += u32::from(now != last);
                    last = now;
                }
                thread::sleep(then);
            }
        }
        process::kill(victim);
    }
}

fn part_of(rng: &mut StdRng, whole: Duration) -> Duration {
    whole.mul_f64(f64::from(rng.next_u32()) / f64::from(u32::MAX))
}

/// Another one after each write: the keyring puts a new file in the place of the old one.
fn written(keyring: &Path) -> Vec<(u64, i64)> {
    let Ok(files) = fs::read_dir(keyring) else { return Vec::new() };
    let kept =
        files.flatten().filter(|file| file.path().extension().is_some_and(|e| e == "keyring"));
    kept.filter_map(|file| file.metadata().ok())
        .map(|data| (data.ino(), data.mtime_nsec()))
        .collect()
}
