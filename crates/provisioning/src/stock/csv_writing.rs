//! Writing tokens as CSV: in plain, so only where somebody asks for just that.

use std::io::{self, Write};

use data_encoding::HEXLOWER;
use zeroize::Zeroizing;

use super::{StockOtp, StockToken};

/// Writes the first line of a CSV file.
///
/// # Errors
/// What the writer cannot do.
pub fn write_csv_header(out: &mut impl Write) -> io::Result<()> {
    out.write_all(b"serial,seed_hex,type,algorithm,digits,step,counter,drift,manufacturer\n")
}

/// Writes one token as a line, its seed in plain.
///
/// # Errors
/// What the writer cannot do.
pub fn write_csv_line(out: &mut impl Write, token: &StockToken) -> io::Result<()> {
    let seed = Zeroizing::new(HEXLOWER.encode(token.seed.expose_bytes()));
    let serial = token.serial.as_str();
    let maker = token.manufacturer.as_ref().map_or("", |maker| maker.as_str());
    let maker = maker.replace('"', "\"\"");
    match token.otp {
        StockOtp::Totp { algorithm, digits, period, drift } => {
            let step = period.map_or(String::new(), |period| period.seconds().to_string());
            let (digits, drift) = (digits.count(), drift.steps());
            writeln!(
                out,
                "{serial},{},totp,{algorithm},{digits},{step},,{drift},\"{maker}\"",
                *seed
            )
        }
        StockOtp::Hotp { hotp, counter } => {
            let (algorithm, digits) = (hotp.algorithm, hotp.digits.count());
            writeln!(out, "{serial},{},hotp,{algorithm},{digits},,{counter},,\"{maker}\"", *seed)
        }
    }
}
