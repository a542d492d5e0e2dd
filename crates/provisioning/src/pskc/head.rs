//! What a PSKC file says before its first key package: what it is encrypted under, and how its
//! values are authenticated.

use std::io::BufRead;

use super::{
    cipher::{Cipher, Hash},
    elements::{Element, Elements},
};
use crate::{stock::StockFileError, text::base64};

/// The most iterations: some ten seconds of a processor's time.
const MAX_ITERATIONS: u32 = 10_000_000;
const MAX_SALT: usize = 1024;
/// The longest key of any cipher here.
const MAX_KEY: usize = 32;

/// The head of a file.
#[derive(Debug, Default)]
pub(super) struct Head {
    pub(super) encrypted: bool,
    pub(super) key_name: Option<String>,
    pub(super) certificate: bool,
    derivation: Option<Derivation>,
    mac: Option<MacMethod>,
}

/// How a key comes from a passphrase, as it is written.
#[derive(Debug, Default)]
struct Derivation {
    method: String,
    salt: String,
    iterations: String,
    key_length: Option<String>,
    hash: Option<String>,
}

#[derive(Debug, Default)]
struct MacMethod {
    hash: String,
    elsewhere: bool,
    key: Option<MacKey>,
}

#[derive(Debug, Default)]
struct MacKey {
    cipher: String,
    value: String,
}

/// How a key comes from a passphrase, as it can be done.
#[derive(Debug)]
pub(super) struct DerivationPlan {
    pub(super) hash: Hash,
    pub(super) salt: Vec<u8>,
    pub(super) iterations: u32,
    /// Where none is told, any shorter key is the beginning of a longer one.
    pub(super) key_length: usize,
    pub(super) key_length_told: bool,
}

/// How values are authenticated.
#[derive(Debug)]
pub(super) struct MacPlan {
    pub(super) hash: Hash,
    /// The MAC key, encrypted; without one the encryption key serves (RFC 6030, section 6.1).
    pub(super) key: Option<(Cipher, Vec<u8>)>,
}

impl Head {
    /// Notes an element that was opened.
    pub(super) fn opened<R: BufRead>(
        &mut self,
        elements: &Elements<R>,
    ) -> Result<(), StockFileError> {
        use Element as E;
        let twice = StockFileError::Malformed {
            line: elements.line(),
            reason: "it says twice what it is encrypted under or authenticated by",
        };
        let algorithm = || elements.attribute("Algorithm").unwrap_or_default();
        match &elements.path()[1..] {
            [E::EncryptionKey] if self.encrypted => return Err(twice),
            [E::EncryptionKey] => self.encrypted = true,
            [E::EncryptionKey, E::X509Data] => self.certificate = true,
            [E::EncryptionKey, E::DerivedKey, E::KeyDerivationMethod] => {
                if self.derivation.is_some() {
                    return Err(twice);
                }
                self.derivation = Some(Derivation { method: algorithm(), ..Derivation::default() });
            }
            [E::EncryptionKey, E::DerivedKey, E::KeyDerivationMethod, E::Pbkdf2Params, E::Prf] => {
                if let Some(derivation) = &mut self.derivation {
                    derivation.hash = elements.attribute("Algorithm");
                }
            }
            [E::MacMethod] if self.mac.is_some() => return Err(twice),
            [E::MacMethod] => {
                self.mac = Some(MacMethod { hash: algorithm(), ..MacMethod::default() });
            }
            [E::MacMethod, E::MacKeyReference] => self.mac_method().elsewhere = true,
            [E::MacMethod, E::MacKey] if self.mac_method().key.is_some() => return Err(twice),
            [E::MacMethod, E::MacKey] => self.mac_method().key = Some(MacKey::default()),
            [E::MacMethod, E::MacKey, E::EncryptionMethod] => self.mac_key().cipher = algorithm(),
            _ => {}
        }
        Ok(())
    }

