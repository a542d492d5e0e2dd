//! CSV (RFC 4180): one token a line, the first line naming the columns.
//!
//! Read by the state machine under the crate `csv`, because that one reads into room of ours: a
//! line without an end cannot fill the memory, and seeds are wiped.

use std::io::{BufRead, Read};

use csv_core::{ReadRecordResult, ReaderBuilder};
use data_encoding::HEXLOWER_PERMISSIVE;
use oath::{Algorithm, Digits, Drift, Hotp, Period, Seed};
use zeroize::Zeroizing;

use super::{
    Found, RowProblem, StockFileError, StockOtp, StockRow, StockToken, read_maker, read_suite,
    shown,
};

/// The most bytes of a line.
const MAX_LINE: usize = 16 * 1024;
const MAX_COLUMNS: usize = 64;

/// How a seed is written as text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SeedText {
    /// Hexadecimal, in any case.
    Hex,
    /// Base 32 (RFC 4648, section 6), in any case, with padding or without.
    Base32,
    /// Base 64 (RFC 4648, section 4).
    Base64,
}

impl SeedText {
    /// Every way, by the name that a column and an option have.
    pub const ALL: [(Self, &'static str); 3] =
        [(Self::Hex, "hex"), (Self::Base32, "base32"), (Self::Base64, "base64")];

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Hex => "hex",
            Self::Base32 => "base32",
            Self::Base64 => "base64",
        }
    }

    fn read(self, text: &str) -> Result<Seed, RowProblem> {
        let problem = RowProblem::SeedText { text: self.name() };
        let bytes = match self {
            Self::Hex => {
                let mut digits = Zeroizing::new(String::with_capacity(text.len()));
                digits.extend(text.chars().filter(|c| !c.is_whitespace()));
                HEXLOWER_PERMISSIVE.decode(digits.as_bytes()).ok().map(Zeroizing::new)
            }
            Self::Base32 => crate::otpauth::base32(text),
            Self::Base64 => crate::text::base64(text).map(Zeroizing::new),
        };
        Seed::from_bytes(bytes.ok_or(problem)?).map_err(|_| RowProblem::Seed)
    }
}

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Column {
    Serial,
    Seed,
    Type,
    Algorithm,
    Digits,
    Step,
    Counter,
    Drift,
    Manufacturer,
}

/// The names of the columns, without case, spaces, dashes and underscores.
const COLUMNS: &[(Column, &[&str])] = &[
    (Column::Serial, &["serial", "serialno", "serialnumber", "credentialid"]),
    (Column::Seed, &["seed", "secret", "key", "otpkey"]),
    (Column::Type, &["type", "tokentype"]),
    (Column::Algorithm, &["algorithm", "hash", "hashlib", "suite"]),
    (Column::Digits, &["digits", "otplen", "otplength"]),
    (Column::Step, &["step", "timestep", "period", "interval", "timeinterval"]),
    (Column::Counter, &["counter"]),
    (Column::Drift, &["drift", "timedrift"]),
    (Column::Manufacturer, &["manufacturer", "maker", "vendor"]),
];

/// A CSV file that is being read, line by line.
pub struct CsvReader<R: BufRead> {
    lines: Lines<R>,
    columns: Vec<Column>,
    seeds: SeedText,
    ended: bool,
}

impl<R: BufRead> CsvReader<R> {
    /// Reads a file's first line. `seeds` says how seeds are written where that line does not.
    ///
    /// # Errors
    /// [`StockFileError::Header`] where the first line does not say what the columns are.
    pub fn open(mut input: R, seeds: Option<SeedText>) -> Result<Self, StockFileError> {
        let first = first_line(&mut input)?;
        let text = core::str::from_utf8(&first).map_err(|_| StockFileError::NotText { line: 1 })?;
        let text = text.trim_start_matches('\u{feff}').trim_end();
        let delimiter = delimiter_of(text);
        let (columns, told) = read_header(text, char::from(delimiter))?;
        let seeds = told.or(seeds).ok_or_else(|| StockFileError::Header {
            reason: "say how the seeds are written by naming their column seed_hex, seed_base32 \
                     or seed_base64"
                .to_owned(),
        })?;
        Ok(Self { lines: Lines::after_first(input, delimiter), columns, seeds, ended: false })
    }

