//! Moving a soft token to a new phone. No secret is copied: the new phone makes a seed of its own.
//!
//! ```text
//!   begun ---the new phone sends its token---> its first code is awaited ---a good code---+
//!     |  \                                       |                                         |
//!     |   20 minutes: the link is no longer good |        no network to tell: done at once |
//!     |                                          |                                         v
//!     +---cancelled, or a token of the account   +           the network acknowledges --> done:
//!         is reported lost--> over                               the old token is deactivated
//! ```
//!
//! It begins and ends in a sign-in by a code, at most 20 minutes old, of a token that is active: the old
//! one or another. The link is good for as long as the sign-in that approved it is fresh. Until it is
//! done the old token works, also while the network has yet to know the new one. A loss of any of the
//! account's tokens ends it, since whoever has that token may be the one who began it; a new token
//! that waits for the network is suspended then. While the new token is locked the old one does not end:
//! the owner would be left with none.

use oath::{SerialNumber, TokenType, UnixTime};
use serde::Serialize;

use super::token_states::{TokenEvent, apply};
use crate::{
    activation::{ActivationRecord, ActivationState},
    event::Actor,
    session::FRESH,
    token::{Token, TokenState},
};

/// Seconds for which its link is good.
pub const LINK_VALID_FOR: u64 = FRESH;
/// Why the old token is deactivated, as the audit has it.
pub const MOVED: &str = "moved to a new phone";
/// How the cause of a finished move begins; the new token follows.
pub(crate) const MOVED_TO: &str = "to ";

/// A token's move to a new phone that is under way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Handover {
    /// The token that ends with it.
    pub from: SerialNumber,
    /// The new phone's token, once it has come.
    pub to: Option<SerialNumber>,
    /// When it was begun.
    pub begun: UnixTime,
    /// How far it is.
    pub stage: HandoverStage,
}

/// How far a token's move is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "is")]
pub enum HandoverStage {
    /// The new phone is to open the link.
    Enrolling {
        /// The last instant at which it can.
        until: UnixTime,
    },
    /// A code of the new phone's token is to be typed.
    FirstCode,
    /// The e-prescribing network has yet to know the new phone's token.
    NetworkSync,
    /// The network knows the new phone's token, which was locked: it is done when that is
    /// unlocked, or with its first good code.
    Locked,
}

/// Whether its owner may begin to move this token: a soft one whose codes count, now or after a lock.
#[must_use]
pub fn is_movable(token: &Token, now: UnixTime) -> bool {
    let owner = token.owner.map(|npi| Actor::Prescriber { npi });
    token.token_type == TokenType::Soft
        && owner.is_some_and(|owner| apply(token, TokenEvent::Move, &owner, now).is_ok())
}

/// The move that an activation is for, unless it has ended or is for none. `new` is its token, as it
/// is stored. One that is [`HandoverStage::Locked`] is under way only while the old token is movable.
pub(crate) fn under_way(
    activation: &ActivationRecord,
    new: Option<&Token>,
    now: UnixTime,
) -> Option<Handover> {
    let stage = match activation.state {
        ActivationState::Begun if now <= activation.expires => {
            HandoverStage::Enrolling { until: activation.expires }
        }
        ActivationState::Provisioned => HandoverStage::FirstCode,
        ActivationState::Completed if new.is_some_and(waits) => HandoverStage::NetworkSync,
        ActivationState::Completed if new.is_some_and(is_held_up) => HandoverStage::Locked,
        _ => return None,
    };
    Some(Handover {
        from: activation.replaces.clone()?,
        to: activation.serial.clone(),
        begun: activation.begun,
        stage,
    })
}

/// Whether a new phone's token waits for the network still.
fn waits(new: &Token) -> bool {
    new.sync.waits() && matches!(new.state, TokenState::PendingSync | TokenState::Locked)
}

/// Whether a token that waits for nothing is locked, or was and has shown no good code since.
pub(crate) const fn is_held_up(new: &Token) -> bool {
    let wrong = new.failures > 0 && matches!(new.state, TokenState::Active);
    !new.sync.waits() && (wrong || matches!(new.state, TokenState::Locked))
}