    /// Notes an element that was closed, by its text.
    pub(super) fn closed<R: BufRead>(&mut self, elements: &Elements<R>) {
        use Element as E;
        let text = || elements.text().to_owned();
        match &elements.path()[1..] {
            [E::EncryptionKey, E::KeyName] => self.key_name = Some(text()),
            [
                E::EncryptionKey,
                E::DerivedKey,
                E::KeyDerivationMethod,
                E::Pbkdf2Params,
                rest @ ..,
            ] => {
                let Some(derivation) = &mut self.derivation else { return };
                match rest {
                    [E::Salt, E::Specified] => derivation.salt = text(),
                    [E::IterationCount] => derivation.iterations = text(),
                    [E::KeyLength] => derivation.key_length = Some(text()),
                    // python-pskc writes it as text.
                    [E::Prf] if !elements.text().is_empty() => derivation.hash = Some(text()),
                    _ => {}
                }
            }
            [E::MacMethod, E::MacKey, E::CipherData, E::CipherValue] => {
                self.mac_key().value = text();
            }
            _ => {}
        }
    }

    fn mac_method(&mut self) -> &mut MacMethod {
        self.mac.get_or_insert_default()
    }

    fn mac_key(&mut self) -> &mut MacKey {
        self.mac_method().key.get_or_insert_default()
    }

    /// How the key comes from a passphrase, where it does.
    pub(super) fn derivation(&self, line: u64) -> Result<Option<DerivationPlan>, StockFileError> {
        let Some(written) = &self.derivation else { return Ok(None) };
        if super::cipher::name_in(&written.method) != "pbkdf2" {
            return Err(unsupported(line, &written.method));
        }
        let hash = match written.hash.as_deref() {
            None | Some("") => Hash::Sha1,
            Some(uri) => Hash::of_hmac(uri).ok_or_else(|| unsupported(line, uri))?,
        };
        let salt = base64(&written.salt).filter(|salt| (1..=MAX_SALT).contains(&salt.len()));
        let iterations =
            written.iterations.parse().ok().filter(|n| (1..=MAX_ITERATIONS).contains(n));
        let key_length = match written.key_length.as_deref() {
            None => Some(MAX_KEY),
            Some(text) => text.parse().ok().filter(|length| matches!(length, 16 | 24 | 32)),
        };
        let malformed = |reason| StockFileError::Malformed { line, reason };
        Ok(Some(DerivationPlan {
            hash,
            salt: salt.ok_or(malformed("its salt is missing, too long, or no base 64"))?,
            iterations: iterations
                .ok_or(malformed("its number of iterations is not 1 to 10,000,000"))?,
            key_length: key_length.ok_or(malformed("its key's length is not 16, 24 or 32"))?,
            key_length_told: written.key_length.is_some(),
        }))
    }

    /// How values are authenticated, where they are.
    pub(super) fn mac(&self, line: u64) -> Result<Option<MacPlan>, StockFileError> {
        // python-pskc writes the method without a name where its cipher needs none.
        let named = self.mac.as_ref().filter(|written| !written.hash.is_empty());
        let Some(written) = named else { return Ok(None) };
        let hash = Hash::of_hmac(&written.hash).ok_or_else(|| unsupported(line, &written.hash))?;
        let key = match &written.key {
            None if written.elsewhere => return Err(unsupported(line, "a MAC key kept elsewhere")),
            None => None,
            Some(key) => {
                let cipher =
                    Cipher::of(&key.cipher).ok_or_else(|| unsupported(line, &key.cipher))?;
                let reason = "its MAC key is missing or no base 64";
                let value = base64(&key.value).filter(|value| !value.is_empty());
                Some((cipher, value.ok_or(StockFileError::Malformed { line, reason })?))
            }
        };
        Ok(Some(MacPlan { hash, key }))
    }
}

fn unsupported(line: u64, what: &str) -> StockFileError {
    StockFileError::Unsupported { line, what: crate::stock::shown(what) }
}
