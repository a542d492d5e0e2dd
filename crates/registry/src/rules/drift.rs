//! How a token's clock drifts, and when its codes leave the window; how a counter is used up.
//!
//! At most one sample a day is kept, and one only where the offset changed or a day began, in the commit
//! that accepts the code. The line through them is Theil's and Sen's, the median of all slopes: a code
//! that was typed late, or a clock that was off for a day, does not turn it.

use core::time::Duration;

use oath::{Drift, Period, UnixTime, Window};
use serde::Serialize;

use crate::{
    drift::{DriftSample, Observed},
    otp::Otp,
    token::Token,
};

const DAY: u64 = 24 * 60 * 60;
/// From so many samples, over so many days, on a line is drawn.
pub const ENOUGH_SAMPLES: usize = 5;
/// See [`ENOUGH_SAMPLES`].
pub const ENOUGH_DAYS: u64 = 14;
/// What lies further ahead is not foretold. Also how long a hard token lasts by its maker's word.
pub const YEARS: u64 = 5;
const FAR: u64 = YEARS * 365 * DAY + DAY;
/// How many codes a hard token by counter makes by its maker's word (VIP).
pub const CODES_OF_A_LIFE: u64 = 15_000;

/// A straight line through offsets, in time steps.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Line {
    /// Where it begins.
    pub from: UnixTime,
    /// The offset there.
    pub offset: f64,
    /// By how much it changes in a day.
    pub per_day: f64,
}

impl Line {
    /// The offset at an instant, not before it begins.
    #[must_use]
    pub fn at(&self, at: UnixTime) -> f64 {
        self.offset + self.per_day * days(at.since(self.from))
    }

    /// When it has moved by so many steps since an instant, at `now` at the earliest; `None` where that
    /// is more than five years ahead.
    fn moves(&self, by: f64, since: UnixTime, now: UnixTime) -> Option<UnixTime> {
        let left = (by / self.per_day).max(0.0);
        let seconds = Duration::try_from_secs_f64(left * 86_400.0).ok()?.as_secs();
        let at = since.plus(seconds).max(now);
        (at.since(now) < FAR).then_some(at)
    }
}

/// When a token's codes leave the window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub enum Forecast {
    /// There are too few samples, or they are too close together.
    TooFew {
        /// How many.
        samples: usize,
        /// Over how many days.
        days: u64,
    },
    /// Not within five years.
    Steady,
    /// On these days, if it goes on like this.
    Leaves {
        /// Where it is used, so that each code teaches: when it is past what codes may teach.
        in_use: Option<UnixTime>,
        /// Where it is not used from now on, so that nothing is learnt.
        unused: Option<UnixTime>,
    },
}

/// How far a token by counter is used up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Life {
    /// How many codes it has made, as far as is known.
    pub made: u64,
    /// How many of those were not used, of the samples that are kept.
    pub skipped: u64,
    /// When it has made [`CODES_OF_A_LIFE`]; `None` where there are too few samples, or far ahead.
    pub used_up: Option<UnixTime>,
    /// Five years after it became known here; its maker counts from an earlier day.
    pub old: UnixTime,
}

/// What an accepted code shows, where that is worth a sample.
pub(crate) fn sample(
    before: &Token,
    after: &Token,
    codes: u64,
    now: UnixTime,
) -> Option<DriftSample> {
    let accepted = after.last_accepted?;
    let (observed, changed) = match after.otp {
        Otp::Totp(totp) => {
            let steps = offset(accepted, totp.period, now);
            (Observed::Steps(steps), steps != before.drift.steps())
        }
        Otp::Hotp(_) => {
            // What was made before it was anybody's is not waste.
            let last = before.last_accepted.filter(|_| before.owner.is_some());
            let skipped = last.map_or(0, |last| accepted.saturating_sub(last + codes));
            (Observed::Skipped(skipped), skipped > 0)
        }
        Otp::TotpOfUnknownStep(_) => return None,
    };
    let new_day = before.last_used.is_none_or(|used| used.0 / DAY != now.0 / DAY);
    let serial = after.serial.clone();
    (changed || new_day).then_some(DriftSample { serial, at: now, observed, accepted })
}

fn offset(step: u64, period: Period, now: UnixTime) -> i32 {
    let offset = step.wrapping_sub(period.step_at(now)).cast_signed();
    let bound = i64::from(Drift::MAX_RESYNCHRONISED + Drift::MAX_LEARNT);
    i32::try_from(offset.clamp(-bound, bound)).unwrap_or_default()
}

/// The samples by time since the clock was last set: since one jumped by more than codes may teach.
fn since_set(samples: &[DriftSample]) -> Vec<(UnixTime, i32)> {
    let mut kept: Vec<(UnixTime, i32)> = Vec::new();
    for sample in samples {
        let Observed::Steps(steps) = sample.observed else { continue };
        if kept.last().is_some_and(|(_, last)| last.abs_diff(steps) > 10) {
            kept.clear();
        }
        kept.push((sample.at, steps));
    }
    kept
}

