//! What an owner does with a token of theirs, by which sign-in, and what follows from giving one up.
//!
//! | what | sign-in |
//! | --- | --- |
//! | report it lost | the passphrase alone: suspending is the safe side, and it is urgent |
//! | tell the network again | both factors |
//! | I found it, deactivate, resynchronise | both factors, the second at most 20 minutes old |
//! | unlock | the same, the second by another token |
//!
//! A suspended token is no second factor. So one that was the only one and is found comes back by the
//! help desk alone.

use oath::{SerialNumber, TokenType, UnixTime};

use crate::{
    error::OwnTokenError,
    event::words,
    session::{Factor, SecondFactor, is_fresh},
    token::{Token, TokenState},
};

/// What an owner does with a token of theirs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OwnerAct {
    /// Reports it lost.
    ReportLost,
    /// Takes it into use again.
    Found,
    /// Gives it up.
    Deactivate,
    /// Finds its step or counter again.
    Resynchronise,
    /// Lets the network be told of it once more.
    SyncAgain,
    /// Ends its lock before its time.
    Unlock,
}

/// Refuses a sign-in that is not enough for it.
pub(crate) fn check_sign_in(
    act: OwnerAct,
    factor: &Factor,
    now: UnixTime,
) -> Result<(), OwnTokenError> {
    match (act, factor) {
        (OwnerAct::ReportLost, _) => Ok(()),
        (_, Factor::Half) => Err(OwnTokenError::NotSignedIn),
        (OwnerAct::SyncAgain, Factor::Full { .. }) => Ok(()),
        (_, Factor::Full { .. }) if !is_fresh(factor, now) => Err(OwnTokenError::NotFresh),
        (_, Factor::Full { .. }) => Ok(()),
    }
}

/// Refuses what was signed in for with a token that is lost since: whoever has it may have been there
/// first, and reported it too.
pub(crate) const fn check_factor(act: OwnerAct, is_by_a_lost: bool) -> Result<(), OwnTokenError> {
    match act {
        OwnerAct::ReportLost => Ok(()),
        _ if is_by_a_lost => Err(OwnTokenError::LostFactor),
        _ => Ok(()),
    }
}

/// Refuses a sign-in by anything but another token: by the same one, whoever guesses its codes would be
/// given more tries.
///
/// # Errors
/// [`OwnTokenError::NeedsOtherToken`].
pub fn check_other_token(factor: &Factor, token: &SerialNumber) -> Result<(), OwnTokenError> {
    match factor {
        Factor::Full { by: SecondFactor::Token(by), .. } if by != token => Ok(()),
        _ => Err(OwnTokenError::NeedsOtherToken),
    }
}

/// The token that was the second factor.
pub(crate) fn factor_token<'a>(
    factor: &Factor,
    tokens: impl IntoIterator<Item = &'a Token>,
) -> Option<&'a Token> {
    let Factor::Full { by: SecondFactor::Token(serial), .. } = factor else { return None };
    tokens.into_iter().find(|token| token.serial == *serial)
}

/// Why a token is deactivated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DeactivationReason {
    /// It cannot be found.
    Lost,
    /// It was stolen, or somebody else may have used it.
    Stolen,
    /// It shows no codes, or wrong ones.
    Faulty,
    /// The app was removed from its device, or the device was given away.
    Uninstalled,
    /// It is not needed any more.
    NotNeeded,
}

words!(DeactivationReason {
    Lost = "lost",
    Stolen = "stolen",
    Faulty = "faulty",
    Uninstalled = "uninstalled",
    NotNeeded = "not-needed",
});

impl DeactivationReason {
    /// Whether the token is lost then: somebody else may have it.
    #[must_use]
    pub const fn is_loss(self) -> bool {
        matches!(self, Self::Lost | Self::Stolen)
    }

    /// The reason that an event was recorded with: what stands before the first comma.
    pub(crate) fn recorded(cause: &str) -> Option<Self> {
        let word = cause.split(',').next();
        Self::ALL.iter().copied().find(|reason| Some(reason.name()) == word)
    }

    /// Whether a token of this type can be given up for this reason: only an app is uninstalled.
    #[must_use]
    pub const fn fits(self, token_type: TokenType) -> bool {
        !matches!((self, token_type), (Self::Uninstalled, TokenType::Hard))
    }
}

/// What an account is left with when it has one token less.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Remaining {
    /// So many others that are good for a code now, or will be after a lock.
    Others(usize),
    /// None: the prescriber cannot sign, and enrols anew from the beginning.
    None,
}

impl Remaining {
    /// What follows, in words.
    #[must_use]
    pub fn text(self) -> String {
        match self {
            Self::Others(1) => "You have one other token. If that is lost too, your identity has to be proved again: add a further one soon.".to_owned(),
            Self::Others(others) => format!("You have {others} other tokens to sign with."),
            Self::None => "This is your last token. Without it you cannot sign prescriptions or sign in here: the help desk has to prove your identity again and send you a new enrolment.".to_owned(),
        }
    }
}

/// What an account's tokens are without one of them.
#[must_use]
pub fn remaining(tokens: &[Token], without: &Token, now: UnixTime) -> Remaining {
    let good = |token: &&Token| {
        token.serial != without.serial
            && matches!(
                token.at(now).state,
                TokenState::PendingSync | TokenState::Active | TokenState::Locked
            )
    };
    match tokens.iter().filter(good).count() {
        0 => Remaining::None,
        others => Remaining::Others(others),
    }
}
