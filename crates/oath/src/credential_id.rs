//! The identifier that our soft tokens show.

use core::{fmt, str::FromStr};

use rand_core::CryptoRng;
use serde::{Deserialize, Serialize};

use crate::Error;

/// Crockford's base 32: no I, L, O or U, so that nothing reads as something else.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const PREFIX_LENGTH: usize = 4;
const LENGTH: usize = 12;

/// An OATH token identifier of 12 characters: four letters (manufacturer and type, `CSST` for
/// ours) and eight of Crockford's base 32, which is 40 random bits.
///
/// Shown in groups, `CSST 4F7K 92MQ`; parsed with spaces, dashes, lower case, `O` for `0`, and
/// `I` or `L` for `1`.
///
/// ```
/// let id: oath::CredentialId = "csst-4f7k 92mq".parse()?;
/// assert_eq!(id.as_str(), "CSST4F7K92MQ");
/// assert_eq!(id.to_string(), "CSST 4F7K 92MQ");
/// # Ok::<(), oath::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CredentialId([u8; LENGTH]);

impl CredentialId {
    /// The prefix of our own soft tokens: manufacturer `CS`, type `ST`.
    pub const PREFIX: &str = "CSST";

    /// The prefix of names that are no credential IDs: an app's own, for accounts of other issuers.
    pub const OTHER_ISSUER_PREFIX: &str = "OTHR";

    /// Makes a new random credential ID with our own prefix.
    #[must_use]
    pub fn generate(rng: &mut impl CryptoRng) -> Self {
        Self::with_prefix(Self::PREFIX, rng)
    }

    /// Makes an app's own name for another issuer's account. It has a credential ID's form, so that
    /// it can stand where one does, but nobody is shown it, and no server is told it.
    #[must_use]
    pub fn generate_for_other_issuer(rng: &mut impl CryptoRng) -> Self {
        Self::with_prefix(Self::OTHER_ISSUER_PREFIX, rng)
    }

    /// Whether it names another issuer's account, see [`CredentialId::generate_for_other_issuer`].
    #[must_use]
    pub fn is_of_other_issuer(&self) -> bool {
        self.as_str().starts_with(Self::OTHER_ISSUER_PREFIX)
    }

    /// `prefix` has four ASCII letters.
    fn with_prefix(prefix: &str, rng: &mut impl CryptoRng) -> Self {
        let mut random = [0; LENGTH - PREFIX_LENGTH];
        rng.fill_bytes(&mut random);
        let mut id = [0; LENGTH];
        id[..PREFIX_LENGTH].copy_from_slice(prefix.as_bytes());
        for (character, byte) in id[PREFIX_LENGTH..].iter_mut().zip(random) {
            *character = ALPHABET[usize::from(byte % 32)];
        }
        Self(id)
    }

    /// The 12 characters without spaces.
    #[must_use]
    #[expect(clippy::expect_used, reason = "the constructors let only ASCII in")]
    pub fn as_str(&self) -> &str {
        core::str::from_utf8(&self.0).expect("the constructors let only ASCII in")
    }
}

impl FromStr for CredentialId {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let mut id = [0; LENGTH];
        let mut length = 0;
        for character in text.chars().filter(|c| !c.is_whitespace() && *c != '-') {
            let byte =
                u8::try_from(character.to_ascii_uppercase()).map_err(|_| Error::CredentialId)?;
            let place = id.get_mut(length).ok_or(Error::CredentialId)?;
            *place = if length < PREFIX_LENGTH { prefix_letter(byte) } else { base32_digit(byte) }
                .ok_or(Error::CredentialId)?;
            length += 1;
        }
        if length == LENGTH { Ok(Self(id)) } else { Err(Error::CredentialId) }
    }
}

fn prefix_letter(byte: u8) -> Option<u8> {
    byte.is_ascii_uppercase().then_some(byte)
}

fn base32_digit(byte: u8) -> Option<u8> {
    let read_as = match byte {
        b'O' => b'0',
        b'I' | b'L' => b'1',
        other => other,
    };
    ALPHABET.contains(&read_as).then_some(read_as)
}

impl fmt::Display for CredentialId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.as_str();
        write!(f, "{} {} {}", &text[..4], &text[4..8], &text[8..])
    }
}

impl fmt::Debug for CredentialId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CredentialId({})", self.as_str())
    }
}

impl TryFrom<String> for CredentialId {
    type Error = Error;

    fn try_from(text: String) -> Result<Self, Error> {
        text.parse()
    }
}

impl From<CredentialId> for String {
    fn from(id: CredentialId) -> Self {
        id.as_str().to_owned()
    }
}
