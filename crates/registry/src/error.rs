//! What can go wrong, one variant per thing to do next.

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
    /// Another account has this ID.
    #[error("another account has this ID: choose another")]
    AccountIdTaken,
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
    /// The master key cannot be changed where only one is known.
    #[error(
        "only one master key was given: name the new one and the former one, as --master-key-file and --former-master-key-file"
    )]
    NoFormerKey,
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
    /// The second factor was no other token of theirs.
    #[error("to unlock a token, sign in with another of yours, or call the help desk")]
    NeedsOtherToken,
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
