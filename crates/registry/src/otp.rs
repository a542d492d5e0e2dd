//! How a token's codes are made, and judging one by that.
//!
//! What was accepted last is one number, [`crate::Token::last_accepted`]: a time step, or a counter.
//! A code is good only for a later one, so that the same compare-and-set serves both.

use oath::{
    Algorithm, Challenge, Code, Digits, Drift, Hotp, LookAhead, Period, Refusal, Seed, Totp,
    UnixTime, Window,
};
use serde::Serialize;
use subtle::ConstantTimeEq;

/// How a token's codes are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub enum Otp {
    /// From the time, RFC 6238.
    Totp(Totp),
    /// From the time, in steps of 30 or of 60 seconds: the first good code tells which. Until then
    /// there is neither a drift nor a last accepted step, as both are counted in steps.
    #[serde(rename = "totp-30-or-60")]
    TotpOfUnknownStep(Hotp),
    /// From a counter that each press of the token's button moves on, RFC 4226.
    Hotp(Hotp),
}

/// A code that is good: what to store, on the condition that nobody stored anything first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Good {
    /// How the codes are made, now that this is known.
    pub otp: Otp,
    /// The step or counter of the code.
    pub accepted: u64,
    /// The drift with what the code taught.
    pub drift: Drift,
}

impl Otp {
    /// The largest counter; a code of a later one is not good, so that every one can be stored.
    pub const MAX_COUNTER: u64 = 1 << 62;

    /// The word that is stored and shown.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Totp(_) => "totp",
            Self::TotpOfUnknownStep(_) => "totp-30-or-60",
            Self::Hotp(_) => "hotp",
        }
    }

    /// The kind of this word, with what else is stored; the period is a kind's own business.
    #[must_use]
    pub fn of_kind(kind: &str, hotp: Hotp, period: Option<Period>) -> Option<Self> {
        let Hotp { algorithm, digits } = hotp;
        match (kind, period) {
            ("totp", Some(period)) => Some(Self::Totp(Totp { algorithm, digits, period })),
            ("totp-30-or-60", None) => Some(Self::TotpOfUnknownStep(hotp)),
            ("hotp", None) => Some(Self::Hotp(hotp)),
            _ => None,
        }
    }

    /// The hash under the HMAC.
    #[must_use]
    pub const fn algorithm(&self) -> Algorithm {
        match self {
            Self::Totp(totp) => totp.algorithm,
            Self::TotpOfUnknownStep(hotp) | Self::Hotp(hotp) => hotp.algorithm,
        }
    }

    /// How many digits a code has.
    #[must_use]
    pub const fn digits(&self) -> Digits {
        match self {
            Self::Totp(totp) => totp.digits,
            Self::TotpOfUnknownStep(hotp) | Self::Hotp(hotp) => hotp.digits,
        }
    }

    /// The length of a time step, where there is one and it is known.
    #[must_use]
    pub const fn period(&self) -> Option<Period> {
        match self {
            Self::Totp(totp) => Some(totp.period),
            Self::TotpOfUnknownStep(_) | Self::Hotp(_) => None,
        }
    }

    /// Whether a press of a button makes the codes, and not the time.
    #[must_use]
    pub const fn is_event_based(&self) -> bool {
        matches!(self, Self::Hotp(_))
    }

    /// The time-based tokens that this may be.
    pub(crate) fn by_time(&self) -> Vec<Totp> {
        match *self {
            Self::Totp(totp) => vec![totp],
            Self::TotpOfUnknownStep(Hotp { algorithm, digits }) => {
                [Period::SECONDS_30, Period::SECONDS_60]
                    .map(|period| Totp { algorithm, digits, period })
                    .into()
            }
            Self::Hotp(_) => Vec::new(),
        }
    }

    /// Judges one code: in the window around the drifted step, or within the look-ahead window.
    ///
    /// # Errors
    /// Why it is refused. One that would be good for both steps of 30 and 60 seconds is refused as
    /// wrong: the next one tells.
    pub fn judge(
        &self,
        seed: &Seed,
        code: &Code,
        now: UnixTime,
        drift: Drift,
        last: Option<u64>,
    ) -> Result<Good, Refusal> {
        match self {
            Self::Totp(totp) => {
                let good = totp.verify(seed, code, now, drift, last, Window::default())?;
                Ok(Good { otp: *self, accepted: good.step, drift: good.drift })
            }
            Self::TotpOfUnknownStep(_) => only_one(self.by_time().into_iter().map(|totp| {
                let (drift, window) = (Drift::default(), Window::default());
                let good = totp.verify(seed, code, now, drift, None, window).ok()?;
                Some(Good { otp: Self::Totp(totp), accepted: good.step, drift: good.drift })
            }))
            .ok_or(Refusal::Wrong),
            Self::Hotp(hotp) => {
                let accepted = judge_counter(hotp, seed, code, last)?;
                Ok(Good { otp: *self, accepted, drift })
            }
        }
    }

    /// Judges one code that is bound to a challenge. A token of which the step is not known, or that has
    /// a button, makes none.
    ///
    /// # Errors
    /// Why it is refused.
    pub fn judge_bound(
        &self,
        seed: &Seed,
        challenge: Challenge,
        code: &Code,
        now: UnixTime,
        drift: Drift,
        last: Option<u64>,
    ) -> Result<Good, Refusal> {
        let Self::Totp(totp) = self else { return Err(Refusal::Wrong) };
        let window = Window::default();
        let good = totp.verify_bound(seed, challenge, code, now, drift, last, window)?;
        Ok(Good { otp: *self, accepted: good.step, drift: good.drift })
    }

    /// Finds step or counter again by two consecutive codes, in a much wider window; neither is good
    /// again then.
    #[must_use]
    pub fn resynchronise(
        &self,
        seed: &Seed,
        (first, second): (&Code, &Code),
        now: UnixTime,
        last: Option<u64>,
    ) -> Option<Good> {
        if let Self::Hotp(hotp) = self {
            let accepted = hotp.resynchronise(seed, first, second, next_counter(last))?;
            return storable(accepted).map(|accepted| Good {
                otp: *self,
                accepted,
                drift: Drift::default(),
            });
        }
        let last = self.period().and(last);
        only_one(self.by_time().into_iter().map(|totp| {
            let good = totp.resynchronise(seed, first, second, now, last)?;
            Some(Good { otp: Self::Totp(totp), accepted: good.step, drift: good.drift })
        }))
    }
}

