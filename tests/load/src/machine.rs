//! What a measurement's reader must know of the machine.

use std::{fs, io::Write, path::Path, time::Duration};

use crate::{clock, error::Result};

/// The machine at one moment.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Machine {
    /// The processor's name, as it says itself.
    pub(crate) processor: String,
    /// How many cores this program may use.
    pub(crate) cores: usize,
    /// How many threads ran or wanted to, on average of the last minute.
    pub(crate) load: f64,
}

impl Machine {
    /// As it is now.
    pub(crate) fn now() -> Self {
        let read = |path| fs::read_to_string(path).unwrap_or_default();
        let processor = read("/proc/cpuinfo")
            .lines()
            .find_map(|line| line.strip_prefix("model name")?.split_once(": "))
            .map_or("unknown", |(_, name)| name)
            .to_owned();
        let load = read("/proc/loadavg");
        Self {
            processor,
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            load: load.split(' ').next().and_then(|load| load.parse().ok()).unwrap_or_default(),
        }
    }
}

/// How often a second a folder's disk takes 64 KiB for good, which is about what a group of codes writes:
/// no server that answers only then can commit more often.
pub(crate) fn flushes(folder: &Path) -> Result<f64> {
    const LASTS: Duration = Duration::from_secs(1);
    let mut file = fs::File::create(folder.join("flushes"))?;
    let (began, mut flushes) = (clock::instant(), 0.0);
    while clock::since(began) < LASTS {
        file.write_all(&[0x5a; 64 * 1024])?;
        file.sync_data()?;
        flushes += 1.0;
    }
    Ok(flushes / clock::since(began).as_secs_f64())
}

/// How much processor time the children of a process have used, those that have ended included.
pub(crate) fn processor_time_of_children(process: u32) -> Result<Duration> {
    let mut ticks = ticks(&process.to_string(), 15)?;
    for entry in fs::read_dir("/proc")? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        // One that ended since has no file any more.
        let stat = fs::read_to_string(format!("/proc/{name}/stat")).unwrap_or_default();
        if field(&stat, 3) == u64::from(process) {
            ticks += self::ticks(&name, 13).unwrap_or_default();
        }
    }
    Ok(Duration::from_millis(ticks * 10))
}

/// Two of a process's times, user and system, from this field of its `stat` on.
fn ticks(process: &str, first: usize) -> Result<u64> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat"))?;
    Ok(field(&stat, first) + field(&stat, first + 1))
}

/// A number in a `stat`, as `proc(5)` counts its fields, from 0.
fn field(stat: &str, number: usize) -> u64 {
    let after_name = stat.rsplit_once(") ").map_or("", |(_, after)| after);
    let number = number.saturating_sub(2);
    after_name.split(' ').nth(number).and_then(|field| field.parse().ok()).unwrap_or_default()
}

/// How much processor time a process has used, by its number or `self`.
pub(crate) fn processor_time(process: &str) -> Result<Duration> {
    // Linux tells ticks of a hundredth of a second on every machine that this runs on.
    Ok(Duration::from_millis(ticks(process, 13)? * 10))
}
