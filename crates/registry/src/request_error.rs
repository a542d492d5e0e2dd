//! Why nothing was done about a token request.

use oath::TokenType;

use crate::{
    Error, StoreError, TokenState,
    request::RequestState,
    rules::{
        proofing::ProofingRefusal,
        request_states::{RequestEvent, RequestImpossible},
    },
    values::RequestId,
};

/// A token request that was not made or not changed. Nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    /// The sign-in has one factor only.
    #[error("finish signing in first: type your confirmation code or a code of your token")]
    NotSignedIn,
    /// The second factor is more than 20 minutes old.
    #[error(
        "for your safety, tokens can be requested and replaced within 20 minutes of signing in: sign in again, then send this again"
    )]
    NotFresh,
    /// The same key was used for something else.
    #[error("this form was used for another request already: open Request Token again")]
    FormUsed,
    /// The account has as many open requests as it can have.
    #[error(
        "you have {0} requests that are not finished: cancel those that you do not need, then request again"
    )]
    TooMany(usize),
    /// The account has no such request. Also said of one that is another account's.
    #[error("there is no request with this number: check it")]
    Unknown,
    /// What is asked does not go from where the request is.
    #[error("{}", not_possible(*.event, *.state))]
    NotPossible {
        /// What was asked.
        event: RequestEvent,
        /// Where the request is.
        state: RequestState,
    },
    /// What is asked is not this actor's to do.
    #[error("only the help desk can do this")]
    NotAllowed,
    /// A hard token needs an address.
    #[error("a hard token is shipped: enter the address that it goes to")]
    NeedsAddress,
    /// The account has no such token. Also said of one that is another account's.
    #[error("you have no token with this credential ID or serial number: choose one of yours")]
    UnknownToken,
    /// The token's state does not let it be replaced.
    #[error("this token is {0}, so there is nothing to replace: use Request Token for a new one")]
    CannotReplace(TokenState),
    /// Not a reason to replace a token of this type.
    #[error("this is no reason to replace this token: choose another")]
    OtherReason,
    /// It is the account's last one, and whoever asked did not say that this is meant.
    #[error("this is your last token: confirm that you have read what follows from replacing it")]
    LastToken,
    /// Another soft token of the same account waits for its activation.
    #[error(
        "request {0} of the same prescriber is processed and waits for its activation, which a second one would end: let it be activated or cancel it first"
    )]
    OtherFirst(RequestId),
    /// The account had tokens and has none left.
    #[error(
        "this prescriber has no token left, so identity proofing starts again: check the identity, have an activation with the new identity-proofing record entered and executed under Access by two people, then process this request; at the command line, give the record with --proofing"
    )]
    NeedsProofing,
    /// The identity was proved, and that holds; or the new record is not this actor's to write alone.
    #[error(
        "the identity-proofing record is not written with this request: where the last token is gone, two people enter and execute it with an activation, under Access"
    )]
    ProofingStands,
    /// It would open the prescriber's access, which takes two people, who have not begun an activation.
    #[error(
        "this prescriber has no token in use, so that an activation opens their access, which takes two people: have one entered and executed under Access, then process this request, which mails its link"
    )]
    TwoPeople,
    /// The serial number is of the other type.
    #[error("this serial number is of an {0}, and the request is for a hard token: check it")]
    OtherType(TokenType),
    /// No such token is in stock, so that nobody could add it.
    #[error(
        "no token with this serial number is in stock: compare it with the back of the token, or import its maker's file first"
    )]
    NotInStock,
    /// The token is somebody's, or on its way to somebody.
    #[error("this token is somebody's already, or on its way to somebody: check the serial number")]
    SerialTaken,
    /// It could not be decided.
    #[error(transparent)]
    Registry(#[from] Error),
}

const fn not_possible(event: RequestEvent, state: RequestState) -> &'static str {
    match (event, state) {
        (_, RequestState::Cancelled) => "this request was cancelled: make a new one",
        (_, RequestState::Activated) => {
            "the token of this request is activated: nothing is left to do"
        }
        (RequestEvent::Edit, _) => {
            "this request has been processed and can only be cancelled: cancel it and make a new one, or call the help desk"
        }
        (RequestEvent::Ship, RequestState::Requested) => {
            "process this request before it is shipped"
        }
        (RequestEvent::Ship, RequestState::Shipped) => {
            "this request was shipped already, with another serial number or tracking number: compare them"
        }
        (RequestEvent::Ship, _) => {
            "only a hard token is shipped, and this request is for a soft one"
        }
        (RequestEvent::SendAgain, RequestState::Requested) => {
            "nothing has been mailed for this request: process it first"
        }
        (RequestEvent::SendAgain, _) => {
            "the mail of a hard token goes out when it is shipped: ship it first"
        }
        _ => "this cannot be done with the request as it is: look at its state",
    }
}

impl RequestError {
    pub(crate) const fn not_possible(event: RequestEvent, why: RequestImpossible) -> Self {
        match why {
            RequestImpossible::FromHere(state) => Self::NotPossible { event, state },
            RequestImpossible::ForThem => Self::NotAllowed,
        }
    }
}

impl From<ProofingRefusal> for RequestError {
    fn from(refusal: ProofingRefusal) -> Self {
        match refusal {
            ProofingRefusal::Needed => Self::NeedsProofing,
            ProofingRefusal::Stands => Self::ProofingStands,
        }
    }
}

impl From<StoreError> for RequestError {
    fn from(error: StoreError) -> Self {
        Self::Registry(error.into())
    }
}
