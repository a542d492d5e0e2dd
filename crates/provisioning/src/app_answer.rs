//! What a server answers to an app request.

use oath::{SerialNumber, UnixTime};
use serde::{Deserialize, Serialize};

use crate::{
    Error, Label,
    object::{self, Object},
};

/// How the token of an app is, and which others its owner could report lost from it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AppAnswer {
    /// The server's clock when it answered, in seconds since 1970.
    pub now: UnixTime,
    /// The token whose app asked.
    #[serde(deserialize_with = "object::one")]
    pub token: TokenStatus,
    /// The owner's other tokens that are not deactivated, in the order in which they were
    /// associated; none unless the asking token is active or locked.
    #[serde(deserialize_with = "object::all")]
    pub others: Vec<OtherToken>,
}

/// How a token is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TokenStatus {
    /// Where it is in its life.
    #[serde(deserialize_with = "object::word")]
    pub state: AppTokenState,
    /// While it is pending sync: which of the 60 minutes this is, from 0 on; 60 when the network is not
    /// told any more.
    pub sync_minute: Option<u8>,
    /// While it is locked: when that ends by itself, if it does.
    pub locked_until: Option<UnixTime>,
}

/// Another token of the same owner.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OtherToken {
    /// Its credential ID or serial number.
    pub serial: SerialNumber,
    /// What the owner calls it.
    pub name: Label,
    /// Where it is in its life.
    #[serde(deserialize_with = "object::word")]
    pub state: AppTokenState,
}

/// Where a token is in its life, as an app is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AppTokenState {
    /// The server knows it, and it is in nobody's account yet.
    Provisioned,
    /// It is in an account, and waits for the e-prescribing network.
    PendingSync,
    /// Its codes count.
    Active,
    /// Too many wrong codes; its codes are not judged.
    Locked,
    /// Reported lost.
    Suspended,
    /// Given up, for good.
    Deactivated,
}

impl AppAnswer {
    /// The most that an answer has, in bytes; a longer one is not read.
    pub const MAX_LENGTH: usize = 64 * 1024;

    /// The answer as JSON.
    #[must_use]
    #[expect(clippy::expect_used, reason = "a struct of strings and numbers always serialises")]
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("a struct of strings and numbers always serialises")
    }

    /// Reads an answer.
    ///
    /// # Errors
    /// [`Error::Malformed`].
    pub fn parse(json: &[u8]) -> Result<Self, Error> {
        let malformed = |reason| Error::Malformed { what: "a server's answer", reason };
        if json.len() > Self::MAX_LENGTH {
            return Err(malformed("it is too long"));
        }
        serde_json::from_slice(json)
            .map(|Object(answer)| answer)
            .map_err(|_| malformed("a field is missing, unknown or out of range"))
    }
}
