//! Judging a security code: accepted, or refused for a cause.
//!
//! A code is good if it is the code of the time step that is expected of this token (our time and
//! its learnt drift), of the step before or of the step after, and that step is later than the last
//! accepted one; or, where a button makes the codes, of one of the eleven counters after the last
//! accepted one. What was decided is stored on the condition that nobody stored anything for this
//! token meanwhile; only then is it told. So no code is good twice, and no wrong code goes uncounted.

use core::fmt;

use oath::{Challenge, Code, Drift, Refusal, Seed, UnixTime};
use provisioning::Label;

use super::{
    lock::{EXPLAINED_REHEARSALS, Lock, REHEARSAL_WINDOW, lock_at},
    token_states::{TokenEvent, apply},
};
use crate::{
    event::{Actor, words},
    otp::Good,
    token::{Token, TokenState},
};

/// What a code is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// Trying the token: uses up the code, signs nothing, counts and locks nothing.
    Test,
    /// The second factor of a sign-in.
    SignIn,
    /// Signing a prescription.
    Signing,
    /// Going through a signing that signs nothing: judged, counted and locked as at signing.
    SigningTest,
    /// Associating the token with an account.
    Association,
    /// Finding the token's step or counter again.
    Resynchronisation,
}

words!(Purpose {
    Test = "test",
    SignIn = "sign-in",
    Signing = "signing",
    SigningTest = "signing-test",
    Association = "association",
    Resynchronisation = "resynchronisation",
});

/// What was typed: a code, or two that follow each other, or a code for one prescription.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Typed<'a> {
    pub(crate) code: &'a Code,
    pub(crate) next: Option<&'a Code>,
    /// What the code has to be bound to.
    pub(crate) challenge: Option<Challenge>,
}

impl<'a> From<&'a Code> for Typed<'a> {
    fn from(code: &'a Code) -> Self {
        Self { code, next: None, challenge: None }
    }
}

/// Why a code was refused, for the prescriber's own session and the help desk; never for a stranger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cause {
    /// It was accepted before.
    AlreadyUsed {
        /// How many seconds ago.
        seconds_ago: u64,
    },
    /// It is older than the last accepted one.
    Old,
    /// It is no code of this token that could be good now.
    Wrong,
    /// It is a code of this token, but of another time; of the future only where it is charged.
    ClockOff {
        /// By how many seconds the token seems to be ahead (positive) or behind (negative).
        seconds: i64,
    },
    /// It is a code of this token, but once more of another time, or of a press of the button too far
    /// ahead: the token is to be resynchronised.
    OutOfStep {
        /// How far it is off.
        by: Off,
    },
    /// Of two codes, the second is not the one that follows the first, or one of them was used.
    NotConsecutive,
    /// It is a good code of another token of the same account; at a test, it was until now.
    OtherToken {
        /// What the prescriber calls that one.
        name: Label,
    },
    /// The token is locked; the code was not judged.
    Locked {
        /// When the lock ends by itself; `None` if only the help desk ends it.
        until: Option<UnixTime>,
        /// How many seconds that is from now.
        seconds_left: u64,
    },
    /// The token's codes do not count; the code was not judged.
    NotActive {
        /// What the token is instead.
        state: TokenState,
    },
}

/// How far a token is off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Off {
    /// So many seconds ahead (positive) or behind (negative).
    Seconds(i64),
    /// So many presses of its button ahead.
    Presses(u64),
}

impl Cause {
    /// The word for programs: `already-used`, `old`, `wrong`, `clock-off`, `out-of-step`,
    /// `not-consecutive`, `other-token`, `locked` or `not-active`.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::AlreadyUsed { .. } => "already-used",
            Self::Old => "old",
            Self::Wrong => "wrong",
            Self::ClockOff { .. } => "clock-off",
            Self::OutOfStep { .. } => "out-of-step",
            Self::NotConsecutive => "not-consecutive",
            Self::OtherToken { .. } => "other-token",
            Self::Locked { .. } => "locked",
            Self::NotActive { .. } => "not-active",
        }
    }
}

