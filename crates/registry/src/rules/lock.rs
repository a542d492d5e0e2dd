//! When wrong codes lock a token, and for how long.
//!
//! Wrong codes in a row are counted on the token that was named, and on no other. Each tenth locks
//! it: the tenth for 15 minutes, the twentieth for 30, and so on, doubling; the hundredth until the
//! help desk unlocks it (SP 800-63B-4, section 3.2.2: at most 100 in a row). While it is locked,
//! codes are refused without being judged: they neither count nor prolong the lock. A lock that has
//! ended leaves the count as it was. A good code, or the help desk, sets it to nothing.
//!
//! A code that was used already, or is older than the last accepted one, is not counted: it was a
//! good code once, and tells an attacker nothing.
//!
//! A rehearsal ("test my token") is never counted and locks nothing. So that its explanations can't
//! be asked for without end, after ten wrong test codes within 15 minutes a refusal says no more
//! than that the code is wrong.
//!
//! ```text
//!            wrong, not a tenth              tenth, twentieth, ... ninetieth
//!   counting ------------------> counting   counting ------> locked for 15 min, 30 min, ...
//!      ^  ^                                                     |        | hundredth
//!      |  +-------------- the lock's time is over --------------+        v
//!      +-------------- a good code, or the help desk -------- locked until the help desk unlocks
//! ```

use oath::UnixTime;
use serde::Serialize;

/// Until when something is not judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Lock {
    /// Until this instant, and no longer.
    Until(UnixTime),
    /// Until the help desk unlocks it.
    UntilUnlocked,
}

impl Lock {
    /// Whether it still holds.
    #[must_use]
    pub fn holds(self, now: UnixTime) -> bool {
        match self {
            Self::Until(until) => now < until,
            Self::UntilUnlocked => true,
        }
    }
}

/// Wrong codes in a row that lock a token.
pub const FAILURES_A_LOCK: u32 = 10;
/// Wrong codes in a row after which only the help desk unlocks.
pub const FAILURES_FOR_GOOD: u32 = 100;
/// Seconds of the first lock.
pub const FIRST_LOCK: u64 = 15 * 60;

/// The lock that falls with this failure, if one does.
#[must_use]
pub fn lock_at(failures: u32, now: UnixTime) -> Option<Lock> {
    if failures >= FAILURES_FOR_GOOD {
        return Some(Lock::UntilUnlocked);
    }
    let falls = failures > 0 && failures.is_multiple_of(FAILURES_A_LOCK);
    falls.then(|| Lock::Until(now.plus(FIRST_LOCK << (failures / FAILURES_A_LOCK - 1))))
}

/// Wrong test codes that are explained.
pub const EXPLAINED_REHEARSALS: u32 = 10;
/// Seconds after which the counting of wrong test codes begins anew.
pub const REHEARSAL_WINDOW: u64 = 15 * 60;

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: UnixTime = UnixTime(1_000_000);

    #[test]
    fn the_policy_as_a_table() {
        let minutes = |n: u64| Some(Lock::Until(NOW.plus(n * 60)));
        for (failures, expected) in [
            (0, None),
            (1, None),
            (9, None),
            (10, minutes(15)),
            (11, None),
            (19, None),
            (20, minutes(30)),
            (30, minutes(60)),
            (40, minutes(120)),
            (90, minutes(15 * 256)),
            (99, None),
            (100, Some(Lock::UntilUnlocked)),
            (101, Some(Lock::UntilUnlocked)),
            (u32::MAX, Some(Lock::UntilUnlocked)),
        ] {
            assert_eq!(lock_at(failures, NOW), expected, "{failures} failures");
        }
    }

    #[test]
    fn a_lock_ends_at_its_instant() {
        assert!(Lock::Until(NOW).holds(UnixTime(NOW.0 - 1)));
        assert!(!Lock::Until(NOW).holds(NOW));
        assert!(Lock::UntilUnlocked.holds(UnixTime(u64::MAX)));
    }
}
