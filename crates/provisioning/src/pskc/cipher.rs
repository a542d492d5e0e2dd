//! The algorithms of PSKC files: which a name means, and what it does.

use aes::{
    Aes128, Aes192, Aes256,
    cipher::{
        BlockModeDecrypt, BlockModeEncrypt, KeyIvInit,
        block_padding::{NoPadding, Pkcs7},
    },
};
use aes_kw::{AesKw, AesKwp};
use hmac::{Hmac, KeyInit, Mac};
use rand_core::CryptoRng;
use sha1::Sha1;
use sha2::{Sha256, Sha512};
use zeroize::Zeroizing;

const BLOCK: usize = 16;
/// What AES key wrap adds.
const WRAP: usize = 8;

/// How a value is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cipher {
    /// AES-CBC, the IV in front (XML Encryption, section 5.2).
    Cbc { key_length: usize },
    /// AES key wrap, RFC 3394, or with padding, RFC 5649.
    Wrap { key_length: usize },
}

impl Cipher {
    pub(super) fn of(uri: &str) -> Option<Self> {
        let cbc = |key_length| Some(Self::Cbc { key_length });
        let wrap = |key_length| Some(Self::Wrap { key_length });
        match name_in(uri).as_str() {
            "aes128cbc" => cbc(16),
            "aes192cbc" => cbc(24),
            "aes256cbc" => cbc(32),
            "kwaes128" | "kwaes128pad" => wrap(16),
            "kwaes192" | "kwaes192pad" => wrap(24),
            "kwaes256" | "kwaes256pad" => wrap(32),
            _ => None,
        }
    }

    pub(super) const fn key_length(self) -> usize {
        match self {
            Self::Cbc { key_length } | Self::Wrap { key_length } => key_length,
        }
    }

    /// Whether a changed value is found without a MAC.
    pub(super) const fn has_integrity(self) -> bool {
        matches!(self, Self::Wrap { .. })
    }

    /// What names it in a file.
    pub(super) const fn uri(self) -> &'static str {
        match self {
            Self::Cbc { key_length: 16 } => "http://www.w3.org/2001/04/xmlenc#aes128-cbc",
            Self::Cbc { key_length: 24 } => "http://www.w3.org/2001/04/xmlenc#aes192-cbc",
            Self::Cbc { .. } => "http://www.w3.org/2001/04/xmlenc#aes256-cbc",
            Self::Wrap { key_length: 16 } => "http://www.w3.org/2001/04/xmlenc#kw-aes128",
            Self::Wrap { key_length: 24 } => "http://www.w3.org/2001/04/xmlenc#kw-aes192",
            Self::Wrap { .. } => "http://www.w3.org/2001/04/xmlenc#kw-aes256",
        }
    }

    /// AES-CBC with PKCS #7 padding, a random IV before it (XML Encryption, section 5.2), under a
    /// key of 16, 24 or 32 bytes.
    pub(super) fn encrypt_cbc(
        self,
        key: &[u8],
        plaintext: &[u8],
        rng: &mut impl CryptoRng,
    ) -> Vec<u8> {
        let mut iv = [0; BLOCK];
        rng.fill_bytes(&mut iv);
        let ciphertext = match key.len() {
            16 => encrypt_cbc::<cbc::Encryptor<Aes128>>(key, &iv, plaintext),
            24 => encrypt_cbc::<cbc::Encryptor<Aes192>>(key, &iv, plaintext),
            _ => encrypt_cbc::<cbc::Encryptor<Aes256>>(key, &iv, plaintext),
        };
        [iv.as_slice(), &ciphertext].concat()
    }

    /// The plaintext, under a key of [`Cipher::key_length`]; `None` where there is none.
    pub(super) fn decrypt(self, key: &[u8], value: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        match self {
            Self::Cbc { key_length: 16 } => decrypt_cbc::<cbc::Decryptor<Aes128>>(key, value),
            Self::Cbc { key_length: 24 } => decrypt_cbc::<cbc::Decryptor<Aes192>>(key, value),
            Self::Cbc { .. } => decrypt_cbc::<cbc::Decryptor<Aes256>>(key, value),
            Self::Wrap { .. } => unwrap(key, value),
        }
    }
}

#[expect(clippy::expect_used, reason = "the caller chose the cipher by its key's length")]
fn encrypt_cbc<C: BlockModeEncrypt + KeyIvInit>(
    key: &[u8],
    iv: &[u8],
    plaintext: &[u8],
) -> Vec<u8> {
    C::new_from_slices(key, iv)
        .expect("the caller chose the cipher by its key's length")
        .encrypt_padded_vec::<Pkcs7>(plaintext)
}

