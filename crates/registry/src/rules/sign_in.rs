//! When wrong passphrases pause an account's sign-in.
//!
//! Each attempt is counted when its turn has come and before its passphrase is judged, so that neither
//! a crash nor many at once give a free one, and one that is turned away in a flood costs nothing; the right passphrase sets the count to nothing. From the tenth wrong one in a
//! row on, each pauses the sign-in for 15 minutes; after the hundredth only an administrator
//! unlocks it (SP 800-63B-4, section 3.2.2: at most 100 in a row). Attempts during a pause are not
//! judged: they neither count nor prolong it. Somebody who signs in is told none of this apart: the
//! answer, and the work done for it, are the same as for an NPI that nobody has.

use oath::UnixTime;

use super::lock::Lock;

/// Wrong passphrases in a row before sign-in pauses.
pub const FAILURES_BEFORE_PAUSE: u32 = 10;
/// Wrong passphrases in a row after which only an administrator unlocks.
pub const FAILURES_FOR_GOOD: u32 = 100;
/// Seconds of a pause.
pub const PAUSE: u64 = 15 * 60;

/// The pause that falls with this failure, if one does.
#[must_use]
pub fn pause_at(failures: u32, now: UnixTime) -> Option<Lock> {
    match failures {
        FAILURES_FOR_GOOD.. => Some(Lock::UntilUnlocked),
        FAILURES_BEFORE_PAUSE.. => Some(Lock::Until(now.plus(PAUSE))),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_policy_as_a_table() {
        let now = UnixTime(1_000_000);
        let pause = Some(Lock::Until(UnixTime(1_000_900)));
        for (failures, expected) in [
            (0, None),
            (1, None),
            (9, None),
            (10, pause),
            (11, pause),
            (99, pause),
            (100, Some(Lock::UntilUnlocked)),
            (u32::MAX, Some(Lock::UntilUnlocked)),
        ] {
            assert_eq!(pause_at(failures, now), expected, "{failures} failures");
        }
    }
}
