//! Fixed-length bytes as base64url text without padding (RFC 4648, section 5), for JSON payloads.

use data_encoding::BASE64URL_NOPAD;
use serde::{Deserialize, Deserializer, Serializer, de::Error as _};
use zeroize::Zeroizing;

pub(crate) fn serialize<S: Serializer, const N: usize>(
    bytes: &[u8; N],
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&Zeroizing::new(BASE64URL_NOPAD.encode(bytes)))
}

pub(crate) fn deserialize<'de, D: Deserializer<'de>, const N: usize>(
    deserializer: D,
) -> Result<[u8; N], D::Error> {
    let text = <&str>::deserialize(deserializer)?;
    let bytes =
        BASE64URL_NOPAD.decode(text.as_bytes()).map(Zeroizing::new).map_err(D::Error::custom)?;
    bytes.as_slice().try_into().map_err(D::Error::custom)
}
