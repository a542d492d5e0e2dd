//! What can be wrong with a file of stock: with one of its rows, or with all that follows.

/// What is wrong with one row; the others are none the worse for it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RowProblem {
    /// Nothing names the token.
    #[error("it has no serial number")]
    NoSerial,
    /// Not a serial number of any maker's form.
    #[error("its serial number is not 4 to 32 letters and digits")]
    Serial,
    /// No seed, or only a reference to one that is kept elsewhere.
    #[error("it has no seed")]
    NoSeed,
    /// A seed that is too short or too long.
    #[error("its seed is not 16 to 64 bytes long")]
    Seed,
    /// A seed that is not written as the file says.
    #[error("its seed is not written in {text}, as the file's first line says")]
    SeedText {
        /// How it should be written.
        text: &'static str,
    },
    /// Something that should be base 64 and is not.
    #[error("something in it should be base 64 and is not")]
    Base64,
    /// A seed in plain, in a file that is encrypted.
    #[error("its seed stands in plain in a file that is encrypted, so nobody vouches for it")]
    PlainSeed,
    /// Encrypted in a way that is not known.
    #[error("it is encrypted by {name:?}, which is not known here")]
    Cipher {
        /// What the file calls it.
        name: String,
    },
    /// The key has another length than its cipher wants.
    #[error("the file's key has another length than its cipher wants")]
    KeyLength,
    /// Nothing shows whether it was changed.
    #[error("it has no MAC, so nobody can tell whether it was changed: ask for a file with MACs")]
    NoMac,
    /// The MAC does not fit.
    #[error("its MAC does not fit: it was changed on the way, or made under another key")]
    BadMac,
    /// It does not decrypt.
    #[error("it cannot be decrypted: it is damaged, or made under another key")]
    CannotDecrypt,
    /// Neither time-based nor event-based.
    #[error(
        "its codes are made by {name:?}: only time-based (totp) and event-based (hotp) are known"
    )]
    Profile {
        /// What the file calls it.
        name: String,
    },
    /// A hash that is not known.
    #[error("its hash is not SHA1, SHA256 or SHA512")]
    Algorithm,
    /// A number of digits that no code has.
    #[error("its codes have not 6, 7 or 8 digits")]
    Digits,
    /// Codes of other characters than digits.
    #[error("its codes are not made of decimal digits")]
    Encoding,
    /// Codes with a check digit.
    #[error("its codes end with a check digit, which is not known here")]
    CheckDigit,
    /// A time step of a strange length.
    #[error("its time step is not 1 to 86,400 whole seconds")]
    Step,
    /// A counter that is no counter.
    #[error("its counter is not a whole number below 2^64 - 1")]
    Counter,
    /// A drift that is no drift, or too far.
    #[error(
        "its drift is not a whole number of time steps, at most 120 in either direction: put 0 and resynchronise the token"
    )]
    Drift,
    /// A drift, and nothing to count it in.
    #[error("it has a drift and no time step: say whether the step is 30 or 60 seconds")]
    DriftWithoutStep,
    /// Time steps that are not counted from 1970.
    #[error("its time steps are not counted from 1970")]
    Epoch,
    /// A name of its maker that cannot be shown.
    #[error("its manufacturer's name cannot be shown")]
    Manufacturer,
    /// The same said twice, so that one of the two would be ignored.
    #[error("it says the same thing twice")]
    Twice,
    /// Another number of columns than the first line.
    #[error("it has {found} columns, and the first line has {expected}")]
    Columns {
        /// How many it has.
        found: usize,
        /// How many it should have.
        expected: usize,
    },
    /// Bytes that are no UTF-8.
    #[error("it is not text in UTF-8")]
    NotText,
}

/// Why a file of stock, or the rest of it, cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StockFileError {
    /// It is encrypted under a passphrase.
    #[error("this file is under a passphrase: give the passphrase that came with it")]
    NeedsPassphrase,
    /// It is encrypted under a key that its maker hands out.
    #[error(
        "this file is encrypted under a pre-shared key{}: give the key that its maker sent you",
        name.as_deref().map(|name| format!(" ({name:?})")).unwrap_or_default()
    )]
    NeedsPreSharedKey {
        /// What the file calls the key.
        name: Option<String>,
    },
    /// The key does not open it.
    #[error(
        "this passphrase or key does not open the file: check it against what came with the file"
    )]
    WrongKey,
    /// A key for a file that is in plain.
    #[error(
        "this file is not encrypted, so it is not the one that the passphrase or key was meant for: ask whoever sent it, or read it without"
    )]
    NotEncrypted,
    /// Not a file of this kind at all.
    #[error("line {line}: this is neither a PSKC file nor CSV: ask for one of the two")]
    NotPskc {
        /// Where it shows.
        line: u64,
    },
    /// Made in a way that is not known here.
    #[error(
        "line {line}: this file needs {what:?}, which is not known here: ask its maker for another"
    )]
    Unsupported {
        /// Where it shows.
        line: u64,
        /// What it needs.
        what: String,
    },
    /// Against its own format.
    #[error(
        "line {line}: this file is not well formed ({reason}): ask whoever made it for a new one"
    )]
    Malformed {
        /// Where it shows.
        line: u64,
        /// Which rule it breaks.
        reason: &'static str,
    },
    /// The first line of a CSV file does not say what the columns are.
    #[error("line 1: {reason}")]
    Header {
        /// What is wrong, and what to write.
        reason: String,
    },
    /// Not well-formed XML.
    #[error("line {line}: this file is damaged (its XML is not well formed): get it again")]
    Xml {
        /// Where it shows.
        line: u64,
    },
    /// It ends before its end.
    #[error("line {line}: this file is cut short: get it again")]
    CutShort {
        /// Where it ends.
        line: u64,
    },
    /// Bytes that are no UTF-8.
    #[error("line {line}: this file is not text in UTF-8: save it as UTF-8")]
    NotText {
        /// Where it shows.
        line: u64,
    },
    /// A document type, or entities of its own.
    #[error(
        "line {line}: this file has a document type or entities of its own, which no PSKC file needs and which is refused"
    )]
    Entities {
        /// Where it shows.
        line: u64,
    },
    /// One piece of it is larger than any token needs.
    #[error(
        "line {line}: a part of this file is larger than any token needs: it is damaged, or not what it seems"
    )]
    TooLarge {
        /// Where it shows.
        line: u64,
    },
    /// The disk or the network fails.
    #[error("this file cannot be read ({reason})")]
    Read {
        /// What the system says.
        reason: String,
    },
}

impl StockFileError {
    /// The line where it shows, where it shows on one.
    #[must_use]
    pub const fn line(&self) -> Option<u64> {
        match self {
            Self::NotPskc { line }
            | Self::Unsupported { line, .. }
            | Self::Malformed { line, .. }
            | Self::Xml { line }
            | Self::CutShort { line }
            | Self::NotText { line }
            | Self::Entities { line }
            | Self::TooLarge { line } => Some(*line),
            Self::Header { .. } => Some(1),
            _ => None,
        }
    }
}