/// The line through the samples; `None` where they are too few or too close.
#[must_use]
pub fn line(samples: &[DriftSample]) -> Option<Line> {
    let points = since_set(samples);
    let ((first, _), (last, _)) = (points.first()?, points.last()?);
    if points.len() < ENOUGH_SAMPLES || last.since(*first) < ENOUGH_DAYS * DAY {
        return None;
    }
    let points: Vec<_> =
        points.iter().map(|(at, steps)| (days(at.since(*first)), f64::from(*steps))).collect();
    let slopes = points.iter().enumerate().flat_map(|(place, one)| {
        let later = points.iter().skip(place + 1).filter(|other| other.0 > one.0);
        later.map(|other| (other.1 - one.1) / (other.0 - one.0))
    });
    let per_day = median(slopes.collect())?;
    let offset = median(points.iter().map(|(at, steps)| steps - per_day * at).collect())?;
    Some(Line { from: *first, offset, per_day })
}

fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let upper = *values.get(values.len() / 2)?;
    let lower = *values.get((values.len() - 1) / 2)?;
    Some(f64::midpoint(lower, upper))
}

fn days(seconds: u64) -> f64 {
    Duration::from_secs(seconds).as_secs_f64() / 86_400.0
}

/// When the codes of a token with this drift leave the window.
#[must_use]
pub fn forecast(samples: &[DriftSample], drift: Drift, now: UnixTime) -> Forecast {
    let Some(line) = line(samples) else {
        let points = since_set(samples);
        let span = points.first().zip(points.last());
        let days = span.map_or(0, |((first, _), (last, _))| last.since(*first) / DAY);
        return Forecast::TooFew { samples: points.len(), days };
    };
    if line.per_day == 0.0 {
        return Forecast::Steady;
    }
    let ahead = if line.per_day > 0.0 { 1 } else { -1 };
    let window = i32::from(Window::default().0);
    let (resynchronised, _) = drift.parts();
    let taught = resynchronised + ahead * (Drift::MAX_LEARNT + window);
    let in_use = line.moves(f64::from(taught) - line.at(now), now, now);
    // Where it was at the last code is what is known of it.
    let last = samples.last().map_or(now, |sample| sample.at);
    let unused = line.moves(f64::from(ahead * window), last, now);
    if in_use.is_none() && unused.is_none() {
        return Forecast::Steady;
    }
    Forecast::Leaves { in_use, unused }
}

/// How far a token by counter is used up.
#[must_use]
pub fn life(samples: &[DriftSample], token: &Token, now: UnixTime) -> Life {
    let made = token.last_accepted.map_or(0, |last| last.saturating_add(1));
    let skipped = samples.iter().map(|sample| match sample.observed {
        Observed::Skipped(skipped) => skipped,
        Observed::Steps(_) => 0,
    });
    Life {
        made,
        skipped: skipped.sum(),
        used_up: used_up(samples, made, now),
        old: token.provisioned.plus(FAR),
    }
}

fn used_up(samples: &[DriftSample], made: u64, now: UnixTime) -> Option<UnixTime> {
    let (first, last) = (samples.first()?, samples.last()?);
    let seconds = last.at.since(first.at);
    let presses = last.accepted.saturating_sub(first.accepted);
    if samples.len() < ENOUGH_SAMPLES || seconds < ENOUGH_DAYS * DAY || presses == 0 {
        return None;
    }
    let left = CODES_OF_A_LIFE.saturating_sub(made);
    let lasts = u128::from(left) * u128::from(seconds) / u128::from(presses);
    u64::try_from(lasts).ok().filter(|lasts| *lasts < FAR).map(|lasts| now.plus(lasts))
}

#[cfg(test)]
mod tests {
    use oath::{Hotp, Manufacturer, TokenType, Totp};

    use super::*;

    const START: UnixTime = UnixTime(20_000 * DAY);

    fn on(day: u64) -> UnixTime {
        START.plus(day * DAY)
    }

    fn by_time(points: &[(u64, i32)]) -> Vec<DriftSample> {
        let sample = |(day, steps): &(u64, i32)| DriftSample {
            serial: "FT1234567890".parse().unwrap(),
            at: on(*day),
            observed: Observed::Steps(*steps),
            accepted: 0,
        };
        points.iter().map(sample).collect()
    }

    fn token(otp: Otp) -> Token {
        let serial = "FT1234567890".parse().unwrap();
        let name = "Fob".parse().unwrap();
        let mut token =
            Token::provisioned(serial, Manufacturer::Other, TokenType::Hard, name, otp, START);
        token.owner = Some("1234567893".parse().unwrap());
        token
    }

    #[test]
    fn the_line_is_the_clocks_and_not_an_outliers() {
        // One step in ten days, and one code that was typed late.
        let fob = by_time(&[(0, 0), (10, 1), (20, 2), (25, -1), (30, 3), (40, 4), (50, 5)]);
        let line = line(&fob).unwrap();
        assert!((line.per_day - 0.1).abs() < 0.005, "{line:?}");
        assert!((line.at(on(100)) - 10.0).abs() < 0.6, "{line:?}");
    }

