//! CSV.

use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use oath::{Algorithm, Digits, Drift, Hotp, Period};
use provisioning::stock::{RowProblem, SeedText, StockFileError, StockOtp};

use serde_json::{Value, json};

use crate::common::{block, fenced};
use crate::reading::{Row, SEED, any, counted, passphrase, timed};

const HEX: &str = "3132333435363738393031323334353637383930";
const BASE32: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
const BASE64: &str = "MTIzNDU2Nzg5MDEyMzQ1Njc4OTA=";

fn csv(text: &str) -> Vec<Row> {
    let (rows, error) = any(text.as_bytes(), None, None);
    assert_eq!(error, None, "{text}");
    rows
}

fn otp(row: &Row) -> StockOtp {
    row.found.clone().unwrap().unwrap().otp
}

#[test]
fn every_column() {
    let rows = csv(&format!(
        "serial,seed_hex,type,algorithm,digits,step,counter,drift,manufacturer\n\
         1000133508267,{HEX},hotp,SHA256,8,,4711,,\"Söhne, \"\"Töchter\"\"\"\n\
         2600124809778,{HEX},totp,,,60,,-2,\n"
    ));
    let hotp = Hotp { algorithm: Algorithm::Sha256, digits: Digits::Eight };
    let first = rows[0].found.clone().unwrap().unwrap();
    assert_eq!(first.serial, "1000133508267");
    assert_eq!(first.seed, HEXLOWER.encode(SEED));
    assert_eq!(first.otp, StockOtp::Hotp { hotp, counter: 4711 });
    assert_eq!(first.manufacturer.as_deref(), Some("Söhne, \"Töchter\""));
    assert_eq!(otp(&rows[1]), timed(Some(60), -2));
    assert_eq!(rows.iter().map(|row| row.line).collect::<Vec<_>>(), [2, 3]);
}

/// As `docs/formats.md` writes what stands on a line.
fn written(row: &Row) -> Value {
    let place = json!({ "line": row.line, "serial": row.serial });
    let found = match &row.found {
        Err(RowProblem::Seed) => json!({ "refused": "a seed of 4 bytes" }),
        Err(RowProblem::Digits) => json!({ "refused": "5 digits" }),
        Err(other) => json!({ "refused": other.to_string() }),
        Ok(None) => Value::Null,
        Ok(Some(token)) => {
            let seed = HEXLOWER.decode(token.seed.as_bytes()).unwrap();
            let mut token = json!({
                "serial": token.serial, "manufacturer": token.manufacturer,
                "seed": BASE64URL_NOPAD.encode(&seed), "otp": otp_written(token.otp),
            });
            let otp = token.as_object_mut().unwrap().remove("otp").unwrap();
            merged(token, otp)
        }
    };
    merged(place, found)
}

fn otp_written(otp: StockOtp) -> Value {
    match otp {
        StockOtp::Totp { algorithm, digits, period, drift } => json!({
            "type": "totp", "algorithm": algorithm, "digits": digits,
            "step": period.map(Period::seconds), "drift": drift.steps(),
        }),
        StockOtp::Hotp { hotp: Hotp { algorithm, digits }, counter } => json!({
            "type": "hotp", "algorithm": algorithm, "digits": digits, "counter": counter,
        }),
    }
}

fn merged(mut one: Value, other: Value) -> Value {
    one.as_object_mut().unwrap().extend(other.as_object().unwrap().clone());
    one
}

#[test]
fn the_documents_file() {
    let rows: Vec<Value> = csv(fenced("csv stock")).iter().map(written).collect();
    assert_eq!(rows, block::<Vec<Value>>("csv-tokens"));
}

#[test]
fn a_seed_in_each_way() {
    let lower = BASE32.to_lowercase();
    for (name, seed) in [
        ("seed_hex", HEX),
        ("Seed (hex)", HEX),
        ("SECRET-BASE32", BASE32),
        ("key base32", lower.as_str()),
        ("otpkey_base64", BASE64),
    ] {
        let rows = csv(&format!("serial,{name},type\n123456,{seed},totp\n"));
        let token = rows[0].found.clone().unwrap().unwrap();
        assert_eq!((token.seed, token.otp), (HEXLOWER.encode(SEED), timed(None, 0)), "{name}");
    }
    for (text, seed) in
        [(SeedText::Hex, HEX), (SeedText::Base32, BASE32), (SeedText::Base64, BASE64)]
    {
        let file = format!("serial,seed,type\n123456,{seed},totp\n");
        let (rows, error) = any(file.as_bytes(), None, Some(text));
        assert!(error.is_none() && rows[0].found.is_ok(), "{text:?}");
        // It is not guessed: a seed in base 32 can be one in base 64 too.
        assert!(matches!(any(file.as_bytes(), None, None).1, Some(StockFileError::Header { .. })));
    }
}

