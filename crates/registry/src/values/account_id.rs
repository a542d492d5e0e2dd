//! What the operator calls an account besides its NPI.

use core::{fmt, str::FromStr};

use serde::{Serialize, Serializer};

use super::ValueError;

/// An operator's own name for a prescriber's account, such as the key that their other systems have: 1 to
/// 64 letters, digits, dashes, underscores and dots, upper and lower case told apart. Never what could be
/// read as an NPI: ten digits, with dashes or without.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct AccountId(String);

impl AccountId {
    const MAX_LENGTH: usize = 64;
    const NPI_DIGITS: usize = 10;

    /// The ID as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for AccountId {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, ValueError> {
        let fits = (1..=Self::MAX_LENGTH).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
            && text.bytes().any(|byte| byte.is_ascii_alphanumeric());
        let without_dashes = || text.bytes().filter(|byte| *byte != b'-');
        let like_an_npi = without_dashes().count() == Self::NPI_DIGITS
            && without_dashes().all(|byte| byte.is_ascii_digit());
        if fits && !like_an_npi { Ok(Self(text.to_owned())) } else { Err(ValueError::AccountId) }
    }
}

impl fmt::Display for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for AccountId {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_never_what_an_npi_looks_like() {
        let longest = "x".repeat(64);
        for text in ["a", "EHR-00042", "ada.quill_1", "123456789", "12345678901", &longest] {
            assert_eq!(text.parse::<AccountId>().unwrap().as_str(), text);
        }
        let long = "x".repeat(65);
        for text in ["", ".", "..", "-_", "a b", "é", "a/b", "1234567890", "123-456-7893", &long] {
            assert_eq!(text.parse::<AccountId>(), Err(ValueError::AccountId), "{text}");
        }
    }
}
