//! Mails that tell a prescriber what was done to their tokens or account.

use oath::{SerialNumber, TokenType, UnixTime};
use provisioning::Label;

use crate::{
    event::Actor,
    rules::{mail_tries, notices::NoticeKind},
    values::{Mail, Npi},
};

/// A mail that is to be sent, as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoticeRecord {
    /// The number of the event that it tells of.
    pub event: u64,
    /// How often it was tried.
    pub attempts: u32,
    /// When the next try is due.
    pub due: UnixTime,
    /// Why the last try failed.
    pub problem: Option<String>,
    /// When it was given up.
    pub given_up: Option<UnixTime>,
    /// Counts the writes, for compare-and-set.
    pub version: u64,
}

impl NoticeRecord {
    /// Whether a try is due: also one that a clock that was wrong has set to be due.
    #[must_use]
    pub fn is_due(&self, now: UnixTime) -> bool {
        self.given_up.is_none() && mail_tries::is_due(self.due, self.attempts, now)
    }
}

/// How far a reader of the audit has come, as it is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CursorRecord {
    /// The number of the last event that was looked at.
    pub event: u64,
    /// Counts the writes, for compare-and-set.
    pub version: u64,
}

/// A mail to be sent now. Whoever holds it has claimed it.
#[derive(Debug, Clone)]
pub struct Notice {
    /// The number of the event that it tells of.
    pub event: u64,
    /// What happened.
    pub kind: NoticeKind,
    /// When.
    pub at: UnixTime,
    /// Who did it.
    pub by: Actor,
    /// Whose account it is about.
    pub npi: Npi,
    /// The prescriber's name.
    pub name: Label,
    /// Where it goes: the address of the account, or one that it had.
    pub mail: Mail,
    /// The token that it is about.
    pub token: Option<NoticedToken>,
    /// The token on the new phone, where it was moved.
    pub moved_to: Option<SerialNumber>,
    /// Which try this is.
    pub attempt: u32,
}

/// A token as its owner knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoticedToken {
    /// What its owner calls it.
    pub name: Label,
    /// Its credential ID or serial number.
    pub serial: SerialNumber,
    /// An app or a device.
    pub token_type: TokenType,
}

/// A mail that could not be sent so far.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailingNotice {
    /// The number of the event that it tells of.
    pub event: u64,
    /// Whom it is for and what it tells of, where the event can be read.
    pub about: Option<(Npi, NoticeKind)>,
    /// How often it was tried.
    pub attempts: u32,
    /// When it is tried again, unless it was given up.
    pub due: UnixTime,
    /// When it was given up.
    pub given_up: Option<UnixTime>,
    /// Why the last try failed.
    pub problem: String,
}
