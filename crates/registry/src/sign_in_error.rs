//! Why somebody is not signed in, or did not confirm who they are once more.

use crate::{Error, VerifyError};

/// A first factor that was refused: the same answer whatever the reason.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignInError {
    /// The NPI is unknown, the passphrase is wrong, or the sign-in is paused.
    #[error(
        "this NPI and passphrase do not fit, or there were too many attempts: check both and try again; after ten wrong ones wait 15 minutes, or call the help desk"
    )]
    Refused,
    /// Too many wait to be judged; nothing was counted.
    #[error(
        "too many people are signing in at this moment: try again in a minute; nothing was counted against you"
    )]
    TooMany,
    /// It could not be judged.
    #[error(transparent)]
    Registry(#[from] Error),
}

/// A passphrase that somebody who is signed in gave once more, and that was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PassphraseError {
    /// It is not the account's.
    #[error(
        "this is not your passphrase: type it again; after ten wrong ones in a row none is judged for 15 minutes"
    )]
    Wrong,
    /// There were too many wrong ones.
    #[error(
        "there were too many wrong passphrases, so this one was not judged: wait 15 minutes, or call the help desk"
    )]
    Paused,
    /// Too many wait to be judged; nothing was counted.
    #[error("too many people are signing in at this moment: try again in a minute")]
    TooMany,
    /// It could not be judged.
    #[error(transparent)]
    Registry(#[from] Error),
}

/// A test prescription that was not gone through to the end.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SigningTestError {
    /// The sign-in has one factor only.
    #[error("finish signing in first: type your confirmation code or a code of your token")]
    NotSignedIn,
    /// The passphrase was refused; the code was not judged.
    #[error(transparent)]
    Passphrase(#[from] PassphraseError),
    /// The code was refused.
    #[error(transparent)]
    Code(#[from] VerifyError),
}

/// A code by phone that was not sent, or was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StepUpError {
    /// The sign-in has one factor only.
    #[error("finish signing in first: type your confirmation code or a code of your token")]
    NotSignedIn,
    /// The second factor is more than 20 minutes old.
    #[error(
        "for your safety, a token can be added within 20 minutes of signing in: sign in again, then add it"
    )]
    NotFresh,
    /// The account has no telephone number.
    #[error("no telephone number is on record for you: ask the help desk to note it")]
    NoPhone,
    /// Too many were sent.
    #[error(
        "too many codes were sent to your phone: use the last one, or ask for another in {} minutes",
        seconds_left.div_ceil(60)
    )]
    TooManySends {
        /// In how many seconds another may be sent.
        seconds_left: u64,
    },
    /// None is open: it expired, or had too many wrong tries.
    #[error(
        "no code is open: yours is more than 10 minutes old, or was mistyped too often; have a new one sent"
    )]
    NoCode,
    /// Not the code that was sent.
    #[error(
        "this is not the code that was sent last: type it as you received it ({tries_left} tries left)"
    )]
    Wrong {
        /// How many wrong ones may follow.
        tries_left: u32,
    },
    /// It could not be decided.
    #[error(transparent)]
    Registry(#[from] Error),
}

/// A new passphrase that was not set.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SetPassphraseError {
    /// The link is unknown, was used, is too old, or had too many wrong codes.
    #[error(
        "this link is good no more, or never was: it works once, for a day, and ends at five wrong codes; ask the help desk for a new one"
    )]
    LinkOver,
    /// Not the code that belongs to the link.
    #[error(
        "this is not the code to your link: type it as you received it ({tries_left} tries left)"
    )]
    Wrong {
        /// How many wrong ones may follow.
        tries_left: u32,
    },
    /// Too many passphrases wait to be hashed; nothing was counted.
    #[error("too many people are signing in at this moment: try again in a minute")]
    TooMany,
    /// It could not be decided.
    #[error(transparent)]
    Registry(#[from] Error),
}

/// A confirmation code that was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfirmError {
    /// Not the code of the account's activation.
    #[error(
        "this is not your confirmation code: type it as you received it ({tries_left} tries left)"
    )]
    Wrong {
        /// How many wrong ones may follow.
        tries_left: u32,
    },
    /// No activation is open, or its code expired or had too many wrong attempts.
    #[error(
        "your enrolment has expired, is complete, or had too many wrong confirmation codes: use a code of your token, or ask the help desk for a new enrolment"
    )]
    NoOpenActivation,
    /// The account has a token.
    #[error("you have a token: type the security code that it shows")]
    HasToken,
    /// It could not be judged.
    #[error(transparent)]
    Registry(#[from] Error),
}
