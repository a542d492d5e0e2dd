//! What has happened to a credential, and what the server last said of it.
//!
//! Neither holds a secret: a prescriber shares both with the help desk.

use core::fmt;

use oath::UnixTime;
pub use provisioning::AppTokenState as TokenState;
use provisioning::{IssuerName, ServerUrl};
use serde::{Deserialize, Serialize};

/// What a server last said of a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LastState {
    /// What it said.
    pub state: TokenState,
    /// When, by this device's clock.
    pub at: UnixTime,
    /// How many minutes the network sync had been under way, in [`TokenState::PendingSync`].
    pub sync_minute: Option<u8>,
}

/// One line of a credential's log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogLine {
    /// When, by this device's clock.
    pub at: UnixTime,
    /// What happened.
    #[serde(flatten)]
    pub what: LogEvent,
}

impl LogLine {
    /// Whether `next` says the same again of a sending that is tried over and over.
    pub(crate) fn is_repeated_by(&self, next: &Self) -> bool {
        let of_sending = matches!(self.what, LogEvent::NotSent { .. } | LogEvent::Refused { .. });
        of_sending && self.what == next.what
    }
}

/// What can happen to a credential.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "kebab-case")]
pub enum LogEvent {
    /// Made on this device, with no enrolment.
    Made,
    /// Made on this device for the enrolment link of a server.
    MadeByLink {
        /// The server's host.
        host: String,
    },
    /// Taken over from another issuer.
    Imported,
    /// An enrolment link was used for a token that had been made without one.
    LinkUsed {
        /// The server's host.
        host: String,
    },
    /// The server has its provisioning data.
    Sent {
        /// The server's host.
        host: String,
    },
    /// The server did not get its provisioning data.
    NotSent {
        /// Why not.
        reason: Reason,
    },
    /// The server refused its provisioning data.
    Refused {
        /// Why.
        reason: Reason,
    },
    /// Its provisioning data were sealed to an issuer card.
    Exported {
        /// Whose card it was.
        to: IssuerName,
    },
    /// It was exported under a passphrase.
    ExportedUnderPassphrase,
    /// It was given another name.
    Renamed,
    /// The server said that it is in another state than before.
    NowInState {
        /// Which one.
        state: TokenState,
    },
    /// With it another token of the same account was reported lost.
    ReportedLost {
        /// The serial number of the lost one.
        serial: String,
    },
}

impl LogEvent {
    pub(crate) fn sent(server: &ServerUrl) -> Self {
        Self::Sent { host: server.host().to_owned() }
    }
}

/// A reason in a server's or a system's words: one line of at most [`Reason::MAX_CHARACTERS`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "String")]
pub struct Reason(String);

impl Reason {
    /// The most characters that a reason has.
    pub const MAX_CHARACTERS: usize = 160;

    /// Takes over any text: control characters become spaces, and what is too long is cut.
    #[must_use]
    pub fn new(text: &str) -> Self {
        let printable = text.trim().chars().map(|c| if c.is_control() { ' ' } else { c });
        Self(printable.take(Self::MAX_CHARACTERS).collect())
    }

    /// The reason as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<String> for Reason {
    fn from(text: String) -> Self {
        Self::new(&text)
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
