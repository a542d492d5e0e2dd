//! The one place that reads the clocks.

#![expect(clippy::disallowed_methods, reason = "what is measured is time")]

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use oath::UnixTime;

/// The time of day, by which codes are made.
pub(crate) fn now() -> UnixTime {
    UnixTime(SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs())
}

/// The instant by which durations are measured.
pub(crate) fn instant() -> Instant {
    Instant::now()
}

/// How long ago an instant was.
pub(crate) fn since(began: Instant) -> Duration {
    began.elapsed()
}
