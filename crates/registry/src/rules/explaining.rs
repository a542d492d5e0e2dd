//! Why a wrong code is wrong: looked for only once it was refused, in a wider search.
//!
//! Each explanation is a hint to whoever guesses codes: one that says that a code is or will be good
//! somewhere is a guess confirmed. So a code of the past, which is worth nothing, is looked for an
//! hour back by everybody; beyond that
//!
//! | purpose | codes of the coming five minutes, or hundred presses | codes of the account's other tokens |
//! | --- | --- | --- |
//! | signing, also at a test prescription, association: each wrong code is charged | told | told |
//! | sign-in: charged, but whoever types may hold the passphrase only | not told | not told |
//! | test: not charged | not told | told, and used up in the same commit |
//!
//! A code of another time is a near miss, which is counted where wrong codes are charged. From the
//! second one on, and where a button was pressed too often, the refusal offers to resynchronise: long
//! before ten wrong codes lock the token.

use oath::{Code, Refusal, Seed, Totp, UnixTime};

use super::judging::{Cause, Judgement, Off, Purpose, Verdict, check_judgeable, judge};
use crate::{
    otp::{Otp, next_counter},
    token::{Token, TokenRecord},
};

/// How many time steps back a code is looked for: an hour at 30 seconds.
const STEPS_BACK: u64 = 120;
/// How many time steps ahead: 5 minutes at 30 seconds.
const STEPS_AHEAD: u64 = 10;
/// How many presses of a button ahead.
const PRESSES_AHEAD: u64 = 100;
/// From which near miss on a resynchronisation is offered.
const NEAR_MISSES_TO_RESYNCHRONISE: u32 = 2;

/// Why a code missed, and what follows for another token from telling it.
pub(crate) struct Explanation {
    pub(crate) cause: Cause,
    /// The other token that the code is from, with the code used up.
    pub(crate) used_up: Option<TokenRecord>,
}

impl From<Cause> for Explanation {
    fn from(cause: Cause) -> Self {
        Self { cause, used_up: None }
    }
}

/// The explanation of a miss. `others` are the account's other tokens in use.
pub(crate) fn explain(
    token: &Token,
    seed: &Seed,
    code: &Code,
    purpose: Purpose,
    now: UnixTime,
    others: &[(TokenRecord, Seed)],
) -> Explanation {
    let charged = matches!(purpose, Purpose::Signing | Purpose::SigningTest | Purpose::Association);
    let cause = || match token.otp {
        Otp::Hotp(_) if !charged => None,
        Otp::Hotp(hotp) => {
            let next = next_counter(token.last_accepted);
            let ahead = next..next.saturating_add(PRESSES_AHEAD);
            let found = hotp.keyed(seed).counter_of(code, ahead);
            found.map(|counter| Cause::OutOfStep { by: Off::Presses(counter - next) })
        }
        Otp::Totp(_) | Otp::TotpOfUnknownStep(_) => {
            let ahead = if charged { STEPS_AHEAD } else { 0 };
            another_time(token, seed, code, ahead, now)
        }
    };
    others
        .iter()
        .find_map(|(other, seed)| match purpose {
            Purpose::Test => use_up(other, seed, code, now),
            _ if charged && is_good_for(&other.token, seed, code, now) => {
                Some(other_token(other).into())
            }
            _ => None,
        })
        .unwrap_or_else(|| cause().unwrap_or(Cause::Wrong).into())
}

/// Counts a near miss, if it is one; the cause then, with the offer where there is one to make.
pub(crate) fn counted(cause: Cause, token: &mut Token, purpose: Purpose) -> Cause {
    let near = matches!(cause, Cause::ClockOff { .. } | Cause::OutOfStep { .. });
    if near && purpose != Purpose::Test {
        token.near_misses = token.near_misses.saturating_add(1);
    }
    match cause {
        Cause::ClockOff { seconds } if token.near_misses >= NEAR_MISSES_TO_RESYNCHRONISE => {
            Cause::OutOfStep { by: Off::Seconds(seconds) }
        }
        cause => cause,
    }
}

fn other_token(other: &TokenRecord) -> Cause {
    Cause::OtherToken { name: other.token.name.clone() }
}

fn is_good_for(token: &Token, seed: &Seed, code: &Code, now: UnixTime) -> bool {
    let judged = token.otp.judge(seed, code, now, token.drift, token.last_accepted);
    !matches!(judged, Err(Refusal::Wrong))
}

/// Judges the code as a test of the other token: where it is told, it is good no more.
fn use_up(other: &TokenRecord, seed: &Seed, code: &Code, now: UnixTime) -> Option<Explanation> {
    check_judgeable(&other.token, Purpose::Test, now).ok()?;
    let Judgement { token, verdict } = judge(&other.token, seed, code.into(), Purpose::Test, now);
    let used_up = match verdict {
        Verdict::Accepted => Some(TokenRecord { token, ..other.clone() }),
        Verdict::Refused(_) => None,
        Verdict::Miss { .. } => return None,
    };
    Some(Explanation { cause: other_token(other), used_up })
}

fn another_time(
    token: &Token,
    seed: &Seed,
    code: &Code,
    ahead: u64,
    now: UnixTime,
) -> Option<Cause> {
    token.otp.by_time().iter().find_map(|totp| at_another_time(token, totp, seed, code, ahead, now))
}

fn at_another_time(
    token: &Token,
    totp: &Totp,
    seed: &Seed,
    code: &Code,
    ahead: u64,
    now: UnixTime,
) -> Option<Cause> {
    let expected = totp.period.step_at(now).saturating_add_signed(token.drift.steps().into());
    let reach = (STEPS_BACK + ahead) / 2;
    let step = totp.step_of(seed, code, (expected + ahead).saturating_sub(reach), reach)?;
    match token.last_accepted {
        Some(last) if step == last => Some(Cause::AlreadyUsed {
            seconds_ago: token.last_used.map_or(0, |used| now.since(used)),
        }),
        Some(last) if step < last => Some(Cause::Old),
        _ => {
            let seconds = i64::from(u32::from(totp.period));
            Some(Cause::ClockOff {
                seconds: step.cast_signed().wrapping_sub(expected.cast_signed()) * seconds,
            })
        }
    }
}
