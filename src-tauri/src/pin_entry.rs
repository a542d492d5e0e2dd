//! PINs on their way in: digit by digit, so that no message between page and program holds one.

use vault::Pin;
use zeroize::{Zeroize as _, Zeroizing};

use crate::problem::Problem;

/// The old PIN, the new one, and the new one again are the most that are asked for at once.
const ENTRIES: usize = 3;
/// As many digits as a PIN may have.
const MAX_DIGITS: usize = 8;

/// What was entered and not taken yet.
pub(crate) struct PinEntry {
    entries: [Zeroizing<String>; ENTRIES],
}

impl Default for PinEntry {
    fn default() -> Self {
        // With room for the longest: growing would leave a copy behind.
        Self { entries: std::array::from_fn(|_| Zeroizing::new(String::with_capacity(MAX_DIGITS))) }
    }
}

impl PinEntry {
    /// Adds a digit to an entry. One digit too many makes it no PIN, and is refused.
    pub(crate) fn add(&mut self, entry: usize, digit: u8) -> Result<(), Problem> {
        let entry = self.entries.get_mut(entry).ok_or(Problem::PinDigits)?;
        let digit = char::from_digit(digit.into(), 10).ok_or(Problem::PinDigits)?;
        if entry.len() == MAX_DIGITS {
            entry.zeroize();
            return Err(Problem::PinDigits);
        }
        entry.push(digit);
        Ok(())
    }

    /// Forgets all entries.
    pub(crate) fn forget(&mut self) {
        *self = Self::default();
    }

    /// Takes the first entry, and forgets the others.
    pub(crate) fn take(&mut self) -> Zeroizing<String> {
        let [first, ..] = std::mem::take(self).entries;
        first
    }

    /// Takes the old PIN and the new one, which must have been entered twice.
    pub(crate) fn take_change(&mut self) -> Result<(Pin, Pin), Problem> {
        let [old, new, again] = std::mem::take(self).entries;
        let (old, new_pin) = (Pin::parse(&old)?, Pin::parse(&new)?);
        if new == again { Ok((old, new_pin)) } else { Err(Problem::PinMismatch) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn enter(pins: &mut PinEntry, entry: usize, digits: &[u8]) {
        digits.iter().for_each(|digit| pins.add(entry, *digit).unwrap());
    }

    #[test]
    fn digits_make_a_pin_once() {
        let mut pins = PinEntry::default();
        enter(&mut pins, 0, &[4, 8, 2, 6]);
        assert_eq!(*pins.take(), "4826");
        assert_eq!(*pins.take(), "");
    }

    #[test]
    fn nothing_but_digits_of_a_pin_of_eight() {
        let mut pins = PinEntry::default();
        assert_eq!(pins.add(0, 10), Err(Problem::PinDigits));
        assert_eq!(pins.add(3, 1), Err(Problem::PinDigits));
        enter(&mut pins, 0, &[1; 8]);
        assert_eq!(pins.add(0, 1), Err(Problem::PinDigits));
        assert_eq!(*pins.take(), "");
    }

    #[test]
    fn a_change_wants_the_new_one_twice() {
        let mut pins = PinEntry::default();
        let entries = [[4, 8, 2, 6], [5, 9, 3, 7]];
        enter(&mut pins, 0, &entries[0]);
        enter(&mut pins, 1, &entries[1]);
        assert_eq!(pins.take_change().err(), Some(Problem::PinMismatch));

        enter(&mut pins, 0, &entries[0]);
        enter(&mut pins, 1, &entries[1]);
        enter(&mut pins, 2, &entries[1]);
        assert_eq!(pins.take_change().unwrap().1.length(), 4);
        assert_eq!(pins.take_change().err(), Some(Problem::PinDigits), "they are forgotten");
    }
}