    #[test]
    fn the_day_is_when_the_line_leaves_what_codes_may_teach() {
        let fob = by_time(&[(0, 0), (10, 1), (20, 2), (30, 3), (40, 4), (50, 5)]);
        let (now, drift) = (on(50), Drift::from_parts(0, 5));
        // 11 steps are reached on day 110, the sixth that is not learnt on day 60.
        let leaves = |in_use, unused| Forecast::Leaves {
            in_use: Some(on(in_use)),
            unused: Some(on(unused)),
        };
        assert_eq!(forecast(&fob, drift, now), leaves(110, 60));
        // Put right again by two codes: 11 steps from there.
        assert_eq!(forecast(&fob, Drift::from_parts(5, 0), now), leaves(160, 60));
        let slow: Vec<_> = [(0, 0), (10, -1), (20, -2), (30, -3), (40, -4), (50, -5)].into();
        let drift = Drift::from_parts(0, -5);
        assert_eq!(forecast(&by_time(&slow), drift, now), leaves(110, 60));
        // As far as a code was typed late: from there.
        let late = by_time(&[(0, 0), (10, 1), (20, 2), (30, 3), (40, 4), (50, 5), (51, 3)]);
        let Forecast::Leaves { unused, .. } = forecast(&late, Drift::from_parts(0, 3), on(51))
        else {
            panic!("it leaves")
        };
        assert!((60..=62).contains(&(unused.unwrap().since(START) / DAY)));
        // Not used for so long that it has left already.
        assert_eq!(forecast(&by_time(&slow), drift, on(70)), leaves(110, 70));
    }

    #[test]
    fn what_cannot_be_told_is_not_told() {
        let few = by_time(&[(0, 0), (30, 1), (60, 2), (90, 3)]);
        let now = on(90);
        let drift = Drift::default();
        assert_eq!(forecast(&few, drift, now), Forecast::TooFew { samples: 4, days: 90 });
        let close = by_time(&[(0, 0), (1, 1), (2, 2), (3, 3), (13, 4)]);
        assert_eq!(forecast(&close, drift, now), Forecast::TooFew { samples: 5, days: 13 });
        let set = by_time(&[(0, 0), (10, 1), (20, 2), (30, 30), (40, 31), (50, 32)]);
        assert_eq!(forecast(&set, drift, now), Forecast::TooFew { samples: 3, days: 20 });
        assert_eq!(forecast(&[], drift, now), Forecast::TooFew { samples: 0, days: 0 });
        let phone = by_time(&[(0, 0), (10, 0), (20, 1), (30, 0), (40, 0), (50, 0)]);
        assert_eq!(forecast(&phone, drift, now), Forecast::Steady);
        assert_eq!(line(&by_time(&[(0, 0); 6])), None, "all at once");
    }

    #[test]
    fn a_sample_is_worth_it_where_the_offset_changed_or_a_day_began() {
        let period = Period::SECONDS_30;
        let mut before = token(Otp::Totp(Totp::default()));
        let at = |steps: i32, now| {
            let mut after = before.clone();
            after.last_accepted = Some(period.step_at(now).saturating_add_signed(steps.into()));
            (after, now)
        };
        let (after, now) = at(2, START);
        let first = sample(&before, &after, 1, now).unwrap();
        assert_eq!(first.observed, Observed::Steps(2));
        before.last_used = Some(START);
        before.drift = Drift::from_parts(0, 2);
        for (steps, later, expected) in [(2, 3_600, None), (3, 3_600, Some(3)), (2, DAY, Some(2))] {
            let mut after = before.clone();
            let now = START.plus(later);
            after.last_accepted = Some(period.step_at(now).saturating_add_signed(steps));
            let observed = sample(&before, &after, 1, now).map(|sample| sample.observed);
            assert_eq!(observed, expected.map(Observed::Steps), "{steps} {later}");
        }
    }

    #[test]
    fn presses_without_use_are_counted_and_the_codes_of_a_life() {
        let mut before = token(Otp::Hotp(Hotp::default()));
        before.last_accepted = Some(100);
        before.last_used = Some(START);
        let mut after = before.clone();
        for (accepted, codes, expected) in
            [(101, 1, None), (104, 1, Some(3)), (102, 2, None), (112, 2, Some(10))]
        {
            after.last_accepted = Some(accepted);
            let observed = sample(&before, &after, codes, START).map(|sample| sample.observed);
            assert_eq!(observed, expected.map(Observed::Skipped), "{accepted}");
        }
        let samples: Vec<_> = (0..6)
            .map(|day| DriftSample {
                serial: after.serial.clone(),
                at: on(day * 10),
                observed: Observed::Skipped(day),
                accepted: 1_000 + day * 200,
            })
            .collect();
        after.last_accepted = Some(1_999);
        // 20 a day, 13,000 left.
        let life = life(&samples, &after, on(50));
        assert_eq!((life.made, life.skipped, life.used_up), (2_000, 15, Some(on(50 + 650))));
        assert_eq!(used_up(&samples[..4], 2_000, on(50)), None);
    }
}