    fn row(&mut self) -> Result<Option<StockRow>, StockFileError> {
        let Some((line, fields)) = self.lines.next()? else { return Ok(None) };
        let row = match fields {
            Err(problem) => StockRow { line, serial: None, found: Err(problem) },
            Ok(fields) => {
                let fields = Fields { columns: &self.columns, values: &fields };
                let serial = fields.get(Column::Serial).map(shown);
                let found = fields.token(self.seeds).map(Found::Token);
                StockRow { line, serial, found }
            }
        };
        Ok(Some(row))
    }
}

impl<R: BufRead> Iterator for CsvReader<R> {
    type Item = Result<StockRow, StockFileError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let row = self.row();
        self.ended = !matches!(row, Ok(Some(_)));
        row.transpose()
    }
}

/// One line's values, by column.
struct Fields<'a> {
    columns: &'a [Column],
    values: &'a [&'a str],
}

impl Fields<'_> {
    /// A column's value, white space around it dropped; `None` where it is missing or empty.
    fn get(&self, column: Column) -> Option<&str> {
        let at = self.columns.iter().position(|known| *known == column)?;
        self.values.get(at).map(|value| value.trim()).filter(|value| !value.is_empty())
    }

    fn number<T: core::str::FromStr>(
        &self,
        column: Column,
        problem: RowProblem,
    ) -> Result<Option<T>, RowProblem> {
        self.get(column).map(|text| text.parse().map_err(|_| problem)).transpose()
    }

    fn token(&self, seeds: SeedText) -> Result<StockToken, RowProblem> {
        let (found, expected) = (self.values.len(), self.columns.len());
        if found != expected {
            return Err(RowProblem::Columns { found, expected });
        }
        let serial = self.get(Column::Serial).ok_or(RowProblem::NoSerial)?;
        let serial = serial.parse().map_err(|_| RowProblem::Serial)?;
        let seed = seeds.read(self.get(Column::Seed).ok_or(RowProblem::NoSeed)?)?;
        let manufacturer = self.get(Column::Manufacturer).map(read_maker).transpose()?.flatten();
        Ok(StockToken { serial, seed, otp: self.otp()?, manufacturer })
    }

    fn otp(&self) -> Result<StockOtp, RowProblem> {
        let algorithm = self.get(Column::Algorithm).map_or(Ok(Algorithm::default()), read_suite)?;
        let digits = match self.number::<u8>(Column::Digits, RowProblem::Digits)? {
            None => Digits::default(),
            Some(count) => Digits::try_from(count).map_err(|_| RowProblem::Digits)?,
        };
        let kind = self.get(Column::Type).unwrap_or_default().to_ascii_lowercase();
        match kind.replace(['-', ' '], "").as_str() {
            "totp" | "time" | "timebased" => {
                let period = self.number::<u32>(Column::Step, RowProblem::Step)?;
                let period = period.map(Period::try_from).transpose();
                let steps = self.number::<i32>(Column::Drift, RowProblem::Drift)?.unwrap_or(0);
                let drift = Drift::from_parts(steps, 0);
                if drift.steps() != steps {
                    return Err(RowProblem::Drift);
                }
                let period = period.map_err(|_| RowProblem::Step)?;
                Ok(StockOtp::Totp { algorithm, digits, period, drift })
            }
            "hotp" | "event" | "eventbased" => {
                let counter = self.number::<u64>(Column::Counter, RowProblem::Counter)?;
                match counter.unwrap_or(0) {
                    u64::MAX => Err(RowProblem::Counter),
                    counter => Ok(StockOtp::Hotp { hotp: Hotp { algorithm, digits }, counter }),
                }
            }
            _ => Err(RowProblem::Profile { name: shown(&kind) }),
        }
    }
}

/// The lines after the first, as their fields.
struct Lines<R> {
    input: R,
    parser: csv_core::Reader,
    record: Zeroizing<Vec<u8>>,
    ends: [usize; MAX_COLUMNS],
    line: u64,
}

type Record<'a> = Result<Vec<&'a str>, RowProblem>;

impl<R: BufRead> Lines<R> {
    fn after_first(input: R, delimiter: u8) -> Self {
        Self {
            input,
            parser: ReaderBuilder::new().delimiter(delimiter).build(),
            record: Zeroizing::new(vec![0; MAX_LINE]),
            ends: [0; MAX_COLUMNS],
            line: 2,
        }
    }

