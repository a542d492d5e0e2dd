//! What can go wrong, one variant per thing to do next.

use oath::{Manufacturer, TokenType};
use provisioning::Label;

use crate::{
    Cause, StoreError, TokenState,
    rules::{access::AccessRefusal, proofing::ProofingRefusal, reporting::ReportRefusal},
};

/// An operation of the registry that was not done. Nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// There is an account with this NPI.
    #[error("an account with this NPI exists already")]
    AccountExists,
    /// There is no account with this NPI.
    #[error("there is no account with this NPI: open one first")]
    UnknownAccount,
    /// There is no token with this serial number.
    #[error("there is no token with this credential ID or serial number: check it")]
    UnknownToken,
    /// The token's state does not allow it, or not to this actor.
    #[error("this cannot be done with a token that is {0}")]
    NotPossible(TokenState),
    /// The reason does not fit the token's type.
    #[error("this reason does not fit a token of this type: choose another")]
    OtherReason,
    /// What is asked is not this actor's to do.
    #[error("only the help desk can do this")]
    NotAllowed,
    /// No administrator of this name, or one who was removed.
    #[error(
        "there is no administrator of this name: check it, or see `countersign-server admin list`"
    )]
    UnknownAdministrator,
    /// The name is taken, perhaps by somebody who was removed.
    #[error(
        "this name is or was an administrator's, and stays theirs in the audit: choose another"
    )]
    AdministratorExists,
    /// The administrator's roles do not allow it.
    #[error("your role does not allow you to {action}: ask somebody whose role does")]
    NotYourRole {
        /// What they tried to do.
        action: &'static str,
    },
    /// The administrator's code is more than 20 minutes old.
    #[error("changes need a code that is at most 20 minutes old: type a new one, then try again")]
    NotFresh,
    /// The account had tokens and has none left.
    #[error(
        "this prescriber has no token left, so identity proofing starts again: check the identity, then begin with the new identity-proofing record (at the command line, --proofing)"
    )]
    NeedsProofing,
    /// The identity was proved, and that holds.
    #[error(
        "this prescriber’s identity is proved, and the record of it stays as it is: begin without a new one (at the command line, without --proofing)"
    )]
    ProofingStands,
    /// An activation cannot be valid for no time, or for longer than 30 days.
    #[error("an enrolment link can be good for at most 30 days")]
    ValidForTooLong,
    /// What came across cannot be used; among them `OtherServer` and `CannotOpen`.
    #[error(transparent)]
    Provisioning(#[from] provisioning::Error),
    /// The activation expired, or a newer one took its place.
    #[error(
        "this enrolment link has expired, or a newer one has replaced it: ask for a new one, then send again"
    )]
    ActivationExpired,
    /// Another token was provisioned with the same activation.
    #[error("this enrolment link has been used for another token: ask for a new one")]
    ActivationUsed,
    /// Another token has the same credential ID.
    #[error(
        "another token has this credential ID already: remove this one in the app and enrol anew"
    )]
    CredentialIdTaken,
    /// The session has ended, or never was.
    #[error("your session has ended: sign in again")]
    SessionEnded,
    /// The database was made under another master key.
    #[error(
        "the master key does not fit this database: start again with the master key that it was made with; nothing was changed"
    )]
    WrongMasterKey,
    /// A stored secret does not open, though the master key is the right one.
    #[error("a stored secret is damaged ({what}): restore the database from its last backup")]
    Damaged {
        /// What is damaged.
        what: &'static str,
    },
    /// The audit in the database is not what it was, or does not go on as it must.
    #[error(
        "the audit in the database does not hold checkpoint {checkpoint} as it was, or does not go on from it as it must: somebody changed it, or an old copy was brought back; nothing is sealed until that is cleared up. Run `countersign-server audit verify --checkpoints FILE`; for a copy that was brought back on purpose, see docs/audit.md"
    )]
    AuditBroken {
        /// The last checkpoint that held; 0 for the beginning.
        checkpoint: u64,
    },
    /// Too many at once on the same record.
    #[error("too many requests at once for the same token or account: try again in a moment")]
    Busy,
    /// A passphrase could not be hashed.
    #[error("the passphrase could not be processed: try again")]
    Hashing,
    /// The store cannot do it.
    #[error(transparent)]
    Store(StoreError),
}

