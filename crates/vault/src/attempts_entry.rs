//! The entry `attempts`: how many wrong PINs in a row.

use serde::{Deserialize, Serialize};

use crate::{
    Error, Keyring,
    entry::{read_json, write_json},
};

pub(crate) const NAME: &str = "attempts";
const VERSION: u32 = 1;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct AttemptsEntry {
    version: u32,
    failed: u8,
}

/// The number of failed attempts. Beside a vault the entry is always there, for it is written
/// first and deleted when the key is gone: a missing one was taken away, and gives no fresh tries.
pub(crate) fn read(keyring: &dyn Keyring) -> Result<u8, Error> {
    read_json::<AttemptsEntry>(keyring, NAME, VERSION)?
        .map(|entry| entry.failed)
        .ok_or_else(|| Error::damaged(NAME))
}

pub(crate) fn write(keyring: &dyn Keyring, failed: u8) -> Result<(), Error> {
    write_json(keyring, NAME, &AttemptsEntry { version: VERSION, failed })
}
