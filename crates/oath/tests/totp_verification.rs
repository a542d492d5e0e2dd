//! Judging time-based codes: window, drift, replay, resynchronisation, and the ends of time.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking, in its helpers too"
)]

use oath::{
    Code, Digits, Drift, Period, Refusal, Seed, Totp, UnixTime, Window, verify::AcceptedStep,
};
use proptest::prelude::*;

const NOW: UnixTime = UnixTime(1_790_000_015);

#[test]
fn the_window_is_one_step_either_way() {
    let token = Token::new(Period::SECONDS_30);
    let now = token.step_at(NOW);
    for offset in -3..=3 {
        let step = now.saturating_add_signed(offset);
        let verdict = token.verify(&token.code(step), NOW, Drift::default(), None);
        if offset.abs() <= 1 {
            assert_eq!(verdict.unwrap().step, step);
        } else {
            assert_eq!(verdict, Err(Refusal::Wrong), "offset {offset}");
        }
    }
}

#[test]
fn the_window_is_as_wide_as_it_is_said_to_be() {
    let token = Token::new(Period::SECONDS_60);
    let now = token.step_at(NOW);
    for reach in 0_u8..=4 {
        for offset in -6_i64..=6 {
            let code = token.code(now.saturating_add_signed(offset));
            let verdict =
                token.totp.verify(&token.seed, &code, NOW, Drift::default(), None, Window(reach));
            assert_eq!(verdict.is_ok(), offset.unsigned_abs() <= u64::from(reach));
        }
    }
}

#[test]
fn the_window_follows_the_drift() {
    let token = Token::new(Period::SECONDS_30);
    let now = token.step_at(NOW);
    for drift in [-130, -9, 7, 130] {
        let parts = if i32::abs(drift) > 10 { (drift / 13 * 12, drift / 13) } else { (0, drift) };
        let drifted = Drift::from_parts(parts.0, parts.1);
        assert_eq!(drifted.steps(), drift);
        for offset in -2..=2 {
            let step = now.saturating_add_signed(i64::from(drift) + offset);
            let verdict = token.verify(&token.code(step), NOW, drifted, None);
            assert_eq!(verdict.is_ok(), offset.abs() <= 1, "drift {drift}, offset {offset}");
        }
        assert_eq!(
            token.verify(&token.code(now), NOW, drifted, None).is_ok(),
            drift.abs() <= 1,
            "the undrifted code"
        );
    }
}

#[test]
fn an_accepted_code_teaches_the_drift() {
    let token = Token::new(Period::SECONDS_30);
    let now = token.step_at(NOW);
    let first = token.verify(&token.code(now + 1), NOW, Drift::default(), None).unwrap();
    assert_eq!(first.drift.parts(), (0, 1));
    let later = NOW.plus(300);
    let next = token.code(token.step_at(later) + 2);
    let second = token.verify(&next, later, first.drift, Some(first.step)).unwrap();
    assert_eq!(second.drift.parts(), (0, 2));
}

#[test]
fn a_code_is_good_once() {
    let token = Token::new(Period::SECONDS_30);
    let now = token.step_at(NOW);
    let code = token.code(now);
    let accepted = token.verify(&code, NOW, Drift::default(), None).unwrap();
    for seconds in [0, 1, 29, 30] {
        assert_eq!(
            token.verify(&code, NOW.plus(seconds), accepted.drift, Some(accepted.step)),
            Err(Refusal::AlreadyUsed { step: now })
        );
    }
}

#[test]
fn a_code_older_than_the_last_accepted_is_old() {
    let token = Token::new(Period::SECONDS_30);
    let now = token.step_at(NOW);
    let verdict = token.verify(&token.code(now - 1), NOW, Drift::default(), Some(now));
    assert_eq!(verdict, Err(Refusal::Old { step: now - 1 }));
    let verdict = token.verify(&token.code(now + 1), NOW, Drift::default(), Some(now));
    assert_eq!(verdict.unwrap().step, now + 1);
}

#[test]
fn a_code_of_another_length_or_another_seed_is_wrong() {
    let token = Token::new(Period::SECONDS_30);
    let now = token.step_at(NOW);
    let eight = Totp { digits: Digits::Eight, ..token.totp }.code_of_step(&token.seed, now);
    assert_eq!(token.verify(&eight, NOW, Drift::default(), None), Err(Refusal::Wrong));
    let padded = format!("00{}", token.code(now).expose_digits()).parse().unwrap();
    assert_eq!(token.verify(&padded, NOW, Drift::default(), None), Err(Refusal::Wrong));
    let other = Seed::from_bytes(vec![7; 20].into()).unwrap();
    let foreign = token.totp.code_of_step(&other, now);
    assert_eq!(token.verify(&foreign, NOW, Drift::default(), None), Err(Refusal::Wrong));
}

