//! What names a token request.

use core::{fmt, str::FromStr};

use rand_core::CryptoRng;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use super::ValueError;

/// Crockford's base 32: no I, L, O or U.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const LENGTH: usize = 8;

/// Names a token request: eight characters of Crockford's base 32, to be read out to the help desk.
/// It opens nothing.
///
/// Shown as `R-4F7K-92MQ`, so that nobody takes it for a confirmation code; parsed with or without
/// that, with spaces, dashes, lower case, `O` for `0`, `I` or `L` for `1`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequestId([u8; LENGTH]);

impl RequestId {
    /// Makes a new random one.
    #[must_use]
    pub fn generate(rng: &mut impl CryptoRng) -> Self {
        let mut id = Self([0; LENGTH]);
        rng.fill_bytes(&mut id.0);
        for byte in &mut id.0 {
            *byte = ALPHABET[usize::from(*byte % 32)];
        }
        id
    }

    /// The eight characters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl FromStr for RequestId {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, ValueError> {
        let text = text.trim();
        let text = text.strip_prefix("R-").or_else(|| text.strip_prefix("r-")).unwrap_or(text);
        let mut id = Self([0; LENGTH]);
        let mut length = 0;
        for character in text.chars().filter(|c| !c.is_whitespace() && *c != '-') {
            let byte = u8::try_from(character.to_ascii_uppercase());
            let read_as = match byte.map_err(|_| ValueError::RequestId)? {
                b'O' => b'0',
                b'I' | b'L' => b'1',
                other => other,
            };
            let place = id.0.get_mut(length).ok_or(ValueError::RequestId)?;
            *place = Some(read_as)
                .filter(|byte| ALPHABET.contains(byte))
                .ok_or(ValueError::RequestId)?;
            length += 1;
        }
        if length == LENGTH { Ok(id) } else { Err(ValueError::RequestId) }
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (first, second) = self.as_str().split_at(4);
        write!(f, "R-{first}-{second}")
    }
}

impl Serialize for RequestId {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for RequestId {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from)?.parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use getrandom::{SysRng, rand_core::UnwrapErr};

    use super::*;

    #[test]
    fn an_id_is_read_back_however_it_is_typed() {
        let id: RequestId = "R-4F7K-92MQ".parse().unwrap();
        assert_eq!(id.as_str(), "4F7K92MQ");
        for text in ["4f7k92mq", " r-4F7K 92MQ ", "4F7K-92MQ"] {
            assert_eq!(text.parse(), Ok(id), "{text}");
        }
        let begins_like_the_mark: RequestId = "R4F7K92M".parse().unwrap();
        assert_eq!(begins_like_the_mark.to_string().parse(), Ok(begins_like_the_mark));
        for text in ["", "4F7K92M", "4F7K92MQ1", "4F7K92MU", "4F7K92Mé", &"A".repeat(100_000)] {
            assert!(text.parse::<RequestId>().is_err(), "{text:.20}");
        }
        for _ in 0..1_000 {
            let id = RequestId::generate(&mut UnwrapErr(SysRng));
            assert_eq!(id.to_string().parse(), Ok(id));
        }
    }
}