    /// The next line that is not empty, and where it begins.
    fn next(&mut self) -> Result<Option<(u64, Record<'_>)>, StockFileError> {
        self.skip_empty_lines()?;
        let begins = self.line;
        let (mut length, mut fields) = (0, 0);
        loop {
            let input = fill(&mut self.input)?;
            let (result, read, written, ended) = self.parser.read_record(
                input,
                &mut self.record[length..],
                &mut self.ends[fields..],
            );
            self.line += input[..read].iter().filter(|byte| **byte == b'\n').count() as u64;
            self.input.consume(read);
            length += written;
            fields += ended;
            match result {
                ReadRecordResult::InputEmpty => {}
                ReadRecordResult::Record => break,
                ReadRecordResult::End => return Ok(None),
                ReadRecordResult::OutputFull | ReadRecordResult::OutputEndsFull => {
                    return Err(StockFileError::TooLarge { line: begins });
                }
            }
        }
        Ok(Some((begins, self.fields(length, fields))))
    }

    fn skip_empty_lines(&mut self) -> Result<(), StockFileError> {
        loop {
            let input = fill(&mut self.input)?;
            let newline = |byte: &&u8| matches!(**byte, b'\r' | b'\n');
            let empty = input.iter().take_while(newline).count();
            if empty == 0 {
                return Ok(());
            }
            self.line += input[..empty].iter().filter(|byte| **byte == b'\n').count() as u64;
            self.input.consume(empty);
        }
    }

    fn fields(&self, length: usize, count: usize) -> Record<'_> {
        let mut begins = 0;
        let text = core::str::from_utf8(&self.record[..length]).map_err(|_| RowProblem::NotText)?;
        self.ends[..count]
            .iter()
            .map(|end| {
                let field = text.get(begins..*end).ok_or(RowProblem::NotText);
                begins = *end;
                field
            })
            .collect()
    }
}

fn fill<R: BufRead>(input: &mut R) -> Result<&[u8], StockFileError> {
    input.fill_buf().map_err(|error| StockFileError::Read { reason: error.to_string() })
}

fn first_line<R: BufRead>(input: &mut R) -> Result<Vec<u8>, StockFileError> {
    let mut first = Vec::new();
    input
        .take(MAX_LINE as u64)
        .read_until(b'\n', &mut first)
        .map_err(|error| StockFileError::Read { reason: error.to_string() })?;
    if first.len() == MAX_LINE {
        return Err(StockFileError::NotPskc { line: 1 });
    }
    Ok(first)
}

/// What stands between the columns: whichever of the three is there most.
fn delimiter_of(header: &str) -> u8 {
    let count = |delimiter: &u8| header.bytes().filter(|byte| byte == delimiter).count();
    [b'\t', b';', b','].into_iter().max_by_key(count).unwrap_or(b',')
}

fn read_header(
    text: &str,
    delimiter: char,
) -> Result<(Vec<Column>, Option<SeedText>), StockFileError> {
    let header = |reason: String| StockFileError::Header { reason };
    let mut seeds = None;
    let mut columns = Vec::new();
    for name in text.split(delimiter) {
        let (column, told) = column_named(name).ok_or_else(|| {
            header(format!(
                "no column is called {:?}: there are serial, seed_hex (or seed_base32, \
                 seed_base64), type, algorithm, digits, step, counter, drift and manufacturer",
                shown(name)
            ))
        })?;
        if columns.contains(&column) || columns.len() == MAX_COLUMNS {
            return Err(header(format!("two columns are called {:?}", shown(name))));
        }
        seeds = seeds.or(told);
        columns.push(column);
    }
    for (needed, name) in
        [(Column::Serial, "serial"), (Column::Seed, "seed"), (Column::Type, "type")]
    {
        if !columns.contains(&needed) {
            return Err(header(format!(
                "the first line must name the columns, and there is none called {name}"
            )));
        }
    }
    Ok((columns, seeds))
}

/// A column by its name, and how seeds are written, where the name says it.
fn column_named(name: &str) -> Option<(Column, Option<SeedText>)> {
    let name: String = name
        .chars()
        .filter(|c| c.is_ascii_alphanumeric())
        .map(|c| c.to_ascii_lowercase())
        .collect();
    let (stem, told) = SeedText::ALL
        .into_iter()
        .find_map(|(text, suffix)| name.strip_suffix(suffix).map(|stem| (stem, Some(text))))
        .unwrap_or((&name, None));
    let (column, _) = COLUMNS.iter().find(|(_, names)| names.contains(&stem))?;
    (told.is_none() || *column == Column::Seed).then_some((*column, told))
}
