//! The PIN, and which PINs are refused.

use core::fmt;

use provisioning::PinPolicy;
use zeroize::Zeroizing;

use crate::Error;

/// A PIN of 4 to 8 digits.
///
/// Zeroised on drop, neither `Clone` nor `Serialize`, redacted in `Debug`. It is never compared:
/// it only opens the vault key, or does not.
pub struct Pin(Zeroizing<Vec<u8>>);

impl Pin {
    /// Takes a PIN as it was typed: ASCII digits and nothing else.
    ///
    /// # Errors
    /// [`Error::PinDigits`].
    pub fn parse(text: &str) -> Result<Self, Error> {
        let digits = text.as_bytes();
        if (4..=8).contains(&digits.len()) && digits.iter().all(u8::is_ascii_digit) {
            Ok(Self(Zeroizing::new(digits.to_vec())))
        } else {
            Err(Error::PinDigits)
        }
    }

    /// How many digits it has.
    #[must_use]
    pub fn length(&self) -> u8 {
        // At most 8, so nothing is cut off.
        self.0.len() as u8
    }

    /// Refuses a PIN that must not be chosen anew.
    ///
    /// # Errors
    /// [`Error::PinLength`] if the policy asks for another length, [`Error::TrivialPin`].
    pub fn check_new(&self, policy: PinPolicy) -> Result<(), Error> {
        if self.length() != policy.length() {
            Err(Error::PinLength { expected: policy.length() })
        } else if is_trivial(&self.0) {
            Err(Error::TrivialPin)
        } else {
            Ok(())
        }
    }

    /// The digits in ASCII, for the key derivation.
    pub(crate) fn expose_digits(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pin(redacted)")
    }
}

/// SP 800-63B-4 (section 3.1.1.2) asks for a blocklist of what is commonly used, expected or
/// compromised; ten tries against a list of the favourites would otherwise open one in four
/// phones.
fn is_trivial(digits: &[u8]) -> bool {
    has_constant_step(digits)
        || repeats(digits)
        || is_pairs(digits)
        || is_year(digits)
        || FAVOURITES.iter().any(|favourite| favourite.as_bytes() == digits)
}

/// 0000, 1234, 4321, 2468, 9630: each digit is the one before plus the same. And 7890 or 2109,
/// where the row of keys goes on at its other end.
fn has_constant_step(digits: &[u8]) -> bool {
    let all = |step: i16, width: i16| {
        digits.windows(2).all(|pair| {
            let difference = i16::from(pair[1]) - i16::from(pair[0]);
            (difference - step) % width == 0
        })
    };
    let no_wrap = 100;
    (-4..=4).any(|step| all(step, no_wrap)) || all(1, 10) || all(-1, 10)
}

/// 1212, 123123, 12341234: one block again and again.
fn repeats(digits: &[u8]) -> bool {
    (1..=digits.len() / 2)
        .filter(|block| digits.len().is_multiple_of(*block))
        .any(|block| digits.chunks(block).all(|chunk| chunk == &digits[..block]))
}

/// 1122, 112233: every digit twice.
fn is_pairs(digits: &[u8]) -> bool {
    digits.len().is_multiple_of(2) && digits.chunks(2).all(|pair| pair[0] == pair[1])
}

/// 1900 to 2099: birthdays and anniversaries, among the most frequent of all four-digit PINs.
fn is_year(digits: &[u8]) -> bool {
    digits.len() == 4 && (digits.starts_with(b"19") || digits.starts_with(b"20"))
}

/// What the rules above do not catch of the PINs found most often in published lists
/// (DataGenetics 2012, Amitay 2011), and their like among the longer ones.
const FAVOURITES: &[&str] = &[
    // Lines, corners and crosses of the keypad.
    "2580", "0852", "1470", "0741", "3690", "0963", "1478", "1379", "1397", "1597", "3579",
    "147258", "258369", "147369", "159753", "159357", "753159", "357159", "789456", "456123",
    "741852", "963852", "852456", "258456", "147852", "321654", "789123", "14789632", "14725836",
    // Words on the keypad's letters (LOVE) and famous numbers.
    "5683", "0007", "1337", "1004", "3141", "314159", "31415926", "1123", "112358",
    // Mirrored digits, and other favourites with one digit changed.
    "1221", "2112", "1331", "2332", "12321", "123321", "112211", "12344321", "1000", "0001", "1112",
    "1110", "1230", "1235", "1236", "1245", "1029", "1230", "12344", "12340", "10000", "00001",
    "100000", "000001", "123450", "121314", "101112", "10000000", "00000001", "12345670",
    "12345679",
];
