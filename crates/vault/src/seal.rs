//! XChaCha20-Poly1305 with a random nonce: `nonce (24) || ciphertext || tag (16)`.
//!
//! The long nonce lets every write draw its own at random, with no counter to keep or to lose.

use chacha20poly1305::{
    KeyInit, XChaCha20Poly1305, XNonce,
    aead::{Aead, Payload},
};
use rand_core::CryptoRng;
use zeroize::Zeroizing;

const NONCE_LENGTH: usize = 24;
const TAG_LENGTH: usize = 16;

/// How much longer what is sealed is than its plaintext.
pub(crate) const OVERHEAD: usize = NONCE_LENGTH + TAG_LENGTH;

/// The key is 32 bytes; nothing longer or shorter is ever given.
#[expect(clippy::expect_used, reason = "every key is 32 bytes and every plaintext is short")]
pub(crate) fn seal(
    key: &[u8],
    plaintext: &[u8],
    associated_data: &[u8],
    rng: &mut impl CryptoRng,
) -> Vec<u8> {
    let mut nonce = [0; NONCE_LENGTH];
    rng.fill_bytes(&mut nonce);
    let ciphertext = XChaCha20Poly1305::new_from_slice(key)
        .expect("every key is 32 bytes")
        .encrypt(&XNonce::from(nonce), Payload { msg: plaintext, aad: associated_data })
        .expect("every plaintext is far shorter than the cipher's limit of 256 GiB");
    [nonce.as_slice(), &ciphertext].concat()
}

/// What was sealed under the key with the same associated data; `None` for anything else.
pub(crate) fn open(
    key: &[u8],
    sealed: &[u8],
    associated_data: &[u8],
) -> Option<Zeroizing<Vec<u8>>> {
    let (nonce, ciphertext) = sealed.split_first_chunk::<NONCE_LENGTH>()?;
    XChaCha20Poly1305::new_from_slice(key)
        .ok()?
        .decrypt(&XNonce::from(*nonce), Payload { msg: ciphertext, aad: associated_data })
        .ok()
        .map(Zeroizing::new)
}
