//! A telephone number.

use core::{fmt, str::FromStr};

use super::ValueError;

/// A telephone number in full, with its country code: `+` and 8 to 15 digits (ITU-T E.164). Parsed with
/// spaces, dashes, dots and parentheses. Redacted in `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct Phone(String);

impl Phone {
    /// The number, for whoever dials it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Its last two digits, by which its owner knows it.
    #[must_use]
    pub fn last_digits(&self) -> &str {
        self.0.get(self.0.len().saturating_sub(2)..).unwrap_or_default()
    }
}

impl FromStr for Phone {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, ValueError> {
        let mut number = String::with_capacity(16);
        for character in text.trim().chars().take(64) {
            match character {
                '+' if number.is_empty() => number.push('+'),
                '0'..='9' if !number.is_empty() => number.push(character),
                ' ' | '-' | '.' | '(' | ')' => {}
                _ => return Err(ValueError::Phone),
            }
        }
        let fits = (9..=16).contains(&number.len()) && !number.starts_with("+0");
        if fits { Ok(Self(number)) } else { Err(ValueError::Phone) }
    }
}

impl fmt::Debug for Phone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Phone(ends in {})", self.last_digits())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_read_however_it_is_typed_and_only_in_full() {
        for text in ["+14105550134", "+1 (410) 555-0134", " +1.410.555.0134 "] {
            let phone: Phone = text.parse().unwrap();
            assert_eq!((phone.as_str(), phone.last_digits()), ("+14105550134", "34"));
            assert!(!format!("{phone:?}").contains("555"));
        }
        let long = format!("+1{}", "4".repeat(100));
        for text in ["", "+", "4105550134", "+0123456789", "+1 410 abc", "++14105550134", &long] {
            assert!(text.parse::<Phone>().is_err(), "{text:.30}");
        }
    }
}
