//! Why a token was not associated.

use oath::{Manufacturer, TokenType};
use provisioning::Label;

use crate::{Cause, Error, StoreError};

/// A field of the form that associates a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Field {
    /// Token Manufacturer.
    Manufacturer,
    /// Token Type.
    TokenType,
    /// Credential ID or Serial Number.
    Serial,
    /// The security code.
    Code,
    /// The code after it.
    SecondCode,
}

/// A token that was not associated.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AssociateError {
    /// The sign-in has one factor only.
    #[error("finish signing in first: type your confirmation code or a code of your token")]
    NotSignedIn,
    /// The second factor is more than 20 minutes old.
    #[error(
        "for your safety, a token can be added within 20 minutes of signing in: sign in again, then add it"
    )]
    NotFresh,
    /// A code by phone is needed first.
    #[error("confirm by phone first: open Add New Token again, and have a code sent to your phone")]
    NeedsStepUp,
    /// The first token needs a sign-in by the confirmation code of an open activation.
    #[error(
        "your first token needs a sign-in with the confirmation code of your enrolment: ask the help desk for an enrolment if you have none"
    )]
    NeedsConfirmation,
    /// A further token needs a sign-in by a code of an active one.
    #[error(
        "a further token needs a sign-in with a code of a token that is active: sign in again with one"
    )]
    NeedsTokenCode,
    /// The serial number is another manufacturer's.
    #[error(
        "this credential ID or serial number is one of {0}: choose {0} as the manufacturer, or check the number"
    )]
    OtherManufacturer(Manufacturer),
    /// The serial number is of the other type.
    #[error(
        "this credential ID or serial number is of an {0}: choose that type, or check the number"
    )]
    OtherType(TokenType),
    /// No such token waits for this account. Also said of a token that is another account's.
    #[error(
        "no token with this credential ID or serial number is waiting for you: compare it with what the app shows, and make sure that the app says it has been sent"
    )]
    NotWaiting,
    /// It was enrolled with an activation of this account that a newer one replaced.
    #[error(
        "this token was enrolled with an earlier link, which a newer one has replaced: open the newer link in the app, then add the token that it makes"
    )]
    EarlierEnrolment,
    /// The move to a new phone that it was enrolled for has ended.
    #[error(
        "this move to a new phone has ended: it was cancelled, its link expired, or one of your tokens was reported lost; begin it again in Manage Tokens"
    )]
    HandoverOver,
    /// The new phone has not enrolled yet.
    #[error(
        "the new phone’s token has not arrived yet: open the link in the app there, wait until the app says that it was sent, then type its code"
    )]
    NotEnrolled,
    /// It is this account's already.
    #[error("this token is in your list already, as \"{0}\"")]
    AlreadyYours(Label),
    /// A button makes the token's codes, and one code is not enough to find its counter.
    #[error(
        "this token makes a code at each press of its button: press it again, and type the new code here"
    )]
    NeedsSecondCode,
    /// The code was refused.
    #[error("{0}")]
    Code(Cause),
    /// The same key was used for another token.
    #[error("this form was used for another token already: open Add New Token again")]
    FormUsed,
    /// It could not be decided.
    #[error(transparent)]
    Registry(#[from] Error),
}

impl AssociateError {
    /// The field that the message belongs to; `None` for the whole form.
    #[must_use]
    pub const fn field(&self) -> Option<Field> {
        match self {
            Self::OtherManufacturer(_) => Some(Field::Manufacturer),
            Self::OtherType(_) => Some(Field::TokenType),
            Self::NotWaiting | Self::EarlierEnrolment | Self::AlreadyYours(_) => {
                Some(Field::Serial)
            }
            Self::NotEnrolled => Some(Field::Code),
            Self::NeedsSecondCode => Some(Field::SecondCode),
            Self::Code(_) => Some(Field::Code),
            _ => None,
        }
    }
}

impl AssociateError {
    /// The word for the event of a refusal; `None` where there is none, or a code's own.
    pub(crate) const fn cause(&self) -> Option<&'static str> {
        match self {
            Self::NotFresh => Some("sign-in not fresh"),
            Self::NeedsStepUp => Some("needs a code by phone"),
            Self::NeedsConfirmation => Some("needs a sign-in by confirmation code"),
            Self::NeedsTokenCode => Some("needs a sign-in by a token's code"),
            Self::OtherManufacturer(_) => Some("other manufacturer"),
            Self::OtherType(_) => Some("other type"),
            Self::NotWaiting => Some("no such token waiting"),
            Self::EarlierEnrolment => Some("earlier enrolment"),
            Self::HandoverOver => Some("move to a new phone ended"),
            Self::AlreadyYours(_) => Some("associated already"),
            Self::NeedsSecondCode => Some("needs a second code"),
            Self::NotSignedIn
            | Self::NotEnrolled
            | Self::Code(_)
            | Self::FormUsed
            | Self::Registry(_) => None,
        }
    }
}

impl From<StoreError> for AssociateError {
    fn from(error: StoreError) -> Self {
        Self::Registry(error.into())
    }
}
