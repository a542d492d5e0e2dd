//! Judging a code: the window around a learnt drift, the look-ahead window, resynchronisation.
//!
//! Every function here is pure: it tells what a code *is*; that it counts only once is decided
//! by whoever stores the last accepted step or counter, in one compare-and-set.

use serde::{Deserialize, Serialize};
use subtle::{ConditionallySelectable, ConstantTimeEq};

use crate::{
    Challenge, Code, Hotp, KeyedHotp, Ocra, Seed, Totp, UnixTime,
    hotp::{ABREAST, abreast},
};

/// How many time steps before and after the expected one are accepted.
///
/// RFC 6238 (section 5.2) recommends at most one step for the network delay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window(pub u8);

impl Default for Window {
    fn default() -> Self {
        Self(1)
    }
}

/// How many counters past the expected one are accepted as well, "s" in RFC 4226 (section 7.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LookAhead(pub u8);

impl Default for LookAhead {
    fn default() -> Self {
        Self(10)
    }
}

/// How far a token's clock is from ours, in time steps: positive where the token is ahead.
///
/// Each accepted code teaches it (RFC 6238, section 6), but never further than
/// [`Drift::MAX_LEARNT`] from where the last resynchronisation put it: nobody can walk the window
/// away code by code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(from = "StoredDrift")]
pub struct Drift {
    resynchronised: i32,
    learnt: i32,
}

impl Drift {
    /// The most steps that accepted codes alone can move the drift: 5 minutes at 30 seconds.
    pub const MAX_LEARNT: i32 = 10;
    /// The most steps that a resynchronisation can move it: an hour at 30 seconds.
    pub const MAX_RESYNCHRONISED: i32 = 120;

    /// The drift as two numbers for storage: where the last resynchronisation put it, and what
    /// codes have taught since. Out of range is brought into range.
    #[must_use]
    pub fn from_parts(resynchronised: i32, learnt: i32) -> Self {
        Self {
            resynchronised: resynchronised
                .clamp(-Self::MAX_RESYNCHRONISED, Self::MAX_RESYNCHRONISED),
            learnt: learnt.clamp(-Self::MAX_LEARNT, Self::MAX_LEARNT),
        }
    }

    /// The two numbers of [`Drift::from_parts`].
    #[must_use]
    pub const fn parts(self) -> (i32, i32) {
        (self.resynchronised, self.learnt)
    }

    /// The whole drift in steps.
    #[must_use]
    pub const fn steps(self) -> i32 {
        self.resynchronised + self.learnt
    }

    fn learn(self, observed: i64) -> Self {
        let learnt = observed - i64::from(self.resynchronised);
        let bound = i64::from(Self::MAX_LEARNT);
        let learnt = i32::try_from(learnt.clamp(-bound, bound)).unwrap_or_default();
        Self { learnt, ..self }
    }
}

/// A drift as it was stored, in range or not.
#[derive(Deserialize)]
struct StoredDrift {
    resynchronised: i32,
    learnt: i32,
}

impl From<StoredDrift> for Drift {
    fn from(stored: StoredDrift) -> Self {
        Self::from_parts(stored.resynchronised, stored.learnt)
    }
}

/// A code that is good: what to store, on the condition that nobody stored a later step first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AcceptedStep {
    /// The time step of the code; the new "last accepted step".
    pub step: u64,
    /// The drift with what this code taught.
    pub drift: Drift,
}

/// Why a code is no good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// It is the code of the last accepted step: it was used.
    AlreadyUsed {
        /// The step that it is the code of.
        step: u64,
    },
    /// It is a code of the window, but older than the last accepted one.
    Old {
        /// The step that it is the code of.
        step: u64,
    },
    /// It is no code of the window.
    Wrong,
}

impl Totp {
    /// Judges a code at an instant: good if it is the code of a step in the window around the
    /// drifted step, and that step is later than the last accepted one.
    ///
    /// Every step of the window is computed and compared in constant time, whatever matches.
    ///
    /// # Errors
    /// Why it is refused.
    pub fn verify(
        &self,
        seed: &Seed,
        code: &Code,
        at: UnixTime,
        drift: Drift,
        last_accepted: Option<u64>,
        window: Window,
    ) -> Result<AcceptedStep, Refusal> {
        self.verify_keyed(&self.keyed(seed), code, at, drift, last_accepted, window)
    }

    /// As [`Totp::verify`], by the codes of [`Totp::keyed`]: for whoever judges more than one.
    ///
    /// # Errors
    /// Why it is refused.
    pub fn verify_keyed(
        &self,
        keyed: &KeyedHotp,
        code: &Code,
        at: UnixTime,
        drift: Drift,
        last_accepted: Option<u64>,
        window: Window,
    ) -> Result<AcceptedStep, Refusal> {
        self.judge_step(|steps| keyed.codes(steps), code, at, drift, last_accepted, window)
    }

    /// Judges a code that is bound to a challenge (RFC 6287) as [`Totp::verify`] judges a plain one: by
    /// the same window, and for a step later than the last accepted one of either kind.
    ///
    /// # Errors
    /// Why it is refused; as wrong where the token's time step has no place in the RFC.
    #[expect(clippy::too_many_arguments, reason = "those of `verify`, and the challenge")]
    pub fn verify_bound(
        &self,
        seed: &Seed,
        challenge: Challenge,
        code: &Code,
        at: UnixTime,
        drift: Drift,
        last_accepted: Option<u64>,
        window: Window,
    ) -> Result<AcceptedStep, Refusal> {
        let ocra = Ocra::of(self).ok_or(Refusal::Wrong)?;
        let codes =
            |steps: [u64; ABREAST]| steps.map(|step| ocra.code_of_step(seed, challenge, step));
        self.judge_step(codes, code, at, drift, last_accepted, window)
    }

