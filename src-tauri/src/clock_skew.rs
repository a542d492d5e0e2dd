//! This machine's clock against the server's, whenever the two talk.

use std::time::Duration;

use oath::UnixTime;

use crate::clock::Moment;

/// After a longer round trip, its middle says too little of when the server looked at its clock.
const LONGEST_MEASURED: Duration = Duration::from_secs(4);

/// By how many seconds this machine's clock is behind the server's (ahead: negative), which showed
/// `theirs` at the middle of the round trip.
pub(crate) fn behind(asked: Moment, answered: Moment, theirs: UnixTime) -> Option<i64> {
    let round_trip = answered.since(asked);
    if round_trip > LONGEST_MEASURED {
        return None;
    }
    let ours = answered.wall().saturating_sub(round_trip / 2).as_millis();
    // Somewhere within the second that it shows.
    let theirs = u128::from(theirs.0) * 1000 + 500;
    let milliseconds = i64::try_from(theirs).ok()?.checked_sub(i64::try_from(ours).ok()?)?;
    Some((milliseconds + 500).div_euclid(1000))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: f64) -> Moment {
        let time = Duration::from_secs_f64(seconds);
        Moment::at(time, Duration::from_secs(1_900_000_000) + time)
    }

    #[test]
    fn it_is_measured_at_the_middle_of_the_round_trip() {
        let theirs = |seconds: u64| UnixTime(1_900_000_000 + seconds);
        // The server's second began at 100 and ends at 101: 100.5 in the mean.
        assert_eq!(behind(at(100.0), at(101.0), theirs(100)), Some(0));
        assert_eq!(behind(at(98.5), at(102.5), theirs(100)), Some(0));
        assert_eq!(behind(at(100.5), at(100.5), theirs(111)), Some(11));
        assert_eq!(behind(at(111.5), at(111.5), theirs(100)), Some(-11));
        assert_eq!(behind(at(100.0), at(104.0), theirs(100)), Some(-1));
    }

    #[test]
    fn a_slow_answer_or_a_clock_that_jumps_measures_nothing_wrong() {
        let theirs = UnixTime(1_900_000_100);
        assert_eq!(behind(at(100.0), at(104.1), theirs), None);
        // Set forward by an hour while it was asked.
        let jumped = Moment::at(Duration::from_secs(101), Duration::from_secs(1_900_003_701));
        assert_eq!(behind(at(100.0), jumped, theirs), None);
        // Set back by an hour: what counts is the clock as it is now.
        let jumped = Moment::at(Duration::from_secs(101), Duration::from_secs(1_899_996_501));
        assert_eq!(behind(at(100.0), jumped, theirs), Some(3_600));
        assert_eq!(behind(at(100.0), at(101.0), UnixTime(u64::MAX)), None);
    }
}
