//! Why a wrong code is wrong: looked for only once it was refused, in a wider search.
//!
//! Each explanation is a hint to whoever guesses codes, so the search is only as wide as helps a
//! prescriber. Codes of the past are worth nothing and are looked for an hour back; codes of the
//! future will be good, and are looked for five minutes ahead.

use oath::{Code, Seed, UnixTime, Window};

use super::judging::Cause;
use crate::token::Token;

/// How many time steps back a code is looked for: an hour at 30 seconds.
const STEPS_BACK: u64 = 120;
/// How many time steps ahead: 5 minutes at 30 seconds.
const STEPS_AHEAD: u64 = 10;

/// The cause of a miss. `others` are the account's other tokens in use.
pub(crate) fn explain(
    token: &Token,
    seed: &Seed,
    code: &Code,
    now: UnixTime,
    others: &[(Token, Seed)],
) -> Cause {
    if let Some((other, _)) =
        others.iter().find(|(other, seed)| is_good_for(other, seed, code, now))
    {
        return Cause::OtherToken { name: other.name.clone() };
    }
    another_time(token, seed, code, now).unwrap_or(Cause::Wrong)
}

fn is_good_for(token: &Token, seed: &Seed, code: &Code, now: UnixTime) -> bool {
    token.totp.verify(seed, code, now, token.drift, None, Window::default()).is_ok()
}

fn another_time(token: &Token, seed: &Seed, code: &Code, now: UnixTime) -> Option<Cause> {
    let expected = token.totp.period.step_at(now).saturating_add_signed(token.drift.steps().into());
    let middle = (expected + STEPS_AHEAD).saturating_sub((STEPS_BACK + STEPS_AHEAD) / 2);
    let step = token.totp.step_of(seed, code, middle, (STEPS_BACK + STEPS_AHEAD) / 2)?;
    match token.last_accepted {
        Some(last) if step == last => Some(Cause::AlreadyUsed {
            seconds_ago: token.last_used.map_or(0, |used| now.since(used)),
        }),
        Some(last) if step < last => Some(Cause::Old),
        _ => {
            let seconds = i64::from(u32::from(token.totp.period));
            Some(Cause::ClockOff {
                seconds: step.cast_signed().wrapping_sub(expected.cast_signed()) * seconds,
            })
        }
    }
}
