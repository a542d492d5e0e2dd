//! Which PINs are refused.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking, in its helpers too"
)]

mod support;

use provisioning::PinPolicy;
use support::sample::pin;
use vault::{Error, Pin};

fn check(digits: &str) -> Result<(), Error> {
    pin(digits).check_new(PinPolicy::new(pin(digits).length()).unwrap())
}

#[test]
fn is_four_to_eight_ascii_digits() {
    for good in ["4826", "04826", "482604", "4826048", "48260481"] {
        assert_eq!(usize::from(pin(good).length()), good.len());
    }
    let long = "4".repeat(100_000);
    for bad in ["", "482", "482604815", "48 26", "48a6", "-482", "٤٨٢٦", "４８２６", &long]
    {
        assert_eq!(Pin::parse(bad).unwrap_err(), Error::PinDigits, "{bad:.20}");
    }
}

#[test]
fn has_the_length_that_the_issuer_asks_for() {
    let six = PinPolicy::new(6).unwrap();
    assert_eq!(pin("4826").check_new(six), Err(Error::PinLength { expected: 6 }));
    assert_eq!(pin("482604").check_new(six), Ok(()));
}

#[test]
fn is_not_one_that_thieves_try_first() {
    let trivial = [
        // One digit, runs up and down, on around the end of the row, and by twos.
        "0000", "9999", "1234", "4321", "0123", "3210", "7890", "8901", "2109", "2468", "1357",
        "55555", "123456", "98765432", // Repeated, in pairs, mirrored.
        "1212", "6969", "123123", "12121212", "12341234", "1122", "112233", "1221", "12344321",
        // Years, the keypad's lines, words.
        "1984", "2026", "2580", "0852", "147258", "159753", "5683", "1004", "0007", "1000",
    ];
    for digits in trivial {
        assert_eq!(check(digits), Err(Error::TrivialPin), "{digits}");
    }
}

/// The twenty most frequent of 3.4 million leaked four-digit PINs (DataGenetics, 2012): more than
/// every fourth person's.
#[test]
fn is_none_of_the_published_twenty() {
    let published = [
        "1234", "1111", "0000", "1212", "7777", "1004", "2000", "4444", "2222", "6969", "9999",
        "3333", "5555", "6666", "1122", "1313", "8888", "4321", "2001", "1010",
    ];
    for digits in published {
        assert_eq!(check(digits), Err(Error::TrivialPin), "{digits}");
    }
}

/// A blocklist that grew would make the rest easier to guess.
#[test]
fn leaves_most_pins_to_choose_from() {
    let left = (0..10_000).filter(|number| check(&format!("{number:04}")).is_ok()).count();
    assert_eq!(left, 9_553);
}

#[test]
fn is_not_told_by_debug() {
    assert_eq!(format!("{:?}", pin("4826")), "Pin(redacted)");
}