/// Whether the old token's end has come: the new one's codes are good now.
pub(crate) const fn is_done(new: &Token) -> bool {
    !new.sync.waits() && matches!(new.state, TokenState::Active)
}

#[cfg(test)]
mod tests {
    use oath::Totp;
    use provisioning::{ActivationId, PinPolicy};

    use super::*;
    use crate::{Otp, rules::network_sync::NetworkSync};

    const NOW: UnixTime = UnixTime(1_000_000);

    fn token(state: TokenState, token_type: TokenType, sync: NetworkSync) -> Token {
        let serial: SerialNumber = "CSST4F7K92MQ".parse().unwrap();
        let (maker, name) = (oath::Manufacturer::Countersign, "Phone".parse().unwrap());
        let otp = Otp::Totp(Totp::default());
        let owner = Some("1234567893".parse().unwrap());
        let made = Token::provisioned(serial, maker, token_type, name, otp, NOW);
        Token { state, owner, sync, ..made }
    }

    fn activation(state: ActivationState) -> ActivationRecord {
        ActivationRecord {
            id: ActivationId::from_bytes([1; 16]),
            npi: "1234567893".parse().unwrap(),
            state,
            opens_access: false,
            pin: PinPolicy::default(),
            serial: None,
            replaces: Some("CSST4F7K92MQ".parse().unwrap()),
            sealed_secret: Vec::new(),
            confirmation_tag: [0; 32],
            confirmation_expires: NOW,
            wrong_confirmations: 0,
            begun: NOW,
            expires: NOW.plus(LINK_VALID_FOR),
            version: 1,
        }
    }

    #[test]
    fn what_can_be_moved_as_a_table() {
        use TokenState::{Active, Deactivated, Locked, PendingSync, Provisioned, Suspended};
        let synced = NetworkSync::NotNeeded;
        for (state, expected) in [
            (Provisioned, false),
            (PendingSync, false),
            (Active, true),
            (Locked, true),
            (Suspended, false),
            (Deactivated, false),
        ] {
            let mut soft = token(state, TokenType::Soft, synced);
            soft.lock = (state == Locked).then_some(crate::Lock::Until(NOW.plus(60)));
            assert_eq!(is_movable(&soft, NOW), expected, "{state}");
            let hard = Token { token_type: TokenType::Hard, ..soft.clone() };
            assert!(!is_movable(&hard, NOW), "{state}");
            assert!(!is_movable(&Token { owner: None, ..soft }, NOW), "{state}");
        }
    }

    #[test]
    fn how_far_it_is_as_a_table() {
        use ActivationState::{Begun, Completed, Provisioned, Superseded};
        let until = NOW.plus(LINK_VALID_FOR);
        let enrolling = Some(HandoverStage::Enrolling { until });
        let waiting = token(TokenState::PendingSync, TokenType::Soft, NetworkSync::begin(NOW));
        let known = token(TokenState::Active, TokenType::Soft, NetworkSync::NotNeeded);
        let lost = Token { state: TokenState::Suspended, ..waiting.clone() };
        let locked = Token { state: TokenState::Locked, ..known.clone() };
        for (state, new, at, expected) in [
            (Begun, None, until, enrolling),
            (Begun, None, until.plus(1), None),
            (Provisioned, None, until.plus(1), Some(HandoverStage::FirstCode)),
            (Completed, Some(&waiting), until, Some(HandoverStage::NetworkSync)),
            (Completed, Some(&known), until, None),
            (Completed, Some(&lost), until, None),
            (Completed, Some(&locked), until, Some(HandoverStage::Locked)),
            (Superseded, Some(&waiting), NOW, None),
        ] {
            let found = under_way(&activation(state), new, at).map(|handover| handover.stage);
            assert_eq!(found, expected, "{state:?}");
        }
        let of_no_move = ActivationRecord { replaces: None, ..activation(Begun) };
        assert_eq!(under_way(&of_no_move, None, NOW), None);
        assert_eq!((is_done(&waiting), is_done(&known), is_done(&lost)), (false, true, false));
        assert!(!is_done(&locked));
    }
}
