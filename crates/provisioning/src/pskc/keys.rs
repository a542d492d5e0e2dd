//! What a PSKC file is encrypted under.

use core::fmt;

use data_encoding::HEXLOWER_PERMISSIVE;
use zeroize::Zeroizing;

use crate::Error;

/// What a PSKC file is encrypted under: 12 to 128 characters, taken as typed.
///
/// Longer than a sign-in's, because whoever has the file can try as often as they like. Zeroised on
/// drop, neither `Clone` nor `Serialize`, redacted in `Debug`.
pub struct PskcPassphrase(Zeroizing<String>);

impl PskcPassphrase {
    /// The fewest characters.
    pub const MIN_CHARACTERS: usize = 12;
    /// The most characters.
    pub const MAX_CHARACTERS: usize = 128;
    /// The most bytes of a passphrase that somebody else chose.
    pub const MAX_OTHER_LENGTH: usize = 1024;

    /// Takes a passphrase; nothing is trimmed.
    ///
    /// # Errors
    /// [`Error::PskcPassphrase`] unless it has 12 to 128 characters, none of them a control
    /// character, and not all the same.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let length = text.chars().take(Self::MAX_CHARACTERS + 1).count();
        let first = text.chars().next();
        let good = (Self::MIN_CHARACTERS..=Self::MAX_CHARACTERS).contains(&length)
            && !text.chars().any(char::is_control)
            && text.chars().any(|other| Some(other) != first);
        if good { Ok(Self(Zeroizing::new(text.to_owned()))) } else { Err(Error::PskcPassphrase) }
    }

    /// Takes the passphrase of a file that somebody else made, however weak they chose it.
    ///
    /// # Errors
    /// [`Error::OtherPskcPassphrase`] unless it has 1 to 1,024 bytes.
    pub fn of_other_file(text: &str) -> Result<Self, Error> {
        if (1..=Self::MAX_OTHER_LENGTH).contains(&text.len()) {
            Ok(Self(Zeroizing::new(text.to_owned())))
        } else {
            Err(Error::OtherPskcPassphrase)
        }
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl fmt::Debug for PskcPassphrase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PskcPassphrase(redacted)")
    }
}

/// An AES key that a PSKC file's maker and its reader agreed on: 16, 24 or 32 bytes.
///
/// Zeroised on drop, neither `Clone` nor `Serialize`, redacted in `Debug`.
pub struct PreSharedKey(Zeroizing<Vec<u8>>);

impl PreSharedKey {
    /// Reads a key as makers hand it out: hexadecimal in any case, spaces, colons and dashes
    /// dropped.
    ///
    /// # Errors
    /// [`Error::PreSharedKey`] unless it has 16, 24 or 32 bytes.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let mut digits = Zeroizing::new(String::with_capacity(text.len()));
        let separator = |c: &char| c.is_whitespace() || matches!(c, ':' | '-');
        digits.extend(text.chars().filter(|c| !separator(c)));
        let bytes = HEXLOWER_PERMISSIVE.decode(digits.as_bytes()).map(Zeroizing::new);
        match bytes {
            Ok(bytes) if matches!(bytes.len(), 16 | 24 | 32) => Ok(Self(bytes)),
            _ => Err(Error::PreSharedKey),
        }
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for PreSharedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PreSharedKey(redacted)")
    }
}

/// What opens an encrypted PSKC file.
#[derive(Debug)]
pub enum PskcKey {
    /// A passphrase, from which the file says how to derive the key.
    Passphrase(PskcPassphrase),
    /// The key itself.
    PreShared(PreSharedKey),
}
