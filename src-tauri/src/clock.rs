//! The one place that reads a clock.

use std::{
    sync::OnceLock,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use oath::{Period, UnixTime};

/// One reading of both clocks.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Moment {
    /// Since the first reading; never goes back, and stands still while the machine is suspended.
    uptime: Duration,
    /// Since 1970-01-01T00:00:00Z, as the machine believes.
    wall: Duration,
}

impl Moment {
    /// The wall clock in whole seconds.
    pub(crate) fn unix(self) -> UnixTime {
        UnixTime(self.wall.as_secs())
    }

    /// The wall clock.
    pub(crate) fn wall(self) -> Duration {
        self.wall
    }

    /// Milliseconds until the next time step begins; at least 1.
    pub(crate) fn left_in_step(self, period: Period) -> u64 {
        let period = u128::from(period.seconds()) * 1000;
        let left = period - self.wall.as_millis() % period;
        u64::try_from(left).unwrap_or(1)
    }

    /// How long ago `earlier` was, by whichever clock says more: the wall clock counts a suspended
    /// machine's time, and setting it back gains nothing.
    pub(crate) fn since(self, earlier: Self) -> Duration {
        let by_uptime = self.uptime.saturating_sub(earlier.uptime);
        let by_wall = self.wall.saturating_sub(earlier.wall);
        by_uptime.max(by_wall)
    }

    /// How long the machine was suspended since `earlier`, as far as its clocks tell.
    pub(crate) fn slept_since(self, earlier: Self) -> Duration {
        let by_uptime = self.uptime.saturating_sub(earlier.uptime);
        self.wall.saturating_sub(earlier.wall).saturating_sub(by_uptime)
    }

    /// A reading for tests.
    #[cfg(test)]
    pub(crate) fn at(uptime: Duration, wall: Duration) -> Self {
        Self { uptime, wall }
    }
}

/// Reads both clocks.
#[expect(clippy::disallowed_methods, reason = "this is the module that reads the clocks")]
pub(crate) fn now() -> Moment {
    static START: OnceLock<Instant> = OnceLock::new();
    let start = *START.get_or_init(Instant::now);
    let wall = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Moment { uptime: start.elapsed(), wall }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moment(uptime: u64, wall: u64) -> Moment {
        Moment::at(Duration::from_secs(uptime), Duration::from_secs(wall))
    }

    #[test]
    fn a_suspended_machine_counts_as_idle() {
        assert_eq!(moment(11, 4000).since(moment(10, 1000)), Duration::from_secs(3000));
    }

    #[test]
    fn sleep_is_what_only_the_wall_clock_counts() {
        assert_eq!(moment(11, 4000).slept_since(moment(10, 1000)), Duration::from_secs(2999));
        assert_eq!(moment(310, 500).slept_since(moment(10, 1000)), Duration::ZERO);
    }

    #[test]
    fn setting_the_wall_clock_back_gains_nothing() {
        assert_eq!(moment(310, 500).since(moment(10, 1000)), Duration::from_secs(300));
    }

    #[test]
    fn the_step_ends_on_the_boundary() {
        let at = |millis| Moment::at(Duration::ZERO, Duration::from_millis(millis));
        assert_eq!(at(29_999).left_in_step(Period::SECONDS_30), 1);
        assert_eq!(at(30_000).left_in_step(Period::SECONDS_30), 30_000);
        assert_eq!(at(30_001).left_in_step(Period::SECONDS_60), 29_999);
    }
}