impl Otp {
    /// Whether these are the codes of the last accepted step or counter and of the one before it.
    pub(crate) fn are_the_last_two(
        &self,
        seed: &Seed,
        (first, second): (&Code, &Code),
        last: u64,
    ) -> bool {
        let code = |at| match self {
            Self::Totp(totp) => Some(totp.code_of_step(seed, at)),
            Self::Hotp(hotp) => Some(hotp.code(seed, at)),
            Self::TotpOfUnknownStep(_) => None,
        };
        let Some((before, at)) = last.checked_sub(1).and_then(code).zip(code(last)) else {
            return false;
        };
        bool::from(before.ct_eq(first) & at.ct_eq(second))
    }
}

/// The counter of a code that is good; or of one that was.
fn judge_counter(hotp: &Hotp, seed: &Seed, code: &Code, last: Option<u64>) -> Result<u64, Refusal> {
    let look_ahead = LookAhead::default();
    let ahead = hotp.verify(seed, code, next_counter(last), look_ahead);
    if let Some(counter) = ahead.and_then(storable) {
        return Ok(counter);
    }
    let Some(last) = last else { return Err(Refusal::Wrong) };
    // As far back as it looks ahead.
    let earliest = last.saturating_sub(u64::from(look_ahead.0));
    let behind = LookAhead(u8::try_from(last - earliest).unwrap_or(look_ahead.0));
    match hotp.verify(seed, code, earliest, behind) {
        Some(step) if step == last => Err(Refusal::AlreadyUsed { step }),
        Some(step) => Err(Refusal::Old { step }),
        None => Err(Refusal::Wrong),
    }
}

/// The first counter whose code can be good.
pub(crate) const fn next_counter(last: Option<u64>) -> u64 {
    match last {
        Some(last) => last.saturating_add(1),
        None => 0,
    }
}

fn storable(counter: u64) -> Option<u64> {
    Some(counter).filter(|counter| *counter <= Otp::MAX_COUNTER)
}

