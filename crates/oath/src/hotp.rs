//! HOTP, RFC 4226: a code for a counter.

use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use sha1::Sha1;
use sha2::{Sha256, Sha512};

use crate::{Algorithm, Code, Digits, Seed};

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
        match self.algorithm {
            Algorithm::Sha1 => self.code_with::<Hmac<Sha1>>(seed, counter),
            Algorithm::Sha256 => self.code_with::<Hmac<Sha256>>(seed, counter),
            Algorithm::Sha512 => self.code_with::<Hmac<Sha512>>(seed, counter),
        }
    }

    #[expect(clippy::expect_used, reason = "an HMAC takes a key of any length (RFC 2104)")]
    fn code_with<M: Mac + KeyInit>(&self, seed: &Seed, counter: u64) -> Code {
        let mut mac = <M as KeyInit>::new_from_slice(seed.expose_bytes())
            .expect("an HMAC takes a key of any length (RFC 2104)");
        mac.update(&counter.to_be_bytes());
        Code::truncated(&mac.finalize().into_bytes(), self.digits)
    }
}
