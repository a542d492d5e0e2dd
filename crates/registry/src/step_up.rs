//! A code by phone, before a token is added.

use oath::UnixTime;

use crate::{
    event::words,
    values::{ConfirmationCode, Npi, Phone, SessionId},
};

/// How a code goes to a phone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PhoneChannel {
    /// As a text message.
    Sms,
    /// Read aloud in a call.
    Voice,
}

words!(PhoneChannel { Sms = "sms", Voice = "voice", });

/// A code that is to be sent now. It is known to nobody else.
#[derive(Debug)]
pub struct StepUpMessage {
    /// To which phone.
    pub phone: Phone,
    /// How.
    pub channel: PhoneChannel,
    /// The code.
    pub code: ConfirmationCode,
    /// The keyed hash of the code, by which what became of the message is noted.
    pub tag: [u8; 32],
}

/// The last code by phone of a session, as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepUpRecord {
    /// Whose it is.
    pub npi: Npi,
    /// The session that it was sent for.
    pub session: SessionId,
    /// How it was sent.
    pub channel: PhoneChannel,
    /// The keyed hash of the code.
    pub tag: [u8; 32],
    /// When it was sent.
    pub sent: UnixTime,
    /// Wrong codes that were typed.
    pub wrong: u32,
    /// When the right one was typed.
    pub confirmed: Option<UnixTime>,
    /// Counts the writes, for compare-and-set.
    pub version: u64,
}

/// How many codes were sent to an account, in whichever sessions, as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepUpSends {
    /// Whose they are.
    pub npi: Npi,
    /// How many were sent since then.
    pub sends: u32,
    /// When the counting began.
    pub since: UnixTime,
    /// Counts the writes, for compare-and-set.
    pub version: u64,
}
