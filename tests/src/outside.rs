//! Other people's programs, to check ours against.

use std::path::Path;
use std::process::Command;

use data_encoding::HEXLOWER;
use oath::{Seed, Totp, UnixTime};

use crate::error::{Error, Result};
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

/// A token in a PSKC file, as `python-pskc` reads it.
#[derive(Debug, PartialEq, Eq)]
pub struct PskcToken {
    /// The serial number.
    pub serial: String,
    /// The key, in base 32.
    pub key: String,
    /// The algorithm's name.
    pub algorithm: String,
    /// How many digits a code has.
    pub digits: String,
    /// How many seconds a code is good for.
    pub period: String,
}

/// Opens a PSKC file under a passphrase, and checks its MAC.
///
/// # Errors
///
/// When `python-pskc` cannot open it.
pub fn read_pskc(file: &Path, passphrase: &str) -> Result<PskcToken> {
    // The system's own Python, to which the package belongs.
    let mut command = Command::new("/usr/bin/python3");
    command.args(["-c", READ_PSKC]).arg(file);
    let printed = process::run(&mut command, Some(passphrase))?;
    let fields: Vec<&str> = printed.lines().collect();
    let [serial, key, algorithm, digits, period] = fields.as_slice() else {
        return Err(Error::different(format!("python-pskc printed {printed:?}")));
    };
    let [serial, key, algorithm, digits, period] =
        [serial, key, algorithm, digits, period].map(|field| (**field).to_owned());
    Ok(PskcToken { serial, key, algorithm, digits, period })
}

const READ_PSKC: &str = "
import base64, sys, pskc
file = pskc.PSKC(sys.argv[1])
file.encryption.derive_key(sys.stdin.read())
[key] = file.keys
assert key.check(), 'no MAC'
for field in (key.serial, base64.b32encode(key.secret).decode(), key.algorithm,
              key.response_length, key.time_interval):
    print(field)
";

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
