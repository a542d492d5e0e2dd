//! HMAC-SHA1 of a counter, with nothing but the compressions that it takes: two a code.

use core::slice;

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

    /// The HMACs of the eight bytes of each of some counters. Of several, no compression needs what the one
    /// before it found, so that the processor makes them side by side.
    pub(crate) fn of_counters<const N: usize>(&self, counters: [u64; N]) -> [[u8; 20]; N] {
        let hashed = finish(self.inner, counters.map(u64::to_be_bytes));
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

/// The digests of what `state` has hashed, one block, and each of some messages that fit the next one with
/// its padding.
fn finish<const M: usize, const N: usize>(
    state: [u32; 5],
    messages: [[u8; M]; N],
) -> [[u8; 20]; N] {
    const { assert!(M < BLOCK - 8) };
    let mut blocks = [[0; BLOCK]; N];
    for (block, message) in blocks.iter_mut().zip(messages) {
        block[..M].copy_from_slice(&message);
        block[M] = 0x80;
        let bits = 8 * (BLOCK + M) as u64;
        block[BLOCK - 8..].copy_from_slice(&bits.to_be_bytes());
    }
    let mut states = [state; N];
    for (state, block) in states.iter_mut().zip(&blocks) {
        compress(state, slice::from_ref(block));
    }
    states.map(|state| {
        let mut digest = [0; 20];
        for (bytes, word) in digest.chunks_exact_mut(4).zip(state) {
            bytes.copy_from_slice(&word.to_be_bytes());
        }
        digest
    })
}

#[cfg(test)]
mod tests {
    use hmac::{Hmac, KeyInit, Mac};
    use proptest::prelude::*;

    use super::*;

    /// RFC 4226, appendix D, table 1.
    const OF_TEN_COUNTERS: [&str; 10] = [
        "cc93cf18508d94934c64b65d8ba7667fb7cde4b0",
        "75a48a19d4cbe100644e8ac1397eea747a2d33ab",
        "0bacb7fa082fef30782211938bc1c5e70416ff44",
        "66c28227d03a2d5529262ff016a1e6ef76557ece",
        "a904c900a64b35909874b33e61c5938a8e15ed1c",
        "a37e783d7b7233c083d4f62926c7a25f238d0316",
        "bc9cd28561042c83f219324d3c607256c03272ae",
        "a4fb960c0bc06e1eabb804e5b397cdc4b45596fa",
        "1b3c89f65e6c9e883012052823443f048b4332db",
        "1637409809a679dc698207310c8c7fc07290d9e5",
    ];

    #[test]
    fn the_rfcs_ten_counters() {
        let keyed = HmacSha1::new(b"12345678901234567890");
        let found = keyed.of_counters([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
        let hex =
            |hmac: &[u8; 20]| hmac.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        assert_eq!(found.each_ref().map(hex), OF_TEN_COUNTERS);
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn the_hmac_crates_for_keys_of_every_length(
            key in prop::collection::vec(any::<u8>(), 0..200),
            counters: [u64; 3],
        ) {
            let theirs = counters.map(|counter| {
                let mut theirs = <Hmac<Sha1> as KeyInit>::new_from_slice(&key).unwrap();
                theirs.update(&counter.to_be_bytes());
                <[u8; 20]>::from(theirs.finalize().into_bytes())
            });
            prop_assert_eq!(HmacSha1::new(&key).of_counters(counters), theirs);
        }
    }
}
