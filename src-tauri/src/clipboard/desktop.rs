//! The clipboard of a desktop.

use zeroize::Zeroizing;

use super::Picture;
use crate::problem::Problem;

#[derive(Default)]
pub(crate) struct Clipboard {
    opened: Option<arboard::Clipboard>,
    /// The code that was copied last, until it is cleared or something else is copied here.
    code: Option<CopiedCode>,
    copies: u64,
}

struct CopiedCode {
    digits: Zeroizing<String>,
    /// Which copy it was: a later one has its own time.
    number: u64,
}

impl Clipboard {
    /// Copies what anybody may see.
    pub(crate) fn copy(&mut self, text: &str) -> Result<(), Problem> {
        self.code = None;
        self.opened()?.set_text(text).map_err(failed)
    }

    /// Copies a code, asking the system's clipboard history not to keep it. Returns the number of
    /// the copy, for [`Clipboard::clear_code`].
    pub(crate) fn copy_code(&mut self, digits: &str) -> Result<u64, Problem> {
        #[cfg(target_os = "macos")]
        use arboard::SetExtApple as _;
        #[cfg(target_os = "linux")]
        use arboard::SetExtLinux as _;
        #[cfg(windows)]
        use arboard::SetExtWindows as _;

        let set = self.opened()?.set();
        #[cfg(any(target_os = "linux", target_os = "macos"))]
        let set = set.exclude_from_history();
        #[cfg(windows)]
        let set = set.exclude_from_history().exclude_from_cloud();
        set.text(digits).map_err(failed)?;
        self.copies += 1;
        let digits = Zeroizing::new(digits.to_owned());
        self.code = Some(CopiedCode { digits, number: self.copies });
        Ok(self.copies)
    }

    /// Clears the code of a copy if the clipboard still holds it; `None` means the last one's.
    pub(crate) fn clear_code(&mut self, number: Option<u64>) -> Result<(), Problem> {
        let ours = |code: &CopiedCode| number.is_none_or(|number| code.number == number);
        let Some(code) = self.code.take_if(|code| ours(code)) else { return Ok(()) };
        let clipboard = self.opened()?;
        // What is no text is not our code.
        let held = clipboard.get_text().map(Zeroizing::new);
        if held.is_ok_and(|held| *held == *code.digits) {
            clipboard.clear().map_err(failed)?;
        }
        Ok(())
    }

    /// The picture that the clipboard holds.
    pub(crate) fn picture(&mut self) -> Result<Picture, Problem> {
        let clipboard = self.opened()?;
        let image = clipboard.get_image().map_err(|error| match error {
            arboard::Error::ContentNotAvailable => Problem::NoPictureInClipboard,
            arboard::Error::ConversionFailure => Problem::NoPicture,
            // Some programs answer with their text to whoever asks for a picture.
            arboard::Error::Unknown { .. } if clipboard.get_text().map(Zeroizing::new).is_ok() => {
                Problem::NoPictureInClipboard
            }
            other => failed(other),
        })?;
        let edge = |length| u32::try_from(length).map_err(|_| Problem::PictureTooLarge);
        let (width, height) = (edge(image.width)?, edge(image.height)?);
        Ok(Picture { width, height, rgba: image.bytes.into_owned() })
    }

    fn opened(&mut self) -> Result<&mut arboard::Clipboard, Problem> {
        match &mut self.opened {
            Some(clipboard) => Ok(clipboard),
            none => Ok(none.insert(arboard::Clipboard::new().map_err(failed)?)),
        }
    }
}

fn failed(error: arboard::Error) -> Problem {
    Problem::Clipboard { reason: error.to_string() }
}
