//! Files of hard tokens, as their makers and other servers write them.

use provisioning::{
    PreSharedKey, PskcKey, PskcPassphrase, PskcReader,
    stock::{
        CsvReader, Found, SeedText, StockFile, StockFileError, StockRow, StockToken,
        write_csv_header, write_csv_line,
    },
};

/// The key of the encrypted files in the corpus.
const KEY: &str = "12345678901234567890123456789012";

/// The passphrase of those of RFC 6030 and the like.
const PASSPHRASE: &str = "qwerty";

/// A PSKC file, opened without a key and with a pre-shared one.
pub fn pskc(bytes: &[u8]) {
    read_all(PskcReader::open(bytes, None));
    let key = PreSharedKey::parse(KEY).map(PskcKey::PreShared).expect("a key");
    read_all(PskcReader::open(bytes, Some(&key)));
    read_all(StockFile::open(bytes, None, None));
}

/// A PSKC file, opened with a passphrase.
pub fn pskc_passphrase(bytes: &[u8]) {
    if is_slow(bytes) {
        return;
    }
    let passphrase = PskcPassphrase::of_other_file(PASSPHRASE).expect("a passphrase");
    read_all(PskcReader::open(bytes, Some(&PskcKey::Passphrase(passphrase))));
}

/// Whether a file may say that deriving its key takes long, which is as it is meant.
fn is_slow(bytes: &[u8]) -> bool {
    let text = String::from_utf8_lossy(bytes).to_ascii_lowercase();
    let named = text.matches("iterationcount").count();
    let short = text.split("<iterationcount>").skip(1).filter(|rest| {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        (1..=4).contains(&digits) && rest[digits..].starts_with("</iterationcount>")
    });
    named != 2 * short.count()
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
