//! A new passphrase: a link and a code, by which the prescriber chooses it. How long they are good stands
//! in [`crate::rules::passphrase_reset`].

use oath::UnixTime;
use provisioning::Label;

use crate::{
    event::words,
    values::{IdempotencyKey, Npi, ResetId},
};

/// Where a reset is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ResetState {
    /// It can be used, if it is not too old and had not too many wrong codes.
    Open,
    /// A passphrase was chosen by it.
    Used,
    /// A newer one took its place, or the account's access was ended.
    Ended,
}

words!(ResetState { Open = "open", Used = "used", Ended = "ended", });

/// A reset as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PassphraseResetRecord {
    /// The hash of the link's secret.
    pub id: ResetId,
    /// Whose passphrase it is.
    pub npi: Npi,
    /// Where in its life it is.
    pub state: ResetState,
    /// Who executed it, and so saw link and code.
    pub seen_by: Label,
    /// The keyed hash of the code.
    pub tag: [u8; 32],
    /// When it was made.
    pub made: UnixTime,
    /// Wrong codes that were typed.
    pub wrong: u32,
    /// When it was used.
    pub used: Option<UnixTime>,
    /// The submit that used it, so that the same one again gets the same answer.
    pub submit: Option<IdempotencyKey>,
    /// Counts the writes, for compare-and-set.
    pub version: u64,
}