impl core::error::Error for Cause {}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AlreadyUsed { seconds_ago } => write!(
                f,
                "this code was already used {} ago: wait for the next one, then type that",
                Span(*seconds_ago)
            ),
            Self::Old => f.write_str(
                "this code is older than the last one you used: type the one that the token shows now",
            ),
            Self::Wrong => f.write_str(
                "this code is not right: check that it is the token you chose, and type the code that it shows now",
            ),
            Self::ClockOff { seconds } if *seconds < 0 => write!(
                f,
                "this code is {} old: type the one that the token shows now; if that is refused too, its clock is slow: set your phone's date and time to automatic",
                Span(seconds.unsigned_abs())
            ),
            Self::ClockOff { seconds } => write!(
                f,
                "this token's clock is {} fast: set your phone's date and time to automatic, then type the code that it shows",
                Span(seconds.unsigned_abs())
            ),
            Self::OutOfStep { by: Off::Seconds(seconds) } => write!(
                f,
                "this token's clock is {} {}, and this is not the first code that shows it: resynchronise it with two codes in a row, or ask the help desk to",
                Span(seconds.unsigned_abs()),
                if *seconds < 0 { "slow" } else { "fast" }
            ),
            Self::OutOfStep { by: Off::Presses(presses) } => write!(
                f,
                "this token is {presses} presses of its button ahead of what we know: resynchronise it with two codes in a row, or ask the help desk to"
            ),
            Self::NotConsecutive => f.write_str(
                "these are not two codes of this token that follow each other: check that it is the token you chose, get a new code and type it, then the very next one",
            ),
            Self::OtherToken { name } => write!(
                f,
                "this code is from your other token, \"{name}\": choose that one and type its next code, or type the code of the one you chose"
            ),
            Self::Locked { until: Some(_), seconds_left } => write!(
                f,
                "this token is locked after too many wrong codes: it unlocks by itself in {}; trying meanwhile changes nothing, and the help desk can unlock it sooner",
                Span(*seconds_left)
            ),
            Self::Locked { until: None, .. } => f.write_str(
                "this token is locked after too many wrong codes: call the help desk, who can unlock it",
            ),
            Self::NotActive { state: TokenState::Suspended } => f.write_str(
                "this token was reported lost: if you have found it, say so, or use another token",
            ),
            Self::NotActive { state: TokenState::Deactivated } => f.write_str(
                "this token is deactivated and stays so: use another token, or add a new one",
            ),
            Self::NotActive { state: TokenState::PendingSync } => f.write_str(
                "this token waits for the e-prescribing network to know it, which takes up to an hour: sign with another token meanwhile, and see Manage Tokens for how far it is",
            ),
            Self::NotActive { state } => {
                write!(f, "this token is {state}, not active: add it to your account first")
            }
        }
    }
}

/// A span of time in a person's words.
struct Span(u64);

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            seconds @ 0..=119 => write!(f, "{seconds} s"),
            seconds @ 120..=7_199 => write!(f, "{} minutes", seconds.div_ceil(60)),
            seconds => write!(f, "{} hours", seconds.div_ceil(3_600)),
        }
    }
}

/// What judging a code comes to, before its refusal is explained.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Good.
    Accepted,
    /// Refused, and there is nothing to find out about it.
    Refused(Cause),
    /// No code of the window. Where `explain` is set, the cause may be looked for further.
    Miss { explain: bool },
}

/// A verdict, and the token as it is after it.
#[derive(Debug, Clone)]
pub(crate) struct Judgement {
    pub(crate) token: Token,
    pub(crate) verdict: Verdict,
}

