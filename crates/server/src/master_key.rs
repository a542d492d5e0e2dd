//! Where the master key comes from: a file, the environment, or a command that prints it, as one that asks a
//! key management service does; and the former one, while it is changed.

use std::{env, path::PathBuf, process::Stdio, time::Duration};

use rand_core::CryptoRng;
use registry::MasterKey;
use tokio::{io::AsyncReadExt, process::Command, time::timeout};
use zeroize::Zeroizing;

use crate::{cli::Place, failure::Failure, master_key_file, opening};

pub(crate) const KEY: &str = "COUNTERSIGN_MASTER_KEY";
pub(crate) const FORMER_KEY: &str = "COUNTERSIGN_FORMER_MASTER_KEY";

/// The longest that a command may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// More than any command prints of a key, in bytes.
const LONGEST: u64 = 256;

enum Source {
    Variable(&'static str),
    Command(String),
    File(PathBuf),
}

/// The master key, and with it the former one where one is named. Where there is no database, a file is made.
pub(crate) async fn read(
    place: &Place,
    database_exists: bool,
    rng: &mut (impl CryptoRng + Send),
) -> Result<MasterKey, Failure> {
    let key = source(KEY, place.master_key_command.clone(), place.master_key_file.clone())?;
    let key = match key {
        Some(Source::Variable(name)) => variable(name)?,
        Some(Source::Command(command)) => printed_by(&command).await?,
        Some(Source::File(path)) => master_key_file::read_or_make(&path, database_exists, rng)?,
        None => {
            let path = opening::data_dir(place, "--master-key-file")?.default_master_key();
            master_key_file::read_or_make(&path, database_exists, rng)?
        }
    };
    let (command, file) = (&place.former_master_key_command, &place.former_master_key_file);
    let former = match source(FORMER_KEY, command.clone(), file.clone())? {
        Some(Source::Variable(name)) => variable(name)?,
        Some(Source::Command(command)) => printed_by(&command).await?,
        Some(Source::File(path)) => master_key_file::read(&path)?,
        None => return Ok(key),
    };
    Ok(key.in_place_of(&former))
}

/// The one source that was named, if any.
fn source(
    variable: &'static str,
    command: Option<String>,
    file: Option<PathBuf>,
) -> Result<Option<Source>, Failure> {
    let in_environment = env::var_os(variable).map(|_| Source::Variable(variable));
    let command = command.map(Source::Command);
    let mut named = [in_environment, command, file.map(Source::File)].into_iter().flatten();
    match (named.next(), named.next()) {
        (one, None) => Ok(one),
        _ => Err(Failure::MasterKeySources { variable }),
    }
}

fn variable(name: &'static str) -> Result<MasterKey, Failure> {
    let text = Zeroizing::new(env::var(name).unwrap_or_default());
    from_text(text.as_bytes())
        .ok_or(Failure::MasterKeyText { place: format!("the variable {name}") })
}

async fn printed_by(command: &str) -> Result<MasterKey, Failure> {
    let failed = |cause: String| Failure::MasterKeyCommand { cause };
    let mut child = Command::new("/bin/sh")
        .args(["-c", command])
        .env_remove(KEY)
        .env_remove(FORMER_KEY)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| failed(error.to_string()))?;
    let mut printed = Zeroizing::new(Vec::with_capacity(LONGEST as usize));
    let run = async {
        if let Some(out) = child.stdout.take() {
            out.take(LONGEST).read_to_end(&mut printed).await?;
        }
        child.wait().await
    };
    let status = timeout(PATIENCE, run)
        .await
        .map_err(|_| failed(format!("it took longer than {} s", PATIENCE.as_secs())))?
        .map_err(|error| failed(error.to_string()))?;
    if !status.success() {
        return Err(failed(format!("it ended with {status}")));
    }
    from_output(&printed)
        .ok_or(Failure::MasterKeyText { place: "what the master key's command printed".to_owned() })
}

/// As bytes or as text.
fn from_output(printed: &[u8]) -> Option<MasterKey> {
    match <[u8; 32]>::try_from(printed) {
        Ok(bytes) => Some(MasterKey::from_bytes(bytes)),
        Err(_) => from_text(printed),
    }
}

/// 64 hexadecimal digits, or Base64 of 32 bytes.
fn from_text(text: &[u8]) -> Option<MasterKey> {
    let text = text.trim_ascii();
    let decoded = match text.len() {
        64 => data_encoding::HEXLOWER_PERMISSIVE.decode(text),
        _ => data_encoding::BASE64.decode(text),
    };
    let bytes = Zeroizing::new(decoded.ok()?);
    Some(MasterKey::from_bytes(bytes.as_slice().try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_text_or_bytes_and_nothing_else() {
        let bytes = [0xa7; 32];
        let hex = "a7".repeat(32);
        let base64 = data_encoding::BASE64.encode(&bytes);
        for printed in
            [&bytes[..], hex.as_bytes(), hex.to_uppercase().as_bytes(), base64.as_bytes()]
        {
            assert_eq!(from_output(printed).unwrap().expose_bytes(), &bytes);
        }
        assert_eq!(from_output(format!("{hex}\n").as_bytes()).unwrap().expose_bytes(), &bytes);
        for printed in ["", "a7", &hex[1..], &format!("{hex}00"), &base64[4..], "secret"] {
            assert!(from_output(printed.as_bytes()).is_none(), "{printed}");
        }
    }
}
