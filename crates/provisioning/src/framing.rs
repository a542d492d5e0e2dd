//! The frame that every text shares: `countersign://KIND#VERSION.BASE64URL(body, checksum)`.
//!
//! The checksum tells a text that was cut or mistyped from one that somebody forged; it is no
//! protection against the latter.

use data_encoding::BASE64URL_NOPAD;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::Error;

/// The longest text that is read at all, in bytes; longer ones are refused unread.
pub const MAX_TEXT_LENGTH: usize = 8 * 1024;

const VERSION: u32 = 1;
const CHECKSUM_LENGTH: usize = 4;

/// One kind of framed text.
pub(crate) struct Frame {
    /// `countersign://KIND#`
    pub(crate) prefix: &'static str,
    /// What it is, with its article, for messages.
    pub(crate) what: &'static str,
}

impl Frame {
    pub(crate) fn write(&self, body: &[u8]) -> Zeroizing<String> {
        let mut framed = Zeroizing::new(Vec::with_capacity(body.len() + CHECKSUM_LENGTH));
        framed.extend_from_slice(body);
        framed.extend_from_slice(&self.checksum(body));
        let mut text = Zeroizing::new(String::with_capacity(MAX_TEXT_LENGTH));
        text.push_str(self.prefix);
        text.push_str("1.");
        BASE64URL_NOPAD.encode_append(&framed, &mut text);
        text
    }

    /// Reads a text as people paste it: white space anywhere (a mail program's line breaks) is
    /// dropped, and the slash that some browsers put before the `#` is overlooked.
    pub(crate) fn read(&self, text: &str) -> Result<Zeroizing<Vec<u8>>, Error> {
        if text.len() > MAX_TEXT_LENGTH {
            return Err(self.not_ours());
        }
        let mut compact = Zeroizing::new(String::with_capacity(text.len()));
        compact.extend(text.chars().filter(|c| !c.is_whitespace()));
        let (version, encoded) = self
            .after_prefix(&compact)
            .ok_or_else(|| self.not_ours())?
            .split_once('.')
            .ok_or_else(|| self.damaged())?;
        self.check_version(version)?;
        let mut framed = BASE64URL_NOPAD
            .decode(encoded.as_bytes())
            .map(Zeroizing::new)
            .map_err(|_| self.damaged())?;
        let body_length =
            framed.len().checked_sub(CHECKSUM_LENGTH).ok_or_else(|| self.damaged())?;
        if framed[body_length..] != self.checksum(&framed[..body_length]) {
            return Err(self.damaged());
        }
        framed.truncate(body_length);
        Ok(framed)
    }

    fn check_version(&self, version: &str) -> Result<(), Error> {
        match version.parse() {
            // Else `+2` and `02` would read as 2.
            Ok(found) if u32::to_string(&found) != version => Err(self.damaged()),
            Ok(VERSION) => Ok(()),
            Ok(found) => Err(Error::UnknownVersion { what: self.what, found }),
            Err(_) => Err(self.damaged()),
        }
    }

    pub(crate) fn malformed(&self, reason: &'static str) -> Error {
        Error::Malformed { what: self.what, reason }
    }

    fn after_prefix<'a>(&self, text: &'a str) -> Option<&'a str> {
        let without_hash = self.prefix.trim_end_matches('#');
        let start = text.get(..without_hash.len())?;
        if !start.eq_ignore_ascii_case(without_hash) {
            return None;
        }
        let rest = &text[without_hash.len()..];
        rest.strip_prefix("/#").or_else(|| rest.strip_prefix('#'))
    }

    fn checksum(&self, body: &[u8]) -> [u8; CHECKSUM_LENGTH] {
        let digest = Sha256::new()
            .chain_update(self.prefix)
            .chain_update("1.")
            .chain_update(body)
            .finalize();
        [digest[0], digest[1], digest[2], digest[3]]
    }

    fn not_ours(&self) -> Error {
        Error::NotOurs { expected: self.what, prefix: self.prefix }
    }

    fn damaged(&self) -> Error {
        Error::Damaged { what: self.what }
    }
}