/// Refuses a code whose token is not to be judged at all.
pub(crate) fn check_judgeable(token: &Token, purpose: Purpose, now: UnixTime) -> Result<(), Cause> {
    let token = token.at(now);
    let right_state = match (purpose, token.state) {
        (_, TokenState::Locked) => true,
        (Purpose::Association, state) => state == TokenState::Provisioned,
        (Purpose::Signing | Purpose::SigningTest, state) => state == TokenState::Active,
        (Purpose::Test | Purpose::SignIn | Purpose::Resynchronisation, state) => {
            matches!(state, TokenState::Active | TokenState::PendingSync)
        }
    };
    if !right_state {
        return Err(Cause::NotActive { state: token.state });
    }
    match token.lock {
        Some(Lock::Until(until)) => {
            Err(Cause::Locked { until: Some(until), seconds_left: until.since(now) })
        }
        Some(Lock::UntilUnlocked) => Err(Cause::Locked { until: None, seconds_left: 0 }),
        None => Ok(()),
    }
}

/// Judges a code of a token that may be judged.
pub(crate) fn judge(
    token: &Token,
    seed: &Seed,
    typed: Typed<'_>,
    purpose: Purpose,
    now: UnixTime,
) -> Judgement {
    let mut token = token.at(now);
    let Typed { code, next, challenge } = typed;
    let judged = match (next, challenge) {
        (Some(next), _) => token
            .otp
            .resynchronise(seed, (code, next), now, token.last_accepted)
            .filter(|good| purpose != Purpose::SignIn || !is_long_ago(&token, good, now))
            .ok_or(Refusal::Wrong),
        (None, Some(challenge)) => {
            token.otp.judge_bound(seed, challenge, code, now, token.drift, token.last_accepted)
        }
        (None, None) => token.otp.judge(seed, code, now, token.drift, token.last_accepted),
    };
    let verdict = match judged {
        Ok(good) => {
            token.otp = good.otp;
            token.last_accepted = Some(good.accepted);
            token.drift = good.drift;
            token.last_used = Some(now);
            if purpose != Purpose::Test {
                token.failures = 0;
                token.near_misses = 0;
            }
            Verdict::Accepted
        }
        Err(Refusal::AlreadyUsed { .. }) => Verdict::Refused(Cause::AlreadyUsed {
            seconds_ago: token.last_used.map_or(0, |used| now.since(used)),
        }),
        Err(Refusal::Old { .. }) => Verdict::Refused(Cause::Old),
        Err(Refusal::Wrong) => miss(&mut token, purpose, now),
    };
    Judgement { token, verdict }
}

/// Whether two codes are of farther back than a clock goes slow by itself. Whoever noted them and has
/// the token no more is not to sign in by them; the owner's fresh session and the help desk reach an
/// hour back. A code of the future cannot have been noted.
fn is_long_ago(token: &Token, good: &Good, now: UnixTime) -> bool {
    good.otp.period().is_some_and(|period| {
        let expected = period.step_at(now).saturating_add_signed(token.drift.steps().into());
        let first = good.accepted.saturating_sub(1);
        first.saturating_add(u64::from(Drift::MAX_LEARNT.unsigned_abs())) < expected
    })
}

fn miss(token: &mut Token, purpose: Purpose, now: UnixTime) -> Verdict {
    if purpose == Purpose::Test {
        return rehearsed_miss(token, now);
    }
    token.failures = token.failures.saturating_add(1);
    if let Some(lock) = lock_at(token.failures, now) {
        if let Ok(after) = apply(token, TokenEvent::TooManyFailures, &Actor::System, now) {
            *token = after;
        }
        token.lock = Some(lock);
    }
    Verdict::Miss { explain: true }
}

fn rehearsed_miss(token: &mut Token, now: UnixTime) -> Verdict {
    let began = token.rehearsing_since.filter(|since| now.since(*since) < REHEARSAL_WINDOW);
    if began.is_none() {
        token.rehearsing_since = Some(now);
        token.rehearsal_misses = 0;
    }
    // One beyond the limit says all that there is to know: it is not written again and again.
    token.rehearsal_misses = token.rehearsal_misses.saturating_add(1).min(EXPLAINED_REHEARSALS + 1);
    Verdict::Miss { explain: token.rehearsal_misses <= EXPLAINED_REHEARSALS }
}
