//! The first factor of a prescriber's sign-in.

use core::fmt;

use zeroize::Zeroizing;

use super::ValueError;

/// A passphrase of 8 to 128 characters, taken as typed (SP 800-63B-4, section 3.1.1.2).
///
/// Zeroised on drop, neither `Clone` nor `Serialize`, redacted in `Debug`.
pub struct Passphrase(Zeroizing<String>);

impl Passphrase {
    /// The fewest characters.
    pub const MIN_CHARACTERS: usize = 8;
    /// The most characters.
    pub const MAX_CHARACTERS: usize = 128;

    /// Reads a passphrase; nothing is trimmed.
    ///
    /// # Errors
    /// [`ValueError::Passphrase`] unless it has 8 to 128 characters.
    pub fn parse(text: &str) -> Result<Self, ValueError> {
        let characters = text.chars().take(Self::MAX_CHARACTERS + 1).count();
        if (Self::MIN_CHARACTERS..=Self::MAX_CHARACTERS).contains(&characters) {
            Ok(Self(Zeroizing::new(text.to_owned())))
        } else {
            Err(ValueError::Passphrase)
        }
    }

    /// The passphrase itself, for hashing.
    #[must_use]
    pub fn expose_text(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Passphrase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Passphrase(redacted)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_are_counted_not_bytes() {
        assert!(Passphrase::parse("häßlich").is_err());
        assert!(Passphrase::parse("häßliche").is_ok());
        assert!(Passphrase::parse(&"ß".repeat(128)).is_ok());
        assert!(Passphrase::parse(&"ß".repeat(129)).is_err());
        assert!(Passphrase::parse(&"a".repeat(100_000)).is_err());
    }

    #[test]
    fn it_is_not_written_by_debug() {
        let passphrase = Passphrase::parse("correct horse").unwrap();
        assert_eq!(format!("{passphrase:?}"), "Passphrase(redacted)");
    }
}
