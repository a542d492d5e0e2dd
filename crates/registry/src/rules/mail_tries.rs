//! When a mail is tried, and when again.

use oath::UnixTime;

/// Seconds from the first try to the second; doubled for each further one.
const FIRST_PAUSE: u64 = 2 * 60;
/// The longest pause, in seconds.
pub(crate) const LONGEST_PAUSE: u64 = 3_600;

/// Whether a try is due. One that is due later than any is ever set was set by a clock that was wrong,
/// and so was a first one, which is due at once.
pub(crate) fn is_due(due: UnixTime, attempts: u32, now: UnixTime) -> bool {
    due <= now || due > latest_due(now) || attempts == 0
}

/// No try is set to be due later.
pub(crate) const fn latest_due(now: UnixTime) -> UnixTime {
    now.plus(2 * LONGEST_PAUSE)
}

/// How long after a claim the mail is tried again, unless it was sent.
pub(crate) fn pause_after(attempts: u32) -> u64 {
    FIRST_PAUSE.checked_shl(attempts).map_or(LONGEST_PAUSE, |pause| pause.min(LONGEST_PAUSE))
}
