//! How the entries are written: JSON and its checksum in base64, with a version that is read before
//! all else.
//!
//! The checksum tells an entry that rotted from a wrong PIN: without it ten right PINs would erase a
//! vault whose wrapped key has one flipped bit. It is of no use against somebody who writes entries.

use data_encoding::BASE64;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::{Error, Keyring, keyring_port::VALUE_LIMIT};

const CHECKSUM_LENGTH: usize = 4;

/// Reads an entry that is JSON, and whose version must be `known`.
pub(crate) fn read_json<T: for<'de> Deserialize<'de>>(
    keyring: &dyn Keyring,
    name: &str,
    known: u32,
) -> Result<Option<T>, Error> {
    let Some(text) = read_text(keyring, name)? else { return Ok(None) };
    let damaged = || Error::damaged(name);
    let value = BASE64.decode(text.as_bytes()).map_err(|_| damaged())?;
    let (json, written) = value.split_last_chunk().ok_or_else(damaged)?;
    if checksum(json) != *written {
        return Err(damaged());
    }
    let Versioned { version } = serde_json::from_slice(json).map_err(|_| damaged())?;
    if version != known {
        return Err(Error::UnknownVersion { entry: name.to_owned(), found: version });
    }
    serde_json::from_slice(json).map(Some).map_err(|_| damaged())
}

/// Writes an entry as JSON.
pub(crate) fn write_json(
    keyring: &dyn Keyring,
    name: &str,
    entry: &impl Serialize,
) -> Result<(), Error> {
    write_text(keyring, name, &json_text(entry)?)
}

/// The value of an entry that is JSON.
pub(crate) fn json_text(entry: &impl Serialize) -> Result<String, Error> {
    let mut value = serde_json::to_vec(entry).map_err(|_| Error::TooLarge)?;
    value.extend(checksum(&value));
    let text = BASE64.encode(&value);
    check_size(&text).map(|()| text)
}

fn checksum(json: &[u8]) -> [u8; CHECKSUM_LENGTH] {
    let digest = Sha256::digest(json);
    [digest[0], digest[1], digest[2], digest[3]]
}

pub(crate) fn read_text(
    keyring: &dyn Keyring,
    name: &str,
) -> Result<Option<Zeroizing<String>>, Error> {
    keyring.read(name).map_err(|e| Error::of_keyring(e, name))
}

/// Writes an entry's value if every system's keyring takes one of that length.
pub(crate) fn write_text(keyring: &dyn Keyring, name: &str, value: &str) -> Result<(), Error> {
    check_size(value)?;
    keyring.write(name, value).map_err(|e| Error::of_keyring(e, name))
}

fn check_size(value: &str) -> Result<(), Error> {
    if value.len() < VALUE_LIMIT { Ok(()) } else { Err(Error::TooLarge) }
}

/// What every version of an entry has.
#[derive(Deserialize)]
struct Versioned {
    version: u32,
}

pub(crate) fn write_bytes<S: Serializer>(
    bytes: impl AsRef<[u8]>,
    to: S,
) -> Result<S::Ok, S::Error> {
    to.serialize_str(&BASE64.encode(bytes.as_ref()))
}

pub(crate) fn read_bytes<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<u8>, D::Error> {
    let text = String::deserialize(from)?;
    BASE64.decode(text.as_bytes()).map_err(de::Error::custom)
}
