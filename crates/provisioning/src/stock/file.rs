//! A file of stock in either format.

use std::io::{BufRead, Cursor, Read};

use super::{CsvReader, SeedText, StockFileError, StockRow};
use crate::{PskcKey, PskcReader};

/// The most white space that is looked through for a file's beginning.
const MAX_LEAD: usize = 1024;

/// A file of stock that is being read, row by row: PSKC or CSV.
///
/// A row at a time is in memory, however long the file; after the first [`StockFileError`] it ends.
pub enum StockFile<R: BufRead> {
    /// PSKC, which is XML.
    Pskc(Box<PskcReader<Begun<R>>>),
    /// CSV.
    Csv(Box<CsvReader<Begun<R>>>),
}

/// A file with its beginning put back.
pub type Begun<R> = std::io::Chain<Cursor<Vec<u8>>, R>;

impl<R: BufRead> StockFile<R> {
    /// Begins to read a file, which shows by its first character what it is.
    ///
    /// `key` opens an encrypted PSKC file; `seeds` says how a CSV file writes its seeds where its
    /// first line does not.
    ///
    /// # Errors
    /// [`StockFileError`] where it is neither, or cannot be opened so.
    pub fn open(
        mut input: R,
        key: Option<&PskcKey>,
        seeds: Option<SeedText>,
    ) -> Result<Self, StockFileError> {
        let mut lead = Vec::new();
        let is_xml = loop {
            let mut byte = [0];
            let length = input
                .read(&mut byte)
                .map_err(|error| StockFileError::Read { reason: error.to_string() })?;
            if length == 0 || lead.len() == MAX_LEAD {
                break false;
            }
            lead.push(byte[0]);
            if !byte[0].is_ascii_whitespace() && !b"\xef\xbb\xbf".contains(&byte[0]) {
                break byte[0] == b'<';
            }
        };
        let input = Cursor::new(lead).chain(input);
        if is_xml {
            PskcReader::open(input, key).map(Box::new).map(Self::Pskc)
        } else if key.is_some() {
            Err(StockFileError::NotEncrypted)
        } else {
            CsvReader::open(input, seeds).map(Box::new).map(Self::Csv)
        }
    }
}

impl<R: BufRead> Iterator for StockFile<R> {
    type Item = Result<StockRow, StockFileError>;

    fn next(&mut self) -> Option<Self::Item> {
        match self {
            Self::Pskc(reader) => reader.next(),
            Self::Csv(reader) => reader.next(),
        }
    }
}
