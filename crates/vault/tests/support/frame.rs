//! The frame of the entries that are JSON, written as `docs/vault.md` says and not by the crate.

use data_encoding::BASE64;
use sha2::{Digest, Sha256};

/// The value of an entry that is this JSON, its checksum in order.
pub fn framed(json: &str) -> String {
    let mut value = json.as_bytes().to_vec();
    value.extend_from_slice(&Sha256::digest(json)[..4]);
    BASE64.encode(&value)
}

/// The JSON of an entry's value.
pub fn unframed(value: &[u8]) -> String {
    let mut value = BASE64.decode(value).unwrap();
    value.truncate(value.len() - 4);
    String::from_utf8(value).unwrap()
}