/// XML Encryption's padding: the last byte tells its length, and the others may be anything.
fn decrypt_cbc<C: BlockModeDecrypt + KeyIvInit>(
    key: &[u8],
    value: &[u8],
) -> Option<Zeroizing<Vec<u8>>> {
    let (iv, ciphertext) = value.split_at_checked(BLOCK)?;
    let mut plaintext = Zeroizing::new(ciphertext.to_vec());
    C::new_from_slices(key, iv).ok()?.decrypt_padded::<NoPadding>(&mut plaintext).ok()?;
    let padding = usize::from(*plaintext.last()?);
    let length = plaintext.len().checked_sub(padding)?;
    (1..=BLOCK).contains(&padding).then(|| plaintext.truncate(length))?;
    Some(plaintext)
}

/// Either kind of key wrap under either name: python-pskc pads whenever it must.
fn unwrap(key: &[u8], value: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    macro_rules! with {
        ($aes:ty) => {{
            let mut room = Zeroizing::new(vec![0; value.len().checked_sub(WRAP)?]);
            if AesKw::<$aes>::new_from_slice(key).ok()?.unwrap_key(value, &mut room).is_ok() {
                return Some(room);
            }
            let padded = AesKwp::<$aes>::new_from_slice(key).ok()?;
            let length = padded.unwrap_key(value, &mut room).ok()?.len();
            room.truncate(length);
            Some(room)
        }};
    }
    match key.len() {
        16 => with!(Aes128),
        24 => with!(Aes192),
        _ => with!(Aes256),
    }
}

/// The hash of a key derivation or of a MAC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hash {
    Sha1,
    Sha256,
    Sha512,
}

impl Hash {
    /// Of the name of an HMAC.
    pub(super) fn of_hmac(uri: &str) -> Option<Self> {
        match name_in(uri).as_str() {
            "hmacsha1" => Some(Self::Sha1),
            "hmacsha256" | "hmacwithsha256" => Some(Self::Sha256),
            "hmacsha512" | "hmacwithsha512" => Some(Self::Sha512),
            _ => None,
        }
    }

    /// PBKDF2 (RFC 8018, section 5.2) with an HMAC of this hash.
    pub(super) fn derive(self, passphrase: &[u8], salt: &[u8], iterations: u32, key: &mut [u8]) {
        match self {
            Self::Sha1 => pbkdf2::pbkdf2_hmac::<Sha1>(passphrase, salt, iterations, key),
            Self::Sha256 => pbkdf2::pbkdf2_hmac::<Sha256>(passphrase, salt, iterations, key),
            Self::Sha512 => pbkdf2::pbkdf2_hmac::<Sha512>(passphrase, salt, iterations, key),
        }
    }
}

/// An HMAC with its key, ready to be used many times.
pub(super) enum KeyedMac {
    Sha1(Hmac<Sha1>),
    Sha256(Hmac<Sha256>),
    Sha512(Hmac<Sha512>),
}

impl KeyedMac {
    #[expect(clippy::expect_used, reason = "an HMAC takes a key of any length (RFC 2104)")]
    pub(super) fn new(hash: Hash, key: &[u8]) -> Self {
        const ANY: &str = "an HMAC takes a key of any length (RFC 2104)";
        match hash {
            Hash::Sha1 => Self::Sha1(KeyInit::new_from_slice(key).expect(ANY)),
            Hash::Sha256 => Self::Sha256(KeyInit::new_from_slice(key).expect(ANY)),
            Hash::Sha512 => Self::Sha512(KeyInit::new_from_slice(key).expect(ANY)),
        }
    }

    /// Whether it is the MAC of these bytes; compared in constant time.
    pub(super) fn fits(&self, bytes: &[u8], mac: &[u8]) -> bool {
        match self {
            Self::Sha1(keyed) => keyed.clone().chain_update(bytes).verify_slice(mac).is_ok(),
            Self::Sha256(keyed) => keyed.clone().chain_update(bytes).verify_slice(mac).is_ok(),
            Self::Sha512(keyed) => keyed.clone().chain_update(bytes).verify_slice(mac).is_ok(),
        }
    }
}

/// The name at the end of an algorithm's URI, in lower case, without dashes.
pub(super) fn name_in(uri: &str) -> String {
    let name = uri.trim().rsplit(['#', ':', '/']).next().unwrap_or_default();
    name.to_ascii_lowercase().replace(['-', '_'], "")
}
