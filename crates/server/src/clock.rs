//! The server's only reader of the clock.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use oath::UnixTime;

/// The present instant; a clock before 1970 reads as 1970.
#[expect(clippy::disallowed_methods, reason = "this module is where the program reads the clock")]
pub(crate) fn now() -> UnixTime {
    UnixTime(SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |elapsed| elapsed.as_secs()))
}

/// The present instant, to measure how long something takes.
#[expect(clippy::disallowed_methods, reason = "this module is where the program reads the clock")]
pub(crate) fn instant() -> Instant {
    Instant::now()
}

/// How long ago an instant was.
pub(crate) fn since(begun: Instant) -> Duration {
    instant().duration_since(begun)
}