#[test]
fn as_spreadsheets_write_it() {
    let expected = csv(&format!("serial,seed_hex,type,digits\n123456,{HEX},hotp,6\n"));
    assert_eq!(otp(&expected[0]), counted(Digits::Six, 0));
    for file in [
        format!("\u{feff}serial,seed_hex,type,digits\r\n123456,{HEX},hotp,6\r\n"),
        format!("serial;seed_hex;type;digits\n123456;{HEX};hotp;6"),
        format!("Serial Number\tSeed Hex\tType\tDigits\n123456\t{HEX}\tHOTP\t6\n\n\n"),
        format!("digits,type,serial,seed_hex\n6,\"event-based\", 123456 ,\"{HEX}\"\n"),
    ] {
        assert_eq!(csv(&file), expected, "{file}");
    }
}

#[test]
fn a_damaged_line_is_named_and_the_others_are_read() {
    let good = format!("111111,{HEX},totp,6,30,0,0");
    let cases = [
        (format!("11,{HEX},totp,6,30,0,0"), RowProblem::Serial),
        (format!(",{HEX},totp,6,30,0,0"), RowProblem::NoSerial),
        ("333333,,totp,6,30,0,0".to_owned(), RowProblem::NoSeed),
        ("333333,31323334,totp,6,30,0,0".to_owned(), RowProblem::Seed),
        (format!("333333,{BASE32},totp,6,30,0,0"), RowProblem::SeedText { text: "hex" }),
        (format!("333333,{HEX},yubikey,6,30,0,0"), RowProblem::Profile { name: "yubikey".into() }),
        (format!("333333,{HEX},totp,5,30,0,0"), RowProblem::Digits),
        (format!("333333,{HEX},totp,6,0,0,0"), RowProblem::Step),
        (format!("333333,{HEX},hotp,6,30,x,0"), RowProblem::Counter),
        (format!("333333,{HEX},hotp,6,30,18446744073709551615,0"), RowProblem::Counter),
        (format!("333333,{HEX},totp,6,30,0,-121"), RowProblem::Drift),
        (format!("333333,{HEX},totp,6,30,0"), RowProblem::Columns { found: 6, expected: 7 }),
        (format!("{good},"), RowProblem::Columns { found: 8, expected: 7 }),
    ];
    for (line, problem) in cases {
        let rows = csv(&format!(
            "serial,seed_hex,type,digits,step,counter,drift\n{good}\n\n{line}\n{good}\n"
        ));
        assert_eq!(rows.len(), 3, "{line}");
        assert_eq!((rows[1].line, &rows[1].found), (4, &Err(problem)), "{line}");
        let of_step = StockOtp::Totp {
            algorithm: Algorithm::Sha1,
            digits: Digits::Six,
            period: Some(Period::SECONDS_30),
            drift: Drift::default(),
        };
        assert_eq!((otp(&rows[0]), otp(&rows[2]), rows[2].line), (of_step, of_step, 5));
    }
}

#[test]
fn a_file_that_is_no_csv_of_tokens() {
    let error =
        |text: &str| any(text.as_bytes(), None, Some(SeedText::Hex)).1.map(|e| e.to_string());
    for (text, named) in [
        ("serial,seed,type,drfit\n", "\"drfit\""),
        ("serial,seed,serial no,type\n", "\"serial no\""),
        ("serial,type\n", "seed"),
        ("seed,type\n", "serial"),
        ("serial,seed\n", "type"),
        ("", "\"\""),
    ] {
        assert!(error(text).unwrap().contains(named), "{text:?}: {:?}", error(text));
    }
    let endless = format!("serial,seed_hex,type\n123456,\"{}", "x".repeat(20_000));
    assert_eq!(any(endless.as_bytes(), None, None).1, Some(StockFileError::TooLarge { line: 2 }));
    let long = "x".repeat(20_000);
    assert_eq!(any(long.as_bytes(), None, None).1, Some(StockFileError::NotPskc { line: 1 }));
    let plain = format!("serial,seed_hex,type\n123456,{HEX},totp\n");
    let key = passphrase("a passphrase");
    assert_eq!(any(plain.as_bytes(), Some(&key), None).1, Some(StockFileError::NotEncrypted));
}
