//! A row of a file of stock, and the token that it holds.

use oath::{Algorithm, Digits, Drift, Hotp, Period, Seed, SerialNumber};

use super::RowProblem;
use crate::{Label, text::shortened};

/// The most characters of what a file says that is shown in a report.
const SHOWN: usize = 64;

/// A row: where it begins, what names it, and what was found.
#[derive(Debug)]
pub struct StockRow {
    /// The line on which it begins, from 1.
    pub line: u64,
    /// Its serial number as the file has it, cut and cleaned for a report.
    pub serial: Option<String>,
    /// The token, or what is wrong with it.
    pub found: Result<Found, RowProblem>,
}

/// What a good row holds.
#[derive(Debug)]
pub enum Found {
    /// A token.
    Token(StockToken),
    /// Something that belongs to a token and is not needed.
    Nothing(NotAToken),
}

/// What a row can hold besides a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotAToken {
    /// The PIN of a device (RFC 6030, figure 5).
    #[error("the PIN of a device, which is not needed")]
    Pin,
}

/// A token that a file holds.
#[derive(Debug)]
pub struct StockToken {
    /// What is printed on it.
    pub serial: SerialNumber,
    /// The secret that it shares.
    pub seed: Seed,
    /// How its codes are made, and where it is.
    pub otp: StockOtp,
    /// Who made it, where the file tells.
    pub manufacturer: Option<Label>,
}

/// How a token of stock makes its codes, and how far it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StockOtp {
    /// By time.
    Totp {
        /// The hash under the HMAC.
        algorithm: Algorithm,
        /// How many digits a code has.
        digits: Digits,
        /// The length of a time step, where the file tells.
        period: Option<Period>,
        /// How far its clock is off, in time steps.
        drift: Drift,
    },
    /// By a counter.
    Hotp {
        /// Hash and digits.
        hotp: Hotp,
        /// The counter of the next code, below [`u64::MAX`].
        counter: u64,
    },
}

/// Text of a file, fit for a report: one line, cut, without what would disguise it.
pub(crate) fn shown(text: &str) -> String {
    let printable = |c: &char| !crate::text::is_unprintable(*c);
    text.trim().chars().filter(printable).take(SHOWN).collect()
}

/// A manufacturer's name; a longer one than a [`Label`] holds is shortened, none is none.
pub(crate) fn read_maker(text: &str) -> Result<Option<Label>, RowProblem> {
    match text.trim() {
        "" => Ok(None),
        text => shortened(text).parse().map(Some).map_err(|_| RowProblem::Manufacturer),
    }
}

/// The hash: `SHA1`, and what else is written for it, `HMAC-SHA256` or `HmacSHA512`.
pub(crate) fn read_suite(text: &str) -> Result<Algorithm, RowProblem> {
    crate::text::algorithm_named(text.trim()).ok_or(RowProblem::Algorithm)
}
