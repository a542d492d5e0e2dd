//! Wrong codes that named no token: they are counted on the account.

use oath::UnixTime;

use crate::{
    Cause,
    rules::lock::{Lock, lock_at},
    values::Npi,
};

/// The account's wrong codes in a row that named no token, as they are stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodeMisses {
    /// Whose.
    pub npi: Npi,
    /// How many.
    pub failures: u32,
    /// Until when a code that names no token is not judged; may have passed.
    pub pause: Option<Lock>,
    /// Counts the writes, for compare-and-set; 0 where nothing is stored yet.
    pub version: u64,
}

impl CodeMisses {
    /// None yet.
    pub(crate) const fn none(npi: Npi) -> Self {
        Self { npi, failures: 0, pause: None, version: 0 }
    }

    /// As they are after one more, by the rule that locks tokens.
    pub(crate) fn and_one(&self, now: UnixTime) -> Self {
        let failures = self.failures.saturating_add(1);
        Self { failures, pause: lock_at(failures, now), ..self.clone() }
    }

    /// As they are after a good code, or the help desk's word.
    pub(crate) fn forgiven(&self) -> Self {
        Self { failures: 0, pause: None, ..self.clone() }
    }

    /// Why a code that names no token is not judged, if it is not.
    pub(crate) fn refusal(&self, now: UnixTime) -> Option<CodeRefusal> {
        match self.pause.filter(|pause| pause.holds(now))? {
            Lock::Until(until) => {
                Some(CodeRefusal::Paused { seconds_left: Some(until.since(now)) })
            }
            Lock::UntilUnlocked => Some(CodeRefusal::Paused { seconds_left: None }),
        }
    }
}

/// Why a relying party's code was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CodeRefusal {
    /// It was judged, or its token is not to be judged.
    #[error(transparent)]
    Cause(#[from] Cause),
    /// The account has no such token, or none at all, or there is no such account.
    #[error(
        "this account has no token of this credential ID or serial number: check the account's NPI, and which token was chosen"
    )]
    UnknownToken,
    /// Too many wrong codes named no token.
    #[error(
        "too many wrong codes were typed for this account: name the token that the code is from by its credential ID, or wait; the help desk can unlock it sooner"
    )]
    Paused {
        /// When that ends by itself; `None` if only the help desk ends it.
        seconds_left: Option<u64>,
    },
}

impl CodeRefusal {
    /// The word for programs: as [`Cause::name`], or `unknown-token` or `paused`.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Cause(cause) => cause.name(),
            Self::UnknownToken => "unknown-token",
            Self::Paused { .. } => "paused",
        }
    }

    /// In how many seconds codes are judged again, where they are not now and time ends that.
    #[must_use]
    pub const fn seconds_left(&self) -> Option<u64> {
        match self {
            Self::Cause(Cause::Locked { until: Some(_), seconds_left }) => Some(*seconds_left),
            Self::Paused { seconds_left } => *seconds_left,
            _ => None,
        }
    }
}
