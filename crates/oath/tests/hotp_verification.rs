//! Judging counter-based codes: look-ahead window and resynchronisation.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers too")]

use oath::{Code, Hotp, LookAhead, Seed};

const NEXT: u64 = 500;

#[test]
fn the_look_ahead_window_is_the_next_counter_and_ten_more() {
    let token = Token::new();
    for counter in NEXT - 3..NEXT + 15 {
        let found = token.verify(&token.code(counter), NEXT);
        let expected = (NEXT..=NEXT + 10).contains(&counter).then_some(counter);
        assert_eq!(found, expected, "counter {counter}");
    }
}

#[test]
fn the_look_ahead_window_ends_before_the_last_counter_of_all() {
    let token = Token::new();
    for next in u64::MAX - 14..=u64::MAX {
        for counter in u64::MAX - 17..=u64::MAX {
            let end = next.saturating_add(11);
            let expected = (next..end).contains(&counter).then_some(counter);
            let found = token.verify(&token.code(counter), next);
            assert_eq!(found, expected, "counter {counter}, next {next}");
        }
    }
}

#[test]
fn a_code_is_good_once() {
    let token = Token::new();
    let code = token.code(NEXT + 2);
    let accepted = token.verify(&code, NEXT).unwrap();
    assert_eq!(token.verify(&code, accepted + 1), None);
    assert_eq!(token.verify(&token.code(NEXT), accepted + 1), None, "skipped ones are gone");
}

#[test]
fn two_consecutive_codes_resynchronise_within_a_thousand_counters() {
    let token = Token::new();
    for ahead in [0, 1, 11, 998, 999] {
        assert_eq!(token.resynchronise(NEXT + ahead, NEXT + ahead + 1), Some(NEXT + ahead + 1));
    }
    assert_eq!(token.resynchronise(NEXT + 1_000, NEXT + 1_001), None);
    assert_eq!(token.resynchronise(NEXT - 1, NEXT), None, "the first was used");
    assert_eq!(token.resynchronise(NEXT - 5, NEXT - 4), None);
    assert_eq!(token.resynchronise(NEXT, NEXT), None);
    assert_eq!(token.resynchronise(NEXT, NEXT + 2), None);
    assert_eq!(token.resynchronise(NEXT + 1, NEXT), None);
}

#[test]
fn the_first_counter_is_good() {
    let token = Token::new();
    assert_eq!(token.verify(&token.code(0), 0), Some(0));
}

#[test]
fn the_last_counter_is_never_accepted() {
    let token = Token::new();
    let last = u64::MAX;
    assert_eq!(token.verify(&token.code(last - 1), last - 3), Some(last - 1));
    assert_eq!(token.verify(&token.code(last), last - 3), None);
    assert_eq!(token.verify(&token.code(last), last), None);
    let (first, second) = (token.code(last - 2), token.code(last - 1));
    let found = token.hotp.resynchronise(&token.seed, &first, &second, last - 9);
    assert_eq!(found, Some(last - 1));
    let (first, second) = (token.code(last - 1), token.code(last));
    assert_eq!(token.hotp.resynchronise(&token.seed, &first, &second, last - 9), None);
    assert_eq!(token.hotp.resynchronise(&token.seed, &second, &second, last), None);
}

struct Token {
    seed: Seed,
    hotp: Hotp,
}

impl Token {
    fn new() -> Self {
        let seed = Seed::from_bytes(b"12345678901234567890".to_vec().into()).unwrap();
        Self { seed, hotp: Hotp::default() }
    }

    fn code(&self, counter: u64) -> Code {
        self.hotp.code(&self.seed, counter)
    }

    fn verify(&self, code: &Code, next: u64) -> Option<u64> {
        self.hotp.verify(&self.seed, code, next, LookAhead::default())
    }

    fn resynchronise(&self, first: u64, second: u64) -> Option<u64> {
        self.hotp.resynchronise(&self.seed, &self.code(first), &self.code(second), NEXT)
    }
}
