//! Bytes as base64url text without padding (RFC 4648, section 5), for JSON payloads.

use core::fmt;

use data_encoding::BASE64URL_NOPAD;
use serde::{
    Deserializer, Serializer,
    de::{Error as _, Visitor},
};
use zeroize::Zeroizing;

pub(crate) fn serialize<S: Serializer, const N: usize>(
    bytes: &[u8; N],
    serializer: S,
) -> Result<S::Ok, S::Error> {
    secret::serialize(bytes, serializer)
}

pub(crate) fn deserialize<'de, D: Deserializer<'de>, const N: usize>(
    deserializer: D,
) -> Result<[u8; N], D::Error> {
    secret::deserialize(deserializer)?.as_slice().try_into().map_err(D::Error::custom)
}

/// The same for bytes of any length, which are zeroised on drop.
pub(crate) mod secret {
    use super::{BASE64URL_NOPAD, Base64url, Deserializer, Serializer, Zeroizing};

    pub(crate) fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&Zeroizing::new(BASE64URL_NOPAD.encode(bytes)))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Zeroizing<Vec<u8>>, D::Error> {
        deserializer.deserialize_str(Base64url)
    }
}

/// Decodes the text where it stands, without a copy of it.
struct Base64url;

impl Visitor<'_> for Base64url {
    type Value = Zeroizing<Vec<u8>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("base64url text without padding")
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Self::Value, E> {
        BASE64URL_NOPAD.decode(text.as_bytes()).map(Zeroizing::new).map_err(E::custom)
    }
}
