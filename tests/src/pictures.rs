//! Pictures of QR codes, made by other people's programs: `qrencode` and ImageMagick.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::error::Result;
use crate::process;

/// Draws a QR code as a PNG file in `folder`.
///
/// # Errors
///
/// When `qrencode` refuses.
pub fn qr_code(folder: &Path, name: &str, text: &str) -> Result<PathBuf> {
    let path = folder.join(name);
    let mut command = Command::new("qrencode");
    command.args(["--size=6", "--margin=4", "--type=PNG", "--output"]).arg(&path);
    // Over standard input, as a command line can be read by others.
    process::run(&mut command, Some(text))?;
    Ok(path)
}

/// Has ImageMagick make a picture in `folder`, named by its last argument.
///
/// # Errors
///
/// When it refuses.
pub fn convert(folder: &Path, arguments: &[&str]) -> Result<PathBuf> {
    process::run(Command::new("convert").args(arguments).current_dir(folder), None)?;
    Ok(folder.join(arguments.last().copied().unwrap_or_default()))
}
