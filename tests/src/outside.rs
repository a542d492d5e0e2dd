//! Other people's programs, to check ours against.

use std::path::Path;
use std::process::Command;

use data_encoding::HEXLOWER;
use oath::{Seed, Totp, UnixTime};

use crate::error::Result;
use crate::process;

/// The six-digit code that `oathtool` makes of a seed for an instant.
///
/// # Errors
///
/// When it fails.
pub fn oathtool_code(seed: &Seed, at: UnixTime) -> Result<String> {
    let mut command = Command::new("oathtool");
    command.args(["--totp", &format!("--now=@{}", at.0), "-"]);
    // Over standard input, because a command line can be read by others.
    let hex = HEXLOWER.encode(seed.expose_bytes());
    Ok(process::run(&mut command, Some(&hex))?.trim().to_owned())
}

/// The code that `oathtool` makes of a key in base 32, by these further arguments.
///
/// # Errors
///
/// When it fails.
pub fn oathtool(key: &str, arguments: &[&str]) -> Result<String> {
    let mut command = Command::new("oathtool");
    command.arg("--base32").args(arguments).arg("-");
    Ok(process::run(&mut command, Some(key))?.trim().to_owned())
}

/// The text of the QR code in a picture, as `zbarimg` reads it.
///
/// # Errors
///
/// When it finds none.
pub fn read_qr(picture: &Path) -> Result<String> {
    let mut command = Command::new("zbarimg");
    command.args(["--quiet", "--raw", "-Sdisable", "-Sqrcode.enable"]).arg(picture);
    Ok(process::run(&mut command, None)?.trim().to_owned())
}

/// A code that this seed makes neither now nor within the five minutes around.
pub fn wrong_code(seed: &Seed, at: UnixTime) -> String {
    let now = Totp::default().period.step_at(at);
    let near = now.saturating_sub(10)..=now + 10;
    let codes: Vec<String> =
        near.map(|step| Totp::default().code_of_step(seed, step).expose_digits()).collect();
    let mut candidates = (0..=codes.len()).map(|number| format!("{:06}", 111_111 + number));
    // One more candidate than codes, so one of them is no code.
    candidates.find(|candidate| !codes.contains(candidate)).unwrap_or_default()
}
