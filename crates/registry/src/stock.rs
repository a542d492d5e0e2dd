//! Imports of stock: a file of hard tokens is checked row by row, and taken as a whole or not at all.
//!
//! What is checked lies apart, sealed as every seed is, until somebody takes the import; then all of
//! it becomes tokens that nobody owns, in one commit. So a check costs no memory, however long the
//! file, and whoever looks at its report needs neither the file nor its key again.

use core::{fmt, str::FromStr};

use data_encoding::HEXLOWER;
use oath::UnixTime;
use provisioning::Label;
use rand_core::CryptoRng;
use serde::{Serialize, Serializer};

use crate::{event::words, token::TokenRecord, values::ValueError};

/// How long an import waits to be taken: after that it is forgotten.
pub const WAITS: u64 = 24 * 60 * 60;
/// How many findings of an import are kept.
pub const FINDINGS_KEPT: u64 = 1_000;

/// What names an import: 16 random bytes.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct StockImportId([u8; 16]);

impl StockImportId {
    pub(crate) fn generate(rng: &mut impl CryptoRng) -> Self {
        let mut id = [0; 16];
        rng.fill_bytes(&mut id);
        Self(id)
    }

    pub(crate) const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    pub(crate) const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl fmt::Display for StockImportId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&HEXLOWER.encode(&self.0))
    }
}

impl fmt::Debug for StockImportId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StockImportId({self})")
    }
}

impl FromStr for StockImportId {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, ValueError> {
        let bytes = HEXLOWER.decode(text.as_bytes()).map_err(|_| ValueError::StockImport)?;
        bytes.try_into().map(Self).map_err(|_| ValueError::StockImport)
    }
}

impl Serialize for StockImportId {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

/// How far an import is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum StockState {
    /// Its file is being read.
    Reading,
    /// Its report is whole; nothing has changed yet.
    Checked,
    /// Its tokens are there.
    Taken,
    /// It was given up.
    Dropped,
}

words!(StockState {
    Reading = "reading",
    Checked = "checked",
    Taken = "taken",
    Dropped = "dropped",
});

/// What a row of a file came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum StockWhat {
    /// A token that is not here yet.
    New,
    /// A serial number that the same file has on an earlier line.
    Twice,
    /// A token that is here already, with the same seed.
    There,
    /// Another token has the same serial number.
    Other,
    /// It cannot be read.
    Damaged,
    /// It is no token, and nothing is lost without it.
    Skipped,
}

words!(StockWhat {
    New = "new",
    Twice = "twice",
    There = "there",
    Other = "other",
    Damaged = "damaged",
    Skipped = "skipped",
});

/// What was found on one row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StockFinding {
    /// Its place among the rows, from 1.
    #[serde(skip)]
    pub place: u64,
    /// The line on which it begins.
    pub line: u64,
    /// Its serial number as the file has it.
    pub serial: Option<String>,
    /// What it came to.
    pub what: StockWhat,
    /// Why, in words, where it is not new.
    pub cause: Option<String>,
}

/// How many rows came to what.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct StockCounts {
    /// [`StockWhat::New`].
    pub new: u64,
    /// [`StockWhat::Twice`].
    pub twice: u64,
    /// [`StockWhat::There`].
    pub there: u64,
    /// [`StockWhat::Other`].
    pub other: u64,
    /// [`StockWhat::Damaged`].
    pub damaged: u64,
    /// [`StockWhat::Skipped`].
    pub skipped: u64,
}

impl StockCounts {
    pub(crate) const fn count(&mut self, what: StockWhat) {
        let counted = match what {
            StockWhat::New => &mut self.new,
            StockWhat::Twice => &mut self.twice,
            StockWhat::There => &mut self.there,
            StockWhat::Other => &mut self.other,
            StockWhat::Damaged => &mut self.damaged,
            StockWhat::Skipped => &mut self.skipped,
        };
        *counted += 1;
    }

    /// All rows.
    #[must_use]
    pub const fn rows(&self) -> u64 {
        self.new + self.twice + self.there + self.other + self.damaged + self.skipped
    }

    /// The rows without which nobody can say that the file was taken: nothing is, unless they are
    /// left out on purpose.
    #[must_use]
    pub const fn in_the_way(&self) -> u64 {
        self.twice + self.other + self.damaged
    }
}

/// An import.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StockImport {
    /// What names it.
    pub id: StockImportId,
    /// How far it is.
    pub state: StockState,
    /// Who brought the file.
    pub by: String,
    /// What the file is called.
    pub file: Label,
    /// When its reading began.
    pub begun: UnixTime,
    /// When it was taken or given up.
    pub ended: Option<UnixTime>,
    /// What was found in it.
    pub counts: StockCounts,
}

/// An import as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StockImportRecord {
    /// What everybody who may see it sees of it.
    pub import: StockImport,
    /// Counts the writes, for compare-and-set.
    pub version: u64,
}

/// A token of an import that is not taken yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StagedToken {
    /// The line of the file that it is from.
    pub line: u64,
    /// The token that it will be.
    pub record: TokenRecord,
}

/// What is known of a serial number before a row with it is judged.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StockKnown {
    /// The line of the same file that has it.
    pub line: Option<u64>,
    /// The sealed seed of the token that has it.
    pub sealed_seed: Option<Vec<u8>>,
}

/// An import that was not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TakeStockError {
    /// Some rows cannot be taken, and nobody said to leave them out.
    #[error(
        "{0} of the file's rows cannot be taken, so nothing was: mend the file, or say that those rows are left out"
    )]
    InTheWay(u64),
    /// No row is a token that is not here yet.
    #[error("the file has no token that is not here already: nothing was changed")]
    NothingNew,
    /// It is not known, or was given up, or its day is over.
    #[error("this import is no longer waiting: check the file again")]
    NotWaiting,
    /// A token of the file came here another way after the check.
    #[error("a token of this file was added in another way meanwhile: check the file again")]
    ChangedMeanwhile,
    /// It could not be decided.
    #[error(transparent)]
    Registry(#[from] crate::Error),
}

impl From<crate::StoreError> for TakeStockError {
    fn from(error: crate::StoreError) -> Self {
        Self::Registry(error.into())
    }
}
