//! HMAC-SHA1 of a counter, with nothing but the compressions that it takes: two a code.

use sha1::{Digest, Sha1, block_api::compress};
use zeroize::{Zeroize, ZeroizeOnDrop};

const BLOCK: usize = 64;
/// SHA-1's state before the first block, RFC 3174 (section 6.1).
const START: [u32; 5] = [0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476, 0xc3d2_e1f0];

/// A key whose inner and outer block (RFC 2104, section 4) are hashed: as secret as the key.
#[derive(Zeroize, ZeroizeOnDrop)]
pub(crate) struct HmacSha1 {
    inner: [u32; 5],
    outer: [u32; 5],
}

impl HmacSha1 {
    pub(crate) fn new(key: &[u8]) -> Self {
        let mut block = [0; BLOCK];
        if key.len() > BLOCK {
            let mut hashed: [u8; 20] = Sha1::digest(key).into();
            block[..hashed.len()].copy_from_slice(&hashed);
            hashed.zeroize();
        } else {
            block[..key.len()].copy_from_slice(key);
        }
        let keyed = Self { inner: after(&block, 0x36), outer: after(&block, 0x5c) };
        block.zeroize();
        keyed
    }

    /// The HMAC of the counter's eight bytes.
    pub(crate) fn of_counter(&self, counter: u64) -> [u8; 20] {
        let hashed = finish(self.inner, counter.to_be_bytes());
        finish(self.outer, hashed)
    }
}

/// The state after the key's block under a pad.
fn after(key: &[u8; BLOCK], pad: u8) -> [u32; 5] {
    let mut block = key.map(|byte| byte ^ pad);
    let mut state = START;
    compress(&mut state, &[block]);
    block.zeroize();
    state
}

/// The digest of what `state` has hashed, one block, and a message that fits the next one with its padding.
fn finish<const N: usize>(mut state: [u32; 5], message: [u8; N]) -> [u8; 20] {
    const { assert!(N < BLOCK - 8) };
    let mut block = [0; BLOCK];
    block[..N].copy_from_slice(&message);
    block[N] = 0x80;
    let bits = 8 * (BLOCK + N) as u64;
    block[BLOCK - 8..].copy_from_slice(&bits.to_be_bytes());
    compress(&mut state, &[block]);
    let mut digest = [0; 20];
    for (bytes, word) in digest.chunks_exact_mut(4).zip(state) {
        bytes.copy_from_slice(&word.to_be_bytes());
    }
    digest
}

#[cfg(test)]
mod tests {
    use hmac::{Hmac, KeyInit, Mac};
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_hmac_crates_for_keys_of_every_length(
            key in prop::collection::vec(any::<u8>(), 0..200),
            counter: u64,
        ) {
            let mut theirs = <Hmac<Sha1> as KeyInit>::new_from_slice(&key).unwrap();
            theirs.update(&counter.to_be_bytes());
            let theirs: [u8; 20] = theirs.finalize().into_bytes().into();
            prop_assert_eq!(HmacSha1::new(&key).of_counter(counter), theirs);
        }
    }
}
