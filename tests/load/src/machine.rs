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
    while began.elapsed() < LASTS {
        file.write_all(&[0x5a; 64 * 1024])?;
        file.sync_data()?;
        flushes += 1.0;
    }
    Ok(flushes / began.elapsed().as_secs_f64())
}

/// How much processor time a process has used, by its number or `self`.
pub(crate) fn processor_time(process: &str) -> Result<Duration> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat"))?;
    let after_name = stat.rsplit_once(") ").map_or("", |(_, after)| after);
    let user_and_system = after_name.split(' ').skip(11).take(2);
    let ticks: u64 = user_and_system.filter_map(|field| field.parse::<u64>().ok()).sum();
    // Linux tells ticks of a hundredth of a second on every machine that this runs on.
    Ok(Duration::from_millis(ticks * 10))
}
