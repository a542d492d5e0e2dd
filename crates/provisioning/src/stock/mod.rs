//! Stock: the tokens that a maker or another server hands over in a file, one row a token.
//!
//! A file is read row by row, and a damaged row is named and does not end the reading; only what
//! makes the rest unreadable does.

mod csv;
mod csv_writing;
mod file;
mod problem;
mod token;

pub use csv::{CsvReader, SeedText};
pub use csv_writing::{write_csv_header, write_csv_line};
pub use file::{Begun, StockFile};
pub use problem::{RowProblem, StockFileError};
pub use token::{Found, NotAToken, StockOtp, StockRow, StockToken};

pub(crate) use token::{read_maker, read_suite, shown};
