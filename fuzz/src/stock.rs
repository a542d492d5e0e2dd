//! Files of hard tokens, as their makers and other servers write them.

use provisioning::{
    PreSharedKey, PskcKey, PskcReader,
    stock::{
        CsvReader, Found, SeedText, StockFile, StockFileError, StockRow, StockToken,
        write_csv_header, write_csv_line,
    },
};

/// The key of the encrypted files in the corpus.
const KEY: &str = "12345678901234567890123456789012";

/// A PSKC file, opened without a key and with one. Passphrases stay out: a file says how long deriving
/// its key takes.
pub fn pskc(bytes: &[u8]) {
    read_all(PskcReader::open(bytes, None));
    let key = PreSharedKey::parse(KEY).map(PskcKey::PreShared).expect("a key");
    read_all(PskcReader::open(bytes, Some(&key)));
    read_all(StockFile::open(bytes, None, None));
}

/// A CSV file whose seeds are written in each of the ways.
pub fn stock_csv(bytes: &[u8]) {
    for seeds in [None, Some(SeedText::Hex), Some(SeedText::Base32), Some(SeedText::Base64)] {
        read_all(CsvReader::open(bytes, seeds));
    }
}

/// Reads to the end; whatever is good is written and read as the same.
fn read_all<R>(file: Result<R, StockFileError>)
where
    R: Iterator<Item = Result<StockRow, StockFileError>>,
{
    let Ok(rows) = file else { return };
    let mut ended = false;
    for row in rows {
        assert!(!ended, "nothing comes after the end");
        match row {
            Ok(StockRow { found: Ok(Found::Token(token)), .. }) => {
                assert!(is_read_again(&token), "{}", token.serial);
            }
            Ok(_) => {}
            Err(_) => ended = true,
        }
    }
}

/// Whether a token that is written as a line is read from it as the same.
fn is_read_again(token: &StockToken) -> bool {
    let mut file = Vec::new();
    write_csv_header(&mut file).expect("memory takes it");
    write_csv_line(&mut file, token).expect("memory takes it");
    let rows = CsvReader::open(file.as_slice(), None).map(Iterator::collect::<Vec<_>>);
    let Ok([Ok(StockRow { found: Ok(Found::Token(again)), .. })]) = rows.as_deref() else {
        return false;
    };
    again.serial == token.serial
        && again.otp == token.otp
        && again.seed.expose_bytes() == token.seed.expose_bytes()
        && again.manufacturer == token.manufacturer
}
