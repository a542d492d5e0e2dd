//! Whether identity is to be proved anew before an activation opens an account's access.
//!
//! | the account | asked |
//! | --- | --- |
//! | never had a token, or has one in use | nothing: the record stands, and nobody rewrites it |
//! | its access was ended | a new record |
//! | had tokens, and has none in use | a new record |
//! | the same, and an activation that opens access is open | nothing: the record that came with it holds, for as long as that activation was to be good |

use oath::UnixTime;

use crate::{activation::ActivationRecord, token::Token, values::ProofingRecord};

/// What is asked of whoever begins an activation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProofingAsked {
    /// Nothing, and no new record is taken.
    Nothing,
    /// Nothing until then, and nothing that is begun by it is good for longer; a new record is taken.
    HeldUntil(UnixTime),
    /// A new record.
    NewRecord,
}

/// An identity-proofing record that is missing, or one too many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ProofingRefusal {
    /// Identity proofing starts again.
    Needed,
    /// The record of the account stands.
    Stands,
}

/// What is asked for an account with these tokens and this activation, at an instant. `ended` tells
/// whether its access was ended.
pub(crate) fn proofing_asked(
    tokens: &[Token],
    open: Option<&ActivationRecord>,
    ended: bool,
    now: UnixTime,
) -> ProofingAsked {
    if ended {
        return ProofingAsked::NewRecord;
    }
    if tokens.is_empty() || tokens.iter().any(|token| token.state.is_in_use()) {
        return ProofingAsked::Nothing;
    }
    let holds =
        open.filter(|open| open.opens_access && open.state.is_open() && now <= open.expires);
    holds.map_or(ProofingAsked::NewRecord, |open| ProofingAsked::HeldUntil(open.expires))
}

impl ProofingAsked {
    /// Judges what was given: the last instant at which what it opens is good, where there is one.
    pub(crate) const fn check(
        self,
        given: Option<&ProofingRecord>,
    ) -> Result<Option<UnixTime>, ProofingRefusal> {
        match (self, given) {
            (Self::Nothing, None) | (Self::HeldUntil(_) | Self::NewRecord, Some(_)) => Ok(None),
            (Self::HeldUntil(until), None) => Ok(Some(until)),
            (Self::NewRecord, None) => Err(ProofingRefusal::Needed),
            (Self::Nothing, Some(_)) => Err(ProofingRefusal::Stands),
        }
    }
}