#[test]
fn of_two_steps_with_one_code_the_later_counts() {
    let token = Token::new(Period::SECONDS_30);
    let (earlier, later) = token.two_steps_with_one_code();
    let reach = later - earlier;
    let found = token.totp.step_of(&token.seed, &token.code(earlier), later, reach);
    assert_eq!(found, Some(later));
}

#[test]
fn of_every_reach_the_steps_within_it_are_found_and_no_others() {
    let token = Token::new(Period::SECONDS_30);
    let last = u64::MAX;
    for around in [0, 1, 2, 3, 1_000, last - 3, last - 2, last - 1, last] {
        for reach in 0..8 {
            let within = |reach: u64| around.saturating_sub(reach)..=around.saturating_add(reach);
            for step in within(10) {
                let found = token.totp.step_of(&token.seed, &token.code(step), around, reach);
                let expected = within(reach).contains(&step).then_some(step);
                assert_eq!(found, expected, "step {step} around {around}, reach {reach}");
            }
        }
    }
}

#[test]
fn the_first_steps_do_not_underflow() {
    let token = Token::new(Period::SECONDS_30);
    for at in [0, 1, 29, 30, 59] {
        let slow = Drift::from_parts(-Drift::MAX_RESYNCHRONISED, -Drift::MAX_LEARNT);
        let accepted = token.verify(&token.code(0), UnixTime(at), slow, None).unwrap();
        assert_eq!(accepted.step, 0);
        assert_eq!(
            token.verify(&token.code(2), UnixTime(at), slow, None),
            Err(Refusal::Wrong),
            "the window is around step 0"
        );
        let (first, second) = (token.code(0), token.code(1));
        let found =
            token.totp.resynchronise(&token.seed, &first, &second, UnixTime(at), None).unwrap();
        assert_eq!(found.step, 1);
    }
}

#[test]
fn the_last_instants_do_not_overflow() {
    for period in [Period::SECONDS_30, Period::SECONDS_60] {
        let token = Token::new(period);
        for at in [u64::MAX, u64::MAX - 1, i64::MAX.cast_unsigned()].map(UnixTime) {
            let now = token.step_at(at);
            let fast = Drift::from_parts(Drift::MAX_RESYNCHRONISED, Drift::MAX_LEARNT);
            let step = now + 130;
            assert_eq!(token.verify(&token.code(step), at, fast, Some(now)).unwrap().step, step);
            let (first, second) = (token.code(now + 119), token.code(now + 120));
            let found = token.totp.resynchronise(&token.seed, &first, &second, at, Some(now));
            assert_eq!(found.unwrap().step, now + 120);
            assert!(
                token
                    .totp
                    .resynchronise(&token.seed, &first, &second, at, Some(u64::MAX))
                    .is_none()
            );
        }
        assert_eq!(
            token.totp.step_of(&token.seed, &token.code(u64::MAX), u64::MAX, 3),
            Some(u64::MAX)
        );
        assert_eq!(period.start_of(u64::MAX), UnixTime(u64::MAX));
        assert_eq!(UnixTime(u64::MAX).plus(1), UnixTime(u64::MAX));
        assert_eq!(UnixTime(3).since(UnixTime(u64::MAX)), 0);
    }
}

#[test]
fn two_consecutive_codes_resynchronise_up_to_an_hour_away() {
    let token = Token::new(Period::SECONDS_30);
    let now = token.step_at(NOW);
    for offset in [-121, -120, -119, -60, -2, -1, 0, 1, 60, 118, 119, 120] {
        let step = now.saturating_add_signed(offset);
        let found = token.resynchronise(step, step + 1, None);
        if (-120..=119).contains(&offset) {
            let found = found.unwrap();
            assert_eq!(found.step, step + 1);
            assert_eq!(i64::from(found.drift.steps()), offset + 1);
            let (later, next) = (NOW.plus(30), token.code(step + 2));
            let verdict = token.verify(&next, later, found.drift, Some(found.step));
            assert_eq!(verdict.unwrap().step, step + 2, "the next code is good");
        } else {
            assert!(found.is_none(), "offset {offset}");
        }
    }
}

#[test]
fn codes_that_are_not_consecutive_do_not_resynchronise() {
    let token = Token::new(Period::SECONDS_30);
    let now = token.step_at(NOW);
    for (first, second) in [(now, now), (now, now + 2), (now + 1, now), (now - 1, now + 1)] {
        assert!(token.resynchronise(first, second, None).is_none());
    }
}

#[test]
fn used_codes_do_not_resynchronise() {
    let token = Token::new(Period::SECONDS_30);
    let now = token.step_at(NOW);
    assert!(token.resynchronise(now - 5, now - 4, Some(now)).is_none());
    assert!(token.resynchronise(now - 1, now, Some(now)).is_none(), "the second was used");
    assert!(token.resynchronise(now, now + 1, Some(now)).is_none(), "the first was used");
    let found = token.resynchronise(now + 1, now + 2, Some(now)).unwrap();
    assert_eq!(found.step, now + 2);
    assert!(token.resynchronise(now + 1, now + 2, Some(found.step)).is_none(), "twice");
}

