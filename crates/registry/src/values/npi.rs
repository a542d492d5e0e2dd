//! The National Provider Identifier, which names a prescriber for life.

use core::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use super::ValueError;

/// A National Provider Identifier: ten digits, the last a check digit (Luhn's, over `80840` and
/// the number; 45 CFR 162.406). Accepted with spaces and dashes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Npi(u64);

impl Npi {
    const DIGITS: usize = 10;
    /// What the digits of `80840` add to Luhn's sum.
    const PREFIX_SUM: u32 = 24;

    /// The ten digits as a number, for storage.
    #[must_use]
    pub const fn number(self) -> u64 {
        self.0
    }

    /// The NPI of a stored number; `None` where the check digit does not fit.
    #[must_use]
    pub fn from_number(number: u64) -> Option<Self> {
        format!("{number:010}").parse().ok()
    }
}

impl FromStr for Npi {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, ValueError> {
        let mut digits = Vec::with_capacity(Self::DIGITS);
        for character in text.chars().filter(|c| !c.is_whitespace() && *c != '-') {
            if digits.len() == Self::DIGITS {
                return Err(ValueError::Npi);
            }
            digits.push(character.to_digit(10).ok_or(ValueError::Npi)?);
        }
        let checks = luhn_sum(&digits).saturating_add(Self::PREFIX_SUM).is_multiple_of(10);
        if digits.len() != Self::DIGITS || !checks {
            return Err(ValueError::Npi);
        }
        Ok(Self(digits.iter().fold(0, |number, digit| number * 10 + u64::from(*digit))))
    }
}

fn luhn_sum(digits: &[u32]) -> u32 {
    let doubled = |digit: u32| if digit < 5 { digit * 2 } else { digit * 2 - 9 };
    let counted = |(place, digit): (usize, &u32)| {
        if place.is_multiple_of(2) { *digit } else { doubled(*digit) }
    };
    digits.iter().rev().enumerate().map(counted).sum()
}

impl fmt::Display for Npi {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:010}", self.0)
    }
}

impl fmt::Debug for Npi {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Npi({self})")
    }
}

impl TryFrom<String> for Npi {
    type Error = ValueError;

    fn try_from(text: String) -> Result<Self, ValueError> {
        text.parse()
    }
}

impl From<Npi> for String {
    fn from(npi: Npi) -> Self {
        npi.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_npi_is_known_by_its_check_digit() {
        // The example of the NPI standard's own check digit calculation.
        assert_eq!("1234567893".parse::<Npi>().unwrap().to_string(), "1234567893");
        assert_eq!(" 1234-567 893 ".parse::<Npi>().unwrap().number(), 1_234_567_893);
        for wrong in 0..10 {
            let text = format!("123456789{wrong}");
            assert_eq!(text.parse::<Npi>().is_ok(), wrong == 3, "{text}");
        }
    }

    #[test]
    fn anything_else_is_no_npi() {
        let long = "1".repeat(100_000);
        for text in ["", "123456789", "12345678930", "123456789x", "\u{661}234567893", &long] {
            assert_eq!(text.parse::<Npi>(), Err(ValueError::Npi));
        }
    }

    #[test]
    fn two_digits_changed_for_each_other_are_found() {
        assert!("1234567893".parse::<Npi>().is_ok());
        assert!("2134567893".parse::<Npi>().is_err());
        assert!("1243567893".parse::<Npi>().is_err());
    }
}