    fn judge_step(
        &self,
        codes: impl Fn([u64; ABREAST]) -> [Code; ABREAST],
        code: &Code,
        at: UnixTime,
        drift: Drift,
        last_accepted: Option<u64>,
        window: Window,
    ) -> Result<AcceptedStep, Refusal> {
        let expected = self.period.step_at(at).saturating_add_signed(i64::from(drift.steps()));
        let Some(step) = step_of(codes, code, expected, u64::from(window.0)) else {
            return Err(Refusal::Wrong);
        };
        match last_accepted {
            Some(last) if step == last => Err(Refusal::AlreadyUsed { step }),
            Some(last) if step < last => Err(Refusal::Old { step }),
            _ => {
                let observed = signed_difference(step, self.period.step_at(at));
                Ok(AcceptedStep { step, drift: drift.learn(observed) })
            }
        }
    }

    /// The step within `reach` of `around` whose code this is; the latest, should there be two.
    ///
    /// Costs one HMAC for each of the `2 * reach + 1` steps, whatever matches.
    #[must_use]
    pub fn step_of(&self, seed: &Seed, code: &Code, around: u64, reach: u64) -> Option<u64> {
        let keyed = self.keyed(seed);
        step_of(|steps| keyed.codes(steps), code, around, reach)
    }

    /// Finds the drift again by two consecutive codes, in a much wider window.
    ///
    /// Good if the second is the code of the step after the first, both within
    /// [`Drift::MAX_RESYNCHRONISED`] of now and later than the last accepted step. The returned
    /// step is the second's, so that neither code is good again.
    #[must_use]
    pub fn resynchronise(
        &self,
        seed: &Seed,
        first: &Code,
        second: &Code,
        at: UnixTime,
        last_accepted: Option<u64>,
    ) -> Option<AcceptedStep> {
        let now = self.period.step_at(at);
        let reach = u64::from(Drift::MAX_RESYNCHRONISED.unsigned_abs());
        let earliest = last_accepted.map_or(0, |last| last.saturating_add(1));
        let pairs = now.saturating_sub(reach).max(earliest)..now.saturating_add(reach);
        let keyed = self.keyed(seed);
        pairs.into_iter().find_map(|step| {
            let both = keyed.code(step).ct_eq(first) & keyed.code(step + 1).ct_eq(second);
            bool::from(both).then(|| AcceptedStep {
                step: step + 1,
                drift: Drift {
                    resynchronised: i32::try_from(signed_difference(step + 1, now))
                        .unwrap_or_default(),
                    learnt: 0,
                },
            })
        })
    }
}

impl Hotp {
    /// The counter whose code this is, from `next` on within the look-ahead window; `None` where
    /// there is none. A code below `next` is used or skipped, and never good.
    ///
    /// Never `u64::MAX`, so that one more than an accepted counter is always a counter.
    #[must_use]
    pub fn verify(
        &self,
        seed: &Seed,
        code: &Code,
        next: u64,
        look_ahead: LookAhead,
    ) -> Option<u64> {
        let end = next.saturating_add(u64::from(look_ahead.0) + 1);
        self.keyed(seed).counter_of(code, next..end)
    }

    /// Finds the counter again by two consecutive codes within [`Hotp::RESYNCHRONISE_WITHIN`]
    /// counters from `next`, RFC 4226 (section 7.4). Returns the counter of the second, which is
    /// never `u64::MAX`.
    #[must_use]
    pub fn resynchronise(
        &self,
        seed: &Seed,
        first: &Code,
        second: &Code,
        next: u64,
    ) -> Option<u64> {
        let end = next.saturating_add(Self::RESYNCHRONISE_WITHIN).min(u64::MAX - 1);
        let keyed = self.keyed(seed);
        (next..end).find_map(|counter| {
            let both = keyed.code(counter).ct_eq(first) & keyed.code(counter + 1).ct_eq(second);
            bool::from(both).then_some(counter + 1)
        })
    }

    /// How many counters ahead two consecutive codes are looked for.
    pub const RESYNCHRONISE_WITHIN: u64 = 1_000;
}

fn step_of(
    codes: impl Fn([u64; ABREAST]) -> [Code; ABREAST],
    code: &Code,
    around: u64,
    reach: u64,
) -> Option<u64> {
    let (first, last) = (around.saturating_sub(reach), around.saturating_add(reach));
    let mut found = subtle::Choice::from(0);
    let mut at = 0;
    for first in (first..=last).step_by(ABREAST) {
        let steps = abreast(first, last);
        for (step, made) in steps.iter().zip(codes(steps)) {
            let matches = made.ct_eq(code);
            at.conditional_assign(step, matches);
            found |= matches;
        }
    }
    bool::from(found).then_some(at)
}

/// `a - b`, for steps less than `i64::MAX` from each other.
const fn signed_difference(a: u64, b: u64) -> i64 {
    a.wrapping_sub(b).cast_signed()
}