/// The one that there is, if there is one only.
fn only_one<T>(found: impl Iterator<Item = Option<T>>) -> Option<T> {
    let mut found = found.flatten();
    let one = found.next()?;
    found.next().is_none().then_some(one)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: UnixTime = UnixTime(1_812_345_660);

    fn seed() -> Seed {
        Seed::from_bytes(b"12345678901234567890".to_vec().into()).unwrap()
    }

    fn totp(period: Period) -> Totp {
        Totp { period, ..Totp::default() }
    }

    fn judge(otp: Otp, code: &Code, last: Option<u64>) -> Result<Good, Refusal> {
        otp.judge(&seed(), code, NOW, Drift::default(), last)
    }

    #[test]
    fn a_step_of_30_or_60_seconds_is_told_by_the_first_good_code() {
        let unknown = Otp::TotpOfUnknownStep(Hotp::default());
        for period in [Period::SECONDS_30, Period::SECONDS_60] {
            for off in [-1_i64, 0, 1] {
                let step = period.step_at(NOW).saturating_add_signed(off);
                let code = totp(period).code_of_step(&seed(), step);
                let good = judge(unknown, &code, None).unwrap();
                assert_eq!((good.otp, good.accepted), (Otp::Totp(totp(period)), step));
                assert_eq!(good.drift.steps(), i32::try_from(off).unwrap());
                // From then on it is a token of that step: the same code is spent.
                assert_eq!(
                    judge(good.otp, &code, Some(good.accepted)),
                    Err(Refusal::AlreadyUsed { step })
                );
            }
        }
        let elsewhere = totp(Period::SECONDS_30).code_at(&seed(), NOW.plus(90));
        assert_eq!(judge(unknown, &elsewhere, None), Err(Refusal::Wrong));
    }

    #[test]
    fn two_codes_tell_the_step_of_a_token_whose_clock_is_far_off() {
        let unknown = Otp::TotpOfUnknownStep(Hotp::default());
        for period in [Period::SECONDS_30, Period::SECONDS_60] {
            let step = period.step_at(NOW) + 100;
            let codes = [step, step + 1].map(|step| totp(period).code_of_step(&seed(), step));
            let good = unknown.resynchronise(&seed(), (&codes[0], &codes[1]), NOW, None).unwrap();
            assert_eq!((good.otp, good.accepted), (Otp::Totp(totp(period)), step + 1));
            assert_eq!(good.drift.steps(), 101);
            assert_eq!(unknown.resynchronise(&seed(), (&codes[1], &codes[0]), NOW, None), None);
        }
    }

    #[test]
    fn a_counter_is_looked_for_ten_ahead_and_never_behind() {
        let hotp = Hotp::default();
        let code = |counter| hotp.code(&seed(), counter);
        for (last, counter, expected) in [
            (None, 0, Ok(0)),
            (None, 10, Ok(10)),
            (None, 11, Err(Refusal::Wrong)),
            (Some(20), 21, Ok(21)),
            (Some(20), 31, Ok(31)),
            (Some(20), 32, Err(Refusal::Wrong)),
            (Some(20), 20, Err(Refusal::AlreadyUsed { step: 20 })),
            (Some(20), 10, Err(Refusal::Old { step: 10 })),
            (Some(20), 9, Err(Refusal::Wrong)),
            (Some(0), 0, Err(Refusal::AlreadyUsed { step: 0 })),
            (Some(Otp::MAX_COUNTER), Otp::MAX_COUNTER + 1, Err(Refusal::Wrong)),
            (
                Some(Otp::MAX_COUNTER),
                Otp::MAX_COUNTER,
                Err(Refusal::AlreadyUsed { step: Otp::MAX_COUNTER }),
            ),
        ] {
            let judged = judge(Otp::Hotp(hotp), &code(counter), last).map(|good| good.accepted);
            assert_eq!(judged, expected, "{counter} after {last:?}");
        }
    }

    #[test]
    fn two_codes_find_a_counter_a_thousand_presses_ahead() {
        let hotp = Hotp::default();
        let found = |counter, last| {
            let (first, second) = (hotp.code(&seed(), counter), hotp.code(&seed(), counter + 1));
            Otp::Hotp(hotp).resynchronise(&seed(), (&first, &second), NOW, last)
        };
        assert_eq!(found(900, None).unwrap().accepted, 901);
        assert_eq!(found(21, Some(20)).unwrap().accepted, 22);
        assert_eq!(found(20, Some(20)), None, "the first of them is spent");
        assert_eq!(found(1_100, None), None);
    }

    #[test]
    fn what_is_stored_is_read_as_the_same() {
        let hotp = Hotp { algorithm: Algorithm::Sha256, digits: Digits::Eight };
        let by_time = Totp { algorithm: hotp.algorithm, digits: hotp.digits, ..Totp::default() };
        for otp in [Otp::Totp(by_time), Otp::TotpOfUnknownStep(hotp), Otp::Hotp(hotp)] {
            assert_eq!(Otp::of_kind(otp.kind(), hotp, otp.period()), Some(otp));
        }
        assert_eq!(Otp::of_kind("hotp", hotp, Some(Period::SECONDS_30)), None);
        assert_eq!(Otp::of_kind("totp", hotp, None), None);
    }
}
