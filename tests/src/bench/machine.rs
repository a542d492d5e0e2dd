//! What a measurement's reader must know of the machine.

use std::fs;

use crate::process;

/// The machine at one moment.
#[derive(Debug, Clone, PartialEq)]
pub struct Machine {
    /// The processor's name, as it says itself.
    pub processor: String,
    /// How many cores this program may use.
    pub cores: usize,
    /// How many threads ran or wanted to, on average of the last minute.
    pub load: f64,
    /// Other web views: with them, shared memory counts less.
    pub web_views: usize,
}

impl Machine {
    /// As it is now.
    pub(super) fn now() -> Self {
        let read = |path| fs::read_to_string(path).unwrap_or_default();
        let processor = read("/proc/cpuinfo")
            .lines()
            .find_map(|line| line.strip_prefix("model name")?.split_once(": "))
            .map_or("unknown", |(_, name)| name)
            .to_owned();
        let load = read("/proc/loadavg");
        let web_view = |id: &u32| process::program_of(*id).as_deref() == Some("WebKitWebProcess");
        Self {
            processor,
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            load: load.split(' ').next().and_then(|load| load.parse().ok()).unwrap_or_default(),
            web_views: process::all().iter().filter(|id| web_view(id)).count(),
        }
    }
}
