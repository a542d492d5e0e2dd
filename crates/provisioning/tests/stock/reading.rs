//! What the tests read with, and what they expect.

use data_encoding::HEXLOWER;
use oath::{Algorithm, Digits, Drift, Hotp, Period};
use provisioning::{
    PreSharedKey, PskcKey, PskcPassphrase, PskcReader,
    stock::{
        Found, RowProblem, SeedText, StockFile, StockFileError, StockOtp, StockRow, StockToken,
    },
};

pub(crate) const SEED: &[u8] = b"12345678901234567890";

/// A row as a test compares it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) line: u64,
    pub(crate) serial: Option<String>,
    pub(crate) found: Result<Option<Token>, RowProblem>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Token {
    pub(crate) serial: String,
    pub(crate) seed: String,
    pub(crate) otp: StockOtp,
    pub(crate) manufacturer: Option<String>,
}

pub(crate) fn passphrase(text: &str) -> PskcKey {
    PskcKey::Passphrase(PskcPassphrase::of_other_file(text).unwrap())
}

pub(crate) fn pre_shared(hex: &str) -> PskcKey {
    PskcKey::PreShared(PreSharedKey::parse(hex).unwrap())
}

/// Every row until the end, or until what ended the reading.
pub(crate) fn pskc(file: &str, key: Option<&PskcKey>) -> (Vec<Row>, Option<StockFileError>) {
    match PskcReader::open(file.as_bytes(), key) {
        Ok(reader) => all(reader),
        Err(error) => (Vec::new(), Some(error)),
    }
}

pub(crate) fn any(
    file: &[u8],
    key: Option<&PskcKey>,
    seeds: Option<SeedText>,
) -> (Vec<Row>, Option<StockFileError>) {
    match StockFile::open(file, key, seeds) {
        Ok(reader) => all(reader),
        Err(error) => (Vec::new(), Some(error)),
    }
}

/// The tokens of a file of which every row is good.
pub(crate) fn tokens(file: &str, key: Option<&PskcKey>) -> Vec<Token> {
    let (rows, error) = pskc(file, key);
    assert_eq!(error, None, "{file}");
    rows.into_iter().filter_map(|row| row.found.unwrap()).collect()
}

fn all(
    reader: impl Iterator<Item = Result<StockRow, StockFileError>>,
) -> (Vec<Row>, Option<StockFileError>) {
    let (mut rows, mut ended) = (Vec::new(), None);
    for row in reader {
        assert_eq!(ended, None, "nothing comes after the end");
        match row {
            Ok(row) => rows.push(Row::of(row)),
            Err(error) => ended = Some(error),
        }
    }
    (rows, ended)
}

impl Row {
    fn of(row: StockRow) -> Self {
        let found = match row.found {
            Ok(Found::Token(token)) => Ok(Some(Token::of(&token))),
            Ok(Found::Nothing(_)) => Ok(None),
            Err(problem) => Err(problem),
        };
        Self { line: row.line, serial: row.serial, found }
    }
}

impl Token {
    fn of(token: &StockToken) -> Self {
        Self {
            serial: token.serial.as_str().to_owned(),
            seed: HEXLOWER.encode(token.seed.expose_bytes()),
            otp: token.otp,
            manufacturer: token.manufacturer.as_ref().map(|maker| maker.as_str().to_owned()),
        }
    }
}

pub(crate) fn counted(digits: Digits, counter: u64) -> StockOtp {
    StockOtp::Hotp { hotp: Hotp { algorithm: Algorithm::Sha1, digits }, counter }
}

pub(crate) fn timed(period: Option<u32>, drift: i32) -> StockOtp {
    StockOtp::Totp {
        algorithm: Algorithm::Sha1,
        digits: Digits::Six,
        period: period.map(|seconds| Period::try_from(seconds).unwrap()),
        drift: Drift::from_parts(drift, 0),
    }
}

/// A container with this within.
pub(crate) fn container(content: &str) -> String {
    format!(
        "<KeyContainer Version=\"1.0\" xmlns=\"urn:ietf:params:xml:ns:keyprov:pskc\">\n{content}\n</KeyContainer>\n"
    )
}

/// A key package in plain, on one line, of an algorithm, with this among its data.
pub(crate) fn package(serial: &str, algorithm: &str, seed: &str, data: &str) -> String {
    format!(
        "<KeyPackage><DeviceInfo><SerialNo>{serial}</SerialNo></DeviceInfo><Key Id=\"1\" Algorithm=\
         \"urn:ietf:params:xml:ns:keyprov:pskc:{algorithm}\"><Data><Secret><PlainValue>{seed}</PlainValue>\
         </Secret>{data}</Data></Key></KeyPackage>"
    )
}

/// [`SEED`] in base 64.
pub(crate) const SEED_BASE64: &str = "MTIzNDU2Nzg5MDEyMzQ1Njc4OTA=";
