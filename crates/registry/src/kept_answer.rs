//! Answers that are kept, so that a request that is sent again gets the same one.

use oath::UnixTime;
use provisioning::Label;

use crate::{Error, StoreError, values::IdempotencyKey};

/// For how long an answer is kept, in seconds.
pub const KEPT_FOR: u64 = 24 * 60 * 60;
/// For how many seconds a request that was begun and not answered may be under way: longer than any server
/// works at one.
pub const UNDER_WAY_FOR: u64 = 60;

/// What a caller gets, in the form in which it is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The status of HTTP, or another protocol's.
    pub status: u16,
    /// What is said.
    pub body: String,
    /// Whether it was said before, to the same request.
    pub repeated: bool,
}

/// What makes a request the same request.
#[derive(Debug, Clone, Copy)]
pub struct Once<'a> {
    /// The caller's name for it.
    pub key: &'a IdempotencyKey,
    /// All that was asked: under one key only the same is asked again.
    pub request: &'a [u8],
}

/// An answer as it is stored, or that there is none yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptAnswer {
    /// Whose request it was.
    pub party: Label,
    /// Under which key.
    pub key: IdempotencyKey,
    /// A keyed hash of what was asked, which may hold a code.
    pub tag: [u8; 32],
    /// What was said.
    pub kept: Kept,
    /// When; of one that is under way, when it was begun.
    pub at: UnixTime,
}

/// What is kept of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kept {
    /// It was begun.
    UnderWay,
    /// It was answered.
    Answered {
        /// The status.
        status: u16,
        /// What was said; sealed, as base64, where what was asked is more than a code.
        body: String,
    },
}

impl KeptAnswer {
    /// Whether it is the answer still.
    #[must_use]
    pub fn stands(&self, now: UnixTime) -> bool {
        now.since(self.at) < KEPT_FOR
    }
}

/// A request under an idempotency key was not answered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AnswerError {
    /// Something else was asked under the same key within a day.
    #[error(
        "another request was sent under this idempotency key within a day: make a new key for each new request, and repeat only what was sent"
    )]
    KeyReused,
    /// The same request is being answered at this moment.
    #[error("the same request is under way: send it again in a few seconds for its answer")]
    InProgress,
    /// The same request was begun, and nobody knows how it ended.
    #[error(
        "this request was begun before, and how it ended is not known, as the server stopped meanwhile: look at what it is about, and if it was not done, send it again under a new idempotency key"
    )]
    UnknownOutcome,
    /// It could not be decided.
    #[error(transparent)]
    Registry(#[from] Error),
}

impl From<StoreError> for AnswerError {
    fn from(error: StoreError) -> Self {
        Self::Registry(error.into())
    }
}
