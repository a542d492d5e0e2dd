//! TOTP, RFC 6238: a code for a time step.

use serde::{Deserialize, Serialize};

use crate::{Algorithm, Code, Digits, Hotp, KeyedHotp, Period, Seed, UnixTime};

/// What a time-based code is made with, but for the seed.
///
/// ```
/// use oath::{Seed, Totp, UnixTime};
/// # use oath::Digits;
/// // RFC 6238, appendix B.
/// let seed = Seed::from_bytes(b"12345678901234567890".to_vec().into())?;
/// let totp = Totp { digits: Digits::Eight, ..Totp::default() };
/// assert_eq!(totp.code_at(&seed, UnixTime(59)).expose_digits(), "94287082");
/// # Ok::<(), oath::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Totp {
    /// The hash under the HMAC.
    pub algorithm: Algorithm,
    /// How many digits a code has.
    pub digits: Digits,
    /// The length of a time step.
    pub period: Period,
}

impl Totp {
    /// The code at an instant.
    #[must_use]
    pub fn code_at(&self, seed: &Seed, at: UnixTime) -> Code {
        self.code_of_step(seed, self.period.step_at(at))
    }

    /// The code of a time step.
    #[must_use]
    pub fn code_of_step(&self, seed: &Seed, step: u64) -> Code {
        self.keyed(seed).code(step)
    }

    /// The codes of a seed by time step, where more than one is wanted.
    #[must_use]
    pub fn keyed(&self, seed: &Seed) -> KeyedHotp {
        Hotp { algorithm: self.algorithm, digits: self.digits }.keyed(seed)
    }
}
