//! The entry `vault`: the vault key wrapped under the PIN, and the list of credentials.

use oath::CredentialId;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::{
    Costs, Error, Keyring,
    costs::SALT_LENGTH,
    entry::{json_text, read_bytes, read_json, write_bytes, write_json},
};

pub(crate) const NAME: &str = "vault";
const VERSION: u32 = 1;

/// What the entry says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct VaultEntry {
    version: u32,
    /// `None` while the vault is being erased: the key went first, the list goes last.
    #[serde(deserialize_with = "Option::deserialize")]
    pub(crate) lock: Option<PinLock>,
    /// In the order of the screen.
    pub(crate) credentials: Vec<CredentialId>,
}

/// What the PIN opens. One write of the entry replaces all of it: a change of PIN is that.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PinLock {
    #[serde(rename = "argon2id")]
    pub(crate) costs: Costs,
    #[serde(serialize_with = "write_bytes", deserialize_with = "read_salt")]
    pub(crate) salt: [u8; SALT_LENGTH],
    pub(crate) wrapped_key: WrappedKey,
    #[serde(deserialize_with = "read_pin_length")]
    pub(crate) pin_length: u8,
}

/// The vault key, sealed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct WrappedKey(pub(crate) Vec<u8>);

impl VaultEntry {
    pub(crate) fn new(lock: PinLock, credentials: Vec<CredentialId>) -> Self {
        Self { version: VERSION, lock: Some(lock), credentials }
    }

    /// What is left while the credentials behind it are being deleted.
    pub(crate) fn without_lock(credentials: Vec<CredentialId>) -> Self {
        Self { version: VERSION, lock: None, credentials }
    }

    /// Reads it; `None` only where there is none.
    pub(crate) fn read(keyring: &dyn Keyring) -> Result<Option<Self>, Error> {
        read_json(keyring, NAME, VERSION)
    }

    /// Refuses a list that the keyring would not take.
    pub(crate) fn check_size(&self) -> Result<(), Error> {
        json_text(self).map(drop)
    }

    pub(crate) fn write(&self, keyring: &dyn Keyring) -> Result<(), Error> {
        write_json(keyring, NAME, self)
    }
}

impl Serialize for WrappedKey {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        write_bytes(&self.0, to)
    }
}

impl<'de> Deserialize<'de> for WrappedKey {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        read_bytes(from).map(Self)
    }
}

fn read_salt<'de, D: Deserializer<'de>>(from: D) -> Result<[u8; SALT_LENGTH], D::Error> {
    read_bytes(from)?.try_into().map_err(|_| de::Error::custom("a salt is 16 bytes"))
}

fn read_pin_length<'de, D: Deserializer<'de>>(from: D) -> Result<u8, D::Error> {
    match u8::deserialize(from)? {
        length @ 4..=8 => Ok(length),
        _ => Err(de::Error::custom("a PIN has 4 to 8 digits")),
    }
}
