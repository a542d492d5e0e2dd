//! Names with a bounded length.

use core::{fmt, str::FromStr};

use data_encoding::BASE64;
use oath::Algorithm;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::Error;

/// A name that a person gave: of a token, a device, a platform. 1 to 64 characters, no control
/// characters, no white space at either end.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Label(String);

/// The name of whoever issues tokens, such as `Example Clinic`.
pub type IssuerName = Label;

impl Label {
    /// The most characters that a name has.
    pub const MAX_CHARACTERS: usize = 64;

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Label {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let text = text.trim();
        let too_long = text.chars().nth(Self::MAX_CHARACTERS).is_some();
        if text.is_empty() || too_long || text.chars().any(is_unprintable) {
            return Err(Error::Name);
        }
        Ok(Self(text.to_owned()))
    }
}

/// Control characters, the marks that turn the direction of what follows, and those that show
/// nothing: a name must not be able to disguise the line that it stands in, nor be invisible.
///
/// The joiners U+200C and U+200D stay, as some scripts cannot be written without them.
pub(crate) fn is_unprintable(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{AD}' | '\u{61C}' | '\u{180E}' | '\u{200B}' | '\u{200E}' | '\u{200F}'
                | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{FEFF}'
                | '\u{FFF9}'..='\u{FFFB}'
        )
}

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for Label {
    type Error = Error;

    fn try_from(text: String) -> Result<Self, Error> {
        text.parse()
    }
}

impl From<Label> for String {
    fn from(label: Label) -> Self {
        label.0
    }
}

/// A name that is too long for a [`Label`], cut so that it shows.
pub(crate) fn shortened(text: &str) -> String {
    match text.char_indices().nth(Label::MAX_CHARACTERS - 1) {
        Some((end, last)) if text.len() > end + last.len_utf8() => format!("{}…", &text[..end]),
        _ => text.to_owned(),
    }
}

/// The hash of a name: `SHA1`, and what else is seen in the wild: `sha-256`, `HMACSHA512`.
pub(crate) fn algorithm_named(text: &str) -> Option<Algorithm> {
    let name = text.to_ascii_uppercase().replace(['-', '_'], "");
    name.strip_prefix("HMAC").unwrap_or(&name).parse().ok()
}

/// Base 64, white space within it dropped.
pub(crate) fn base64(text: &str) -> Option<Vec<u8>> {
    let mut symbols = Zeroizing::new(Vec::with_capacity(text.len()));
    symbols.extend(text.bytes().filter(|byte| !byte.is_ascii_whitespace()));
    BASE64.decode(&symbols).ok()
}
