//! What a relying party calls that which is signed.

use core::{fmt, str::FromStr};

use serde::{Serialize, Serializer};

use super::ValueError;

/// A relying party's own name for what a code signs, such as a prescription's number: 1 to 128
/// characters on one line. It stands in the audit, so it should say nothing of a patient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference(String);

impl Reference {
    const MAX_LENGTH: usize = 128;

    /// The reference as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Reference {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, ValueError> {
        let fits = (1..=Self::MAX_LENGTH).contains(&text.chars().count())
            && !text.chars().any(char::is_control);
        if fits { Ok(Self(text.to_owned())) } else { Err(ValueError::Reference) }
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for Reference {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&self.0)
    }
}
