//! The identifier of any maker's token, and what its prefix tells.

use core::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::{CredentialId, Error};

/// The serial number or credential ID of any maker's token: 4 to 32 letters and digits.
///
/// Accepted as printed; spaces and dashes are dropped and letters made upper case. One of our
/// own (prefix `CSST`) is read as a [`CredentialId`], so that `O` and `0` are the same.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SerialNumber(String);

impl SerialNumber {
    const LENGTHS: core::ops::RangeInclusive<usize> = 4..=32;

    /// The letters and digits, without spaces.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The manufacturer, where the prefix tells.
    #[must_use]
    pub fn manufacturer(&self) -> Option<Manufacturer> {
        self.told_by_prefix().map(|(manufacturer, _)| manufacturer)
    }

    /// Whether it is a soft or a hard token, where the prefix tells.
    #[must_use]
    pub fn token_type(&self) -> Option<TokenType> {
        self.told_by_prefix().map(|(_, token_type)| token_type)
    }

    fn told_by_prefix(&self) -> Option<(Manufacturer, TokenType)> {
        if self.0.bytes().all(|b| b.is_ascii_digit()) {
            return Some((Manufacturer::OneSpan, TokenType::Hard));
        }
        PREFIXES
            .iter()
            .find(|(prefix, ..)| self.0.starts_with(prefix))
            .map(|&(_, manufacturer, token_type)| (manufacturer, token_type))
    }
}

/// What the prefixes of the tokens in the field tell; a longer prefix stands before a shorter.
const PREFIXES: &[(&str, Manufacturer, TokenType)] = &[
    ("CSST", Manufacturer::Countersign, TokenType::Soft),
    ("SYMC", Manufacturer::Symantec, TokenType::Soft),
    ("SYMD", Manufacturer::Symantec, TokenType::Soft),
    ("SYMZ", Manufacturer::Symantec, TokenType::Soft),
    ("VSST", Manufacturer::Symantec, TokenType::Soft),
    ("GALH", Manufacturer::Thales, TokenType::Hard),
    ("AVT", Manufacturer::Symantec, TokenType::Hard),
    ("FT", Manufacturer::Symantec, TokenType::Hard),
];

/// Who made a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Manufacturer {
    /// Our own app.
    Countersign,
    /// Symantec: VIP Access and its hard tokens.
    Symantec,
    /// OneSpan hard tokens.
    OneSpan,
    /// Thales: `MobilePASS`, and the hard tokens once by Gemalto and `SafeNet`.
    Thales,
    /// Any other.
    Other,
}

impl Manufacturer {
    /// Every manufacturer, in the order in which a form lists them.
    pub const ALL: [Self; 5] =
        [Self::Countersign, Self::Symantec, Self::OneSpan, Self::Thales, Self::Other];

    /// The name as a form shows it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Countersign => "Countersign",
            Self::Symantec => "Symantec",
            Self::OneSpan => "OneSpan",
            Self::Thales => "Thales",
            Self::Other => "Other",
        }
    }
}

/// Whether a token is an app or a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum TokenType {
    /// An app on a phone or second device.
    #[serde(rename = "OTP SOFT TOKEN")]
    Soft,
    /// A device of its own.
    #[serde(rename = "OTP HARD TOKEN")]
    Hard,
}

impl TokenType {
    /// Both types, in the order in which a form lists them.
    pub const ALL: [Self; 2] = [Self::Soft, Self::Hard];

    /// The name as a form shows it: `OTP SOFT TOKEN` or `OTP HARD TOKEN`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Soft => "OTP SOFT TOKEN",
            Self::Hard => "OTP HARD TOKEN",
        }
    }
}

/// Gives a closed set of names a `Display` and a `FromStr` by its `ALL` and `name`.
macro_rules! named {
    ($type:ty) => {
        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.name())
            }
        }

        impl FromStr for $type {
            type Err = UnknownName;

            fn from_str(text: &str) -> Result<Self, UnknownName> {
                Self::ALL.into_iter().find(|known| known.name() == text).ok_or(UnknownName)
            }
        }
    };
}

named!(Manufacturer);
named!(TokenType);

/// A name that a form does not offer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("choose one of the listed names")]
pub struct UnknownName;

impl FromStr for SerialNumber {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let mut serial = String::new();
        for character in text.chars().filter(|c| !c.is_whitespace() && *c != '-') {
            if !character.is_ascii_alphanumeric() || serial.len() == *Self::LENGTHS.end() {
                return Err(Error::SerialNumber);
            }
            serial.push(character.to_ascii_uppercase());
        }
        if serial.starts_with(CredentialId::PREFIX) {
            return serial.parse::<CredentialId>().map(Self::from);
        }
        if Self::LENGTHS.contains(&serial.len()) {
            Ok(Self(serial))
        } else {
            Err(Error::SerialNumber)
        }
    }
}

impl From<CredentialId> for SerialNumber {
    fn from(id: CredentialId) -> Self {
        Self(id.as_str().to_owned())
    }
}

impl fmt::Display for SerialNumber {
    /// One of our own in groups of four, another maker's as printed.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.parse::<CredentialId>() {
            Ok(id) if self.0.starts_with(CredentialId::PREFIX) => id.fmt(f),
            _ => f.write_str(&self.0),
        }
    }
}

impl TryFrom<String> for SerialNumber {
    type Error = Error;

    fn try_from(text: String) -> Result<Self, Error> {
        text.parse()
    }
}

impl From<SerialNumber> for String {
    fn from(serial: SerialNumber) -> Self {
        serial.0
    }
}
