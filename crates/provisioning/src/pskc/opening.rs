//! Opening encrypted values, their MACs checked.

use zeroize::Zeroizing;

use super::{
    cipher::{Cipher, KeyedMac},
    head::Head,
    keys::PskcKey,
};
use crate::stock::{RowProblem, StockFileError};

/// Opens the values of one file.
pub(super) struct Opener {
    encrypted: bool,
    key: Option<FileKey>,
    mac: Option<KeyedMac>,
}

/// The key that a file is encrypted under.
struct FileKey {
    bytes: Zeroizing<Vec<u8>>,
    /// Whether a cipher of a shorter key takes the beginning of it.
    any_length: bool,
}

/// An encrypted value as it is written.
#[derive(Debug, Default)]
pub(super) struct Encrypted {
    pub(super) cipher: String,
    pub(super) value: Vec<u8>,
    pub(super) mac: Option<Vec<u8>>,
}

impl Opener {
    /// Gets ready to open the values of a file with this head, which ends on this line. Deriving a
    /// key from a passphrase takes as long as the file's maker wanted.
    pub(super) fn new(
        head: &Head,
        key: Option<&PskcKey>,
        line: u64,
    ) -> Result<Self, StockFileError> {
        if !head.encrypted {
            return match key {
                Some(_) => Err(StockFileError::NotEncrypted),
                None => Ok(Self { encrypted: false, key: None, mac: None }),
            };
        }
        let key = file_key(head, key, line)?;
        let mac = match head.mac(line)? {
            None => None,
            Some(plan) => {
                let mac_key = plan
                    .key
                    .map(|(cipher, value)| {
                        key.for_cipher(cipher).and_then(|key| cipher.decrypt(key, &value))
                    })
                    .map(|opened| opened.ok_or(StockFileError::WrongKey))
                    .transpose()?;
                Some(KeyedMac::new(plan.hash, mac_key.as_deref().unwrap_or(&key.bytes)))
            }
        };
        Ok(Self { encrypted: true, key: Some(key), mac })
    }

    /// Whether a seed in plain is as it should be: in an encrypted file it is not, for nobody
    /// vouches for it.
    pub(super) const fn allows_plain_seeds(&self) -> bool {
        !self.encrypted
    }

    pub(super) fn open(&self, encrypted: &Encrypted) -> Result<Zeroizing<Vec<u8>>, RowProblem> {
        let cipher = Cipher::of(&encrypted.cipher)
            .ok_or_else(|| RowProblem::Cipher { name: crate::stock::shown(&encrypted.cipher) })?;
        let file_key = self.key.as_ref().ok_or(RowProblem::CannotDecrypt)?;
        let key = file_key.for_cipher(cipher).ok_or(RowProblem::KeyLength)?;
        let fits = match (&self.mac, &encrypted.mac) {
            (Some(mac), Some(value)) => mac.fits(&encrypted.value, value),
            _ if cipher.has_integrity() => true,
            _ => return Err(RowProblem::NoMac),
        };
        let opened = cipher.decrypt(key, &encrypted.value);
        // Drafts before the RFC have the MAC over the plaintext.
        let fits_plaintext = |opened: &Zeroizing<Vec<u8>>| match (&self.mac, &encrypted.mac) {
            (Some(mac), Some(value)) => mac.fits(opened, value),
            _ => false,
        };
        match opened {
            Some(opened) if fits || fits_plaintext(&opened) => Ok(opened),
            _ if fits => Err(RowProblem::CannotDecrypt),
            _ => Err(RowProblem::BadMac),
        }
    }
}

impl FileKey {
    fn for_cipher(&self, cipher: Cipher) -> Option<&[u8]> {
        match cipher.key_length() {
            length if length == self.bytes.len() || self.any_length => self.bytes.get(..length),
            _ => None,
        }
    }
}

fn file_key(head: &Head, key: Option<&PskcKey>, line: u64) -> Result<FileKey, StockFileError> {
    if head.certificate {
        let what = "encryption under a certificate".to_owned();
        return Err(StockFileError::Unsupported { line, what });
    }
    let plan = head.derivation(line)?;
    match (plan, key) {
        (Some(plan), Some(PskcKey::Passphrase(passphrase))) => {
            let mut bytes = Zeroizing::new(vec![0; plan.key_length]);
            plan.hash.derive(passphrase.as_bytes(), &plan.salt, plan.iterations, &mut bytes);
            Ok(FileKey { bytes, any_length: !plan.key_length_told })
        }
        (None, Some(PskcKey::PreShared(key))) => {
            let bytes = Zeroizing::new(key.as_bytes().to_vec());
            Ok(FileKey { bytes, any_length: false })
        }
        (Some(_), _) => Err(StockFileError::NeedsPassphrase),
        (None, _) => {
            let name = head.key_name.as_deref().map(crate::stock::shown);
            Err(StockFileError::NeedsPreSharedKey { name })
        }
    }
}
