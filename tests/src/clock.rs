//! The only reader of the clock in this crate.

use std::time::{Duration, Instant, SystemTime};

use oath::UnixTime;

/// The current time.
#[expect(clippy::disallowed_methods, reason = "this module is where this program reads the clock")]
pub fn now() -> UnixTime {
    // A clock before 1970 counts as 1970: the comparison with oathtool then fails, and says so.
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    UnixTime(since.as_secs())
}

/// Measures how long something took.
#[derive(Debug, Clone, Copy)]
pub struct Stopwatch(Instant);

impl Stopwatch {
    /// Starts measuring.
    #[expect(
        clippy::disallowed_methods,
        reason = "this module is where this program reads the clock"
    )]
    pub fn start() -> Self {
        Self(Instant::now())
    }

    /// The time since the start.
    #[expect(
        clippy::disallowed_methods,
        reason = "this module is where this program reads the clock"
    )]
    pub fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }
}