impl From<ProofingRefusal> for Error {
    fn from(refusal: ProofingRefusal) -> Self {
        match refusal {
            ProofingRefusal::Needed => Self::NeedsProofing,
            ProofingRefusal::Stands => Self::ProofingStands,
        }
    }
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Busy => Self::Busy,
            other => Self::Store(other),
        }
    }
}

/// What opens a prescriber's access was not entered, executed or declined.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AccessError {
    /// The rules of two people do not allow it.
    #[error(transparent)]
    Refused(#[from] AccessRefusal),
    /// It could not be decided.
    #[error(transparent)]
    Registry(#[from] Error),
}

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

/// A security code that was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VerifyError {
    /// It was judged, or its token is not to be judged.
    #[error(transparent)]
    Refused(Cause),
    /// The account has no such token.
    #[error("you have no token with this credential ID or serial number: choose one of yours")]
    UnknownToken,
    /// The account has several tokens, and none was named.
    #[error("you have several tokens: say which one the code is from")]
    WhichToken,
    /// It could not be judged.
    #[error(transparent)]
    Registry(#[from] Error),
}

impl From<StoreError> for VerifyError {
    fn from(error: StoreError) -> Self {
        Self::Registry(error.into())
    }
}

/// What an owner asked of a token of theirs, and was not done.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OwnTokenError {
    /// The sign-in has one factor only.
    #[error("finish signing in first: type your confirmation code or a code of your token")]
    NotSignedIn,
    /// The second factor is more than 20 minutes old.
    #[error(
        "for your safety, tokens can be changed within 20 minutes of signing in: sign in again, then do it"
    )]
    NotFresh,
    /// The second factor was a token that is reported lost.
    #[error(
        "you signed in with a token that is reported lost: sign in again with another of yours, or call the help desk"
    )]
    LostFactor,
    /// It is not reported lost, so that there is nothing to tell of a loss.
    #[error("this token is not reported lost: see Manage Tokens")]
    NotLost,
    /// It cannot have been had after it was reported lost.
    #[error("this is after you reported it lost: give the last time before that")]
    HadLater,
    /// It is the last token, and what follows was not accepted.
    #[error(
        "this is your last token: without it you can neither sign nor sign in until your identity is proved again; say that you mean it"
    )]
    LastToken,
    /// The reason does not fit the token's type.
    #[error("this reason does not fit a token of this type: choose another")]
    OtherReason,
    /// A code was refused.
    #[error(transparent)]
    Refused(Cause),
    /// It could not be done; among them `UnknownToken` and `NotPossible`.
    #[error(transparent)]
    Registry(#[from] Error),
}

impl From<VerifyError> for OwnTokenError {
    fn from(error: VerifyError) -> Self {
        match error {
            VerifyError::Refused(cause) => Self::Refused(cause),
            VerifyError::UnknownToken | VerifyError::WhichToken => {
                Self::Registry(Error::UnknownToken)
            }
            VerifyError::Registry(error) => Self::Registry(error),
        }
    }
}

impl From<StoreError> for OwnTokenError {
    fn from(error: StoreError) -> Self {
        Self::Registry(error.into())
    }
}

/// An app's request that was not answered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AppRequestError {
    /// No token of this credential ID, or its app did not make this request: the same answer, after
    /// the same work.
    #[error(
        "this server does not know this token, or the request was changed on the way: try again, or ask the help desk"
    )]
    CannotOpen,
    /// The app is the token's, and what it reported did not happen.
    #[error(transparent)]
    Report(#[from] ReportRefusal),
    /// It could not be decided.
    #[error(transparent)]
    Registry(#[from] Error),
}

impl From<StoreError> for AppRequestError {
    fn from(error: StoreError) -> Self {
        Self::Registry(error.into())
    }
}

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
