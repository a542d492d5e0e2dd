//! Who checked a prescriber's identity, and how.

use core::{fmt, str::FromStr};

use super::ValueError;

/// An identity-proofing record: who checked what (21 CFR 1311.105), 1 to 500 characters on one line.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ProofingRecord(String);

impl ProofingRecord {
    /// The most characters.
    pub const MAX_CHARACTERS: usize = 500;

    /// The record as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ProofingRecord {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, ValueError> {
        let text = text.trim();
        let too_long = text.chars().nth(Self::MAX_CHARACTERS).is_some();
        if text.is_empty() || too_long || text.chars().any(char::is_control) {
            return Err(ValueError::Proofing);
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for ProofingRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