#[test]
fn a_drift_out_of_range_is_brought_into_range() {
    assert_eq!(Drift::from_parts(i32::MAX, i32::MIN).parts(), (120, -10));
    let stored = r#"{"resynchronised":2147483647,"learnt":2147483647}"#;
    let read: Drift = serde_json::from_str(stored).unwrap();
    assert_eq!(read.steps(), 130);
    let written = serde_json::to_string(&Drift::from_parts(-3, 2)).unwrap();
    assert_eq!(serde_json::from_str::<Drift>(&written).unwrap().parts(), (-3, 2));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// Somebody with the seed picks, again and again, whichever step drags the drift furthest.
    #[test]
    fn accepted_codes_never_walk_the_drift_away(
        base in -Drift::MAX_RESYNCHRONISED..=Drift::MAX_RESYNCHRONISED,
        pulls in proptest::collection::vec((-1_i64..=1, 1_u64..=4), 1..80),
        ahead in any::<bool>(),
    ) {
        let token = Token::new(Period::SECONDS_30);
        let mut drift = Drift::from_parts(base, 0);
        let (mut at, mut last) = (NOW, None);
        for (pull, steps) in pulls {
            at = at.plus(30 * steps);
            let pull = if ahead { pull.abs() } else { -pull.abs() };
            let step = token.step_at(at).saturating_add_signed(i64::from(drift.steps()) + pull);
            if let Ok(accepted) = token.verify(&token.code(step), at, drift, last) {
                prop_assert!(last.is_none_or(|last| accepted.step > last));
                drift = accepted.drift;
                last = Some(accepted.step);
            }
            prop_assert_eq!(drift.parts().0, base);
            prop_assert!(drift.parts().1.abs() <= Drift::MAX_LEARNT);
        }
    }

    #[test]
    fn whatever_is_accepted_is_in_the_window_and_new(
        at in any::<u64>(),
        resynchronised in any::<i32>(),
        learnt in any::<i32>(),
        offset in -5_i64..=5,
        last in proptest::option::of(-5_i64..=5),
    ) {
        let mut token = Token::new(Period::SECONDS_30);
        // With six, two steps would share a code in one run of a thousand.
        token.totp.digits = Digits::Eight;
        let drift = Drift::from_parts(resynchronised, learnt);
        let expected =
            token.step_at(UnixTime(at)).saturating_add_signed(i64::from(drift.steps()));
        let step = expected.saturating_add_signed(offset);
        let last = last.map(|last| expected.saturating_add_signed(last));
        let verdict = token.verify(&token.code(step), UnixTime(at), drift, last);
        let in_window = step.abs_diff(expected) <= 1;
        prop_assert_eq!(verdict.is_ok(), in_window && last.is_none_or(|last| step > last));
        prop_assert_eq!(verdict == Err(Refusal::Wrong), !in_window);
    }
}

#[test]
fn the_drift_does_reach_its_bound() {
    let token = Token::new(Period::SECONDS_30);
    let (mut drift, mut at, mut last) = (Drift::default(), NOW, None);
    for _ in 0..40 {
        at = at.plus(30);
        let ahead = token.step_at(at).saturating_add_signed(i64::from(drift.steps()) + 1);
        let accepted = token.verify(&token.code(ahead), at, drift, last).unwrap();
        (drift, last) = (accepted.drift, Some(accepted.step));
    }
    assert_eq!(drift.parts(), (0, Drift::MAX_LEARNT));
}

/// A token whose clock the tests set.
struct Token {
    seed: Seed,
    totp: Totp,
}

impl Token {
    fn new(period: Period) -> Self {
        let seed = Seed::from_bytes(b"12345678901234567890".to_vec().into()).unwrap();
        Self { seed, totp: Totp { period, ..Totp::default() } }
    }

    fn step_at(&self, at: UnixTime) -> u64 {
        self.totp.period.step_at(at)
    }

    fn code(&self, step: u64) -> Code {
        self.totp.code_of_step(&self.seed, step)
    }

    fn verify(
        &self,
        code: &Code,
        at: UnixTime,
        drift: Drift,
        last: Option<u64>,
    ) -> Result<AcceptedStep, Refusal> {
        self.totp.verify(&self.seed, code, at, drift, last, Window::default())
    }

    fn resynchronise(&self, first: u64, second: u64, last: Option<u64>) -> Option<AcceptedStep> {
        let (first, second) = (self.code(first), self.code(second));
        self.totp.resynchronise(&self.seed, &first, &second, NOW, last)
    }

    fn two_steps_with_one_code(&self) -> (u64, u64) {
        let mut seen = std::collections::HashMap::new();
        (0..4_096)
            .find_map(|step| {
                let earlier = seen.insert(self.code(step).expose_digits(), step)?;
                Some((earlier, step))
            })
            .expect("six digits repeat within 4,096 steps")
    }
}
