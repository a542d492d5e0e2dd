//! HOTP, RFC 4226: a code for a counter.

use core::ops::Range;

use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use sha2::{Sha256, Sha512};
use subtle::ConstantTimeEq;

use crate::{Algorithm, Code, Digits, Seed, hmac_sha1::HmacSha1};

/// What a counter-based code is made with, but for the seed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Hotp {
    /// The hash under the HMAC.
    pub algorithm: Algorithm,
    /// How many digits a code has.
    pub digits: Digits,
}

impl Hotp {
    /// The code for `counter`, RFC 4226 (section 5.3).
    #[must_use]
    pub fn code(&self, seed: &Seed, counter: u64) -> Code {
        self.keyed(seed).code(counter)
    }

    /// The codes of a seed, where more than one is wanted: its key blocks (RFC 2104, section 4) are
    /// hashed once.
    #[must_use]
    pub fn keyed(&self, seed: &Seed) -> KeyedHotp {
        let mac = match self.algorithm {
            Algorithm::Sha1 => KeyedMac::Sha1(HmacSha1::new(seed.expose_bytes())),
            Algorithm::Sha256 => KeyedMac::Sha256(keyed(seed)),
            Algorithm::Sha512 => KeyedMac::Sha512(keyed(seed)),
        };
        KeyedHotp { mac, digits: self.digits }
    }
}

/// HOTP under one seed, whose key blocks it holds hashed: as secret as the seed. Wiped on drop.
pub struct KeyedHotp {
    mac: KeyedMac,
    digits: Digits,
}

enum KeyedMac {
    Sha1(HmacSha1),
    Sha256(Hmac<Sha256>),
    Sha512(Hmac<Sha512>),
}

/// How many codes are made side by side where many are: as many as a window of one step to either side has.
pub(crate) const ABREAST: usize = 3;

/// The counters from one on, none beyond the last: that once more instead.
pub(crate) fn abreast(first: u64, last: u64) -> [u64; ABREAST] {
    let mut next = first;
    [(); ABREAST].map(|()| {
        let counter = next.min(last);
        next = counter.saturating_add(1);
        counter
    })
}

impl KeyedHotp {
    /// The code for `counter`.
    #[must_use]
    pub fn code(&self, counter: u64) -> Code {
        let [code] = self.codes([counter]);
        code
    }

    /// The codes for some counters, made side by side.
    pub(crate) fn codes<const N: usize>(&self, counters: [u64; N]) -> [Code; N] {
        match &self.mac {
            KeyedMac::Sha1(mac) => {
                mac.of_counters(counters).map(|hmac| Code::truncated(&hmac, self.digits))
            }
            KeyedMac::Sha256(mac) => counters.map(|counter| self.code_with(mac, counter)),
            KeyedMac::Sha512(mac) => counters.map(|counter| self.code_with(mac, counter)),
        }
    }

    /// The first of some counters whose code this is; those after it are not all tried.
    #[must_use]
    pub fn counter_of(&self, code: &Code, counters: Range<u64>) -> Option<u64> {
        counters.clone().step_by(ABREAST).find_map(|first| {
            let tried = abreast(first, counters.end - 1);
            let all = tried.into_iter().zip(self.codes(tried));
            all.into_iter()
                .find_map(|(counter, made)| bool::from(made.ct_eq(code)).then_some(counter))
        })
    }

    fn code_with<M: Mac + Clone>(&self, keyed: &M, counter: u64) -> Code {
        let mut mac = keyed.clone();
        mac.update(&counter.to_be_bytes());
        Code::truncated(&mac.finalize().into_bytes(), self.digits)
    }
}

impl core::fmt::Debug for KeyedHotp {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("KeyedHotp(redacted)")
    }
}

#[expect(clippy::expect_used, reason = "an HMAC takes a key of any length (RFC 2104)")]
fn keyed<M: KeyInit>(seed: &Seed) -> M {
    <M as KeyInit>::new_from_slice(seed.expose_bytes())
        .expect("an HMAC takes a key of any length (RFC 2104)")
}
