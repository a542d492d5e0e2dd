//! The code by phone that the operator may ask for before a token is added.
//!
//! | rule | figure |
//! | --- | --- |
//! | a code is good for | 10 minutes (SP 800-63B-4), in the session that it was sent for |
//! | wrong codes, then a new one is needed | 5 |
//! | codes that are sent to an account, in all its sessions | 5 in an hour |
//! | a confirmation is good for | 20 minutes, in the same session |

use oath::UnixTime;

use crate::{
    event::NewEvent,
    session::FRESH,
    step_up::{PhoneChannel, StepUpRecord, StepUpSends},
};

/// Seconds for which a code is good.
pub const VALID_FOR: u64 = 10 * 60;
/// Wrong codes that end one.
pub const MOST_WRONG: u32 = 5;
/// Codes that are sent within [`SENDS_WINDOW`].
pub const MOST_SENDS: u32 = 5;
/// Seconds in which sent codes are counted.
pub const SENDS_WINDOW: u64 = 3600;
/// Seconds after which a code that was sent is neither typed nor holds any more.
pub(crate) const OVER: u64 = VALID_FOR + FRESH;
/// Seconds in which a second submit sends nothing anew.
pub const SENT_JUST_NOW: u64 = 15;

/// How the cause of an event begins that notes a telephone number where there was none.
pub(crate) const PHONE_ADDED: &str = "added, ";
/// The cause of an event that notes that there is no telephone number.
pub(crate) const PHONE_REMOVED: &str = "none";

/// What became of an account's telephone number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PhoneChange {
    /// There was none before.
    Added,
    /// It took the place of another; also one of an event from before these were told apart.
    Changed,
    /// There is none any more.
    Removed,
}

impl PhoneChange {
    /// What an event says of it that notes a telephone number.
    #[must_use]
    pub fn of(event: &NewEvent) -> Self {
        match event.cause.as_deref().unwrap_or_default() {
            PHONE_REMOVED => Self::Removed,
            cause if cause.starts_with(PHONE_ADDED) => Self::Added,
            _ => Self::Changed,
        }
    }
}

/// Where a session stands with its code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StepUpStanding {
    /// A code is to be sent.
    ToSend,
    /// One was sent, and can be typed.
    Sent {
        /// How.
        channel: PhoneChannel,
        /// The last instant at which it is good.
        until: UnixTime,
    },
    /// It was typed.
    Confirmed,
}

/// Where a session stands, by its last code.
pub(crate) fn standing(last: Option<&StepUpRecord>, now: UnixTime) -> StepUpStanding {
    let Some(last) = last else { return StepUpStanding::ToSend };
    match last.confirmed {
        Some(at) if now.since(at) <= FRESH => StepUpStanding::Confirmed,
        None if now.since(last.sent) <= VALID_FOR && last.wrong < MOST_WRONG => {
            StepUpStanding::Sent { channel: last.channel, until: last.sent.plus(VALID_FOR) }
        }
        _ => StepUpStanding::ToSend,
    }
}

/// How many codes were sent with this one, and since when they are counted; or in how many seconds
/// one may be sent.
pub(crate) fn sends_with_this(
    last: Option<&StepUpSends>,
    now: UnixTime,
) -> Result<(u32, UnixTime), u64> {
    match last {
        Some(last) if now.since(last.since) < SENDS_WINDOW => {
            if last.sends < MOST_SENDS {
                Ok((last.sends + 1, last.since))
            } else {
                Err(SENDS_WINDOW - now.since(last.since))
            }
        }
        _ => Ok((1, now)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::values::SessionId;

    const SENT: UnixTime = UnixTime(1_000_000);

    fn sent() -> StepUpRecord {
        StepUpRecord {
            npi: "1234567893".parse().unwrap(),
            session: SessionId::from_bytes([1; 32]),
            channel: PhoneChannel::Sms,
            tag: [0; 32],
            sent: SENT,
            wrong: 0,
            confirmed: None,
            version: 1,
        }
    }

    #[test]
    fn where_a_session_stands_as_a_table() {
        let open = StepUpStanding::Sent { channel: PhoneChannel::Sms, until: SENT.plus(600) };
        let (to_send, confirmed) = (StepUpStanding::ToSend, StepUpStanding::Confirmed);
        for (wrong, typed, after, expected) in [
            (0, None, 0, open),
            (0, None, 600, open),
            (0, None, 601, to_send),
            (4, None, 1, open),
            (5, None, 1, to_send),
            (0, Some(SENT), 1_200, confirmed),
            (0, Some(SENT), 1_201, to_send),
        ] {
            let last = StepUpRecord { wrong, confirmed: typed, ..sent() };
            let found = standing(Some(&last), SENT.plus(after));
            assert_eq!(found, expected, "{wrong} {typed:?} {after}");
        }
        assert_eq!(standing(None, SENT), to_send);
    }

    #[test]
    fn five_codes_are_sent_in_an_hour() {
        assert_eq!(sends_with_this(None, SENT), Ok((1, SENT)));
        let npi = "1234567893".parse().unwrap();
        let last = |sends| StepUpSends { npi, sends, since: SENT, version: 1 };
        assert_eq!(sends_with_this(Some(&last(4)), SENT.plus(60)), Ok((5, SENT)));
        assert_eq!(sends_with_this(Some(&last(5)), SENT.plus(60)), Err(3_540));
        let later = SENT.plus(3_600);
        assert_eq!(sends_with_this(Some(&last(5)), later), Ok((1, later)));
    }
}
