//! OCRA, RFC 6287: a code that answers a challenge, and so is good for one prescription only.
//!
//! The suite is `OCRA-1:HOTP-SHA1-6:QN08-T30S`, with hash, digits and time step of the token: a
//! challenge of eight digits, and the time, so that a code ends as a security code does.

use core::{fmt, str::FromStr};

use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha512};

use crate::{Algorithm, Code, Error, Period, Seed, Totp};

/// The length of a challenge in the message, RFC 6287 (section 6.4).
const QUESTION: usize = 128;

/// What is to be signed, as a number of eight digits that a person copies from one screen to another.
///
/// Parsed as people type it: spaces and dashes are dropped. Shown in two groups, `1234 5678`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Challenge(u32);

impl Challenge {
    /// How many numbers there are.
    const COUNT: u64 = 100_000_000;

    /// The number of what is to be signed. Two that differ have the same one in a hundred millions.
    #[must_use]
    pub fn of(what: &[u8]) -> Self {
        let hashed = Sha256::digest(what);
        let first = hashed.first_chunk().map_or(0, |bytes| u64::from_be_bytes(*bytes));
        // Less than a hundred millions.
        Self(u32::try_from(first % Self::COUNT).unwrap_or_default())
    }

    /// The number in bytes, most significant half-byte first, filled up with zeros at the end: the
    /// RFC's way with a decimal challenge.
    fn question(self) -> [u8; QUESTION] {
        let hex = format!("{:x}", self.0);
        let mut question = [0; QUESTION];
        for (place, digit) in hex.chars().enumerate() {
            let half = u8::try_from(digit.to_digit(16).unwrap_or_default()).unwrap_or_default();
            question[place / 2] |= if place % 2 == 0 { half << 4 } else { half };
        }
        question
    }
}

impl fmt::Display for Challenge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04} {:04}", self.0 / 10_000, self.0 % 10_000)
    }
}

impl FromStr for Challenge {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let digits: String = text.chars().filter(|c| !c.is_whitespace() && *c != '-').collect();
        let is_number = digits.len() == 8 && digits.bytes().all(|byte| byte.is_ascii_digit());
        let number = is_number.then(|| digits.parse().ok()).flatten();
        number.map(Self).ok_or(Error::Challenge)
    }
}

/// How a token's bound codes are made: with its own hash, digits and time step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ocra {
    algorithm: Algorithm,
    digits: crate::Digits,
    suite: String,
}

impl Ocra {
    /// The suite of a time-based token; `None` where the RFC has no word for its time step.
    #[must_use]
    pub fn of(totp: &Totp) -> Option<Self> {
        let (hash, digits) = (hash_name(totp.algorithm), totp.digits.count());
        let step = step_name(totp.period)?;
        let suite = format!("OCRA-1:HOTP-{hash}-{digits}:QN08-T{step}");
        Some(Self { algorithm: totp.algorithm, digits: totp.digits, suite })
    }

    /// Its name, RFC 6287 (section 6).
    #[must_use]
    pub fn suite(&self) -> &str {
        &self.suite
    }

    /// The code that answers a challenge in a time step.
    #[must_use]
    pub fn code_of_step(&self, seed: &Seed, challenge: Challenge, step: u64) -> Code {
        self.answer(seed, challenge, Some(step))
    }

    fn answer(&self, seed: &Seed, challenge: Challenge, step: Option<u64>) -> Code {
        match self.algorithm {
            Algorithm::Sha1 => self.answer_with::<Hmac<Sha1>>(seed, challenge, step),
            Algorithm::Sha256 => self.answer_with::<Hmac<Sha256>>(seed, challenge, step),
            Algorithm::Sha512 => self.answer_with::<Hmac<Sha512>>(seed, challenge, step),
        }
    }

    #[expect(clippy::expect_used, reason = "an HMAC takes a key of any length (RFC 2104)")]
    fn answer_with<M: Mac + KeyInit>(
        &self,
        seed: &Seed,
        challenge: Challenge,
        step: Option<u64>,
    ) -> Code {
        let mut mac = <M as KeyInit>::new_from_slice(seed.expose_bytes())
            .expect("an HMAC takes a key of any length (RFC 2104)");
        mac.update(self.suite.as_bytes());
        mac.update(&[0]);
        mac.update(&challenge.question());
        if let Some(step) = step {
            mac.update(&step.to_be_bytes());
        }
        Code::truncated(&mac.finalize().into_bytes(), self.digits)
    }
}

const fn hash_name(algorithm: Algorithm) -> &'static str {
    match algorithm {
        Algorithm::Sha1 => "SHA1",
        Algorithm::Sha256 => "SHA256",
        Algorithm::Sha512 => "SHA512",
    }
}

/// RFC 6287 (section 6.3): 1 to 59 seconds or minutes, 1 to 48 hours.
fn step_name(period: Period) -> Option<String> {
    match period.seconds() {
        seconds @ 1..=59 => Some(format!("{seconds}S")),
        seconds if seconds % 60 == 0 && seconds / 60 <= 59 => Some(format!("{}M", seconds / 60)),
        seconds if seconds % 3_600 == 0 && seconds / 3_600 <= 48 => {
            Some(format!("{}H", seconds / 3_600))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Digits;

    fn seed(bytes: usize) -> Seed {
        let digits = b"1234567890".iter().copied().cycle().take(bytes);
        Seed::from_bytes(digits.collect::<Vec<_>>().into()).unwrap()
    }

    fn challenge(digit: usize) -> Challenge {
        digit.to_string().repeat(8).parse().unwrap()
    }

    /// RFC 6287, appendix C.1: `OCRA-1:HOTP-SHA1-6:QN08`.
    #[test]
    fn the_rfcs_answers_without_time() {
        let ocra = Ocra {
            algorithm: Algorithm::Sha1,
            digits: Digits::Six,
            suite: "OCRA-1:HOTP-SHA1-6:QN08".to_owned(),
        };
        let answers = [
            "237653", "243178", "653583", "740991", "608993", "388898", "816933", "224598",
            "750600", "294470",
        ];
        for (digit, answer) in answers.into_iter().enumerate() {
            let code = ocra.answer(&seed(20), challenge(digit), None);
            assert_eq!(code.expose_digits(), answer);
        }
    }

    /// RFC 6287, appendix C.1: `OCRA-1:HOTP-SHA512-8:QN08-T1M`, of 25 March 2008, 12:06.
    #[test]
    fn the_rfcs_answers_with_time() {
        let totp = Totp {
            algorithm: Algorithm::Sha512,
            digits: Digits::Eight,
            period: Period::SECONDS_60,
        };
        let ocra = Ocra::of(&totp).unwrap();
        assert_eq!(ocra.suite(), "OCRA-1:HOTP-SHA512-8:QN08-T1M");
        let answers = ["95209754", "55907591", "22048402", "24218844", "36209546"];
        for (digit, answer) in answers.into_iter().enumerate() {
            let code = ocra.code_of_step(&seed(64), challenge(digit), 0x0132_d0b6);
            assert_eq!(code.expose_digits(), answer);
        }
    }

    #[test]
    fn a_challenge_reads_as_it_is_shown() {
        let shown = Challenge(1_234).to_string();
        assert_eq!(shown, "0000 1234");
        assert_eq!(shown.parse(), Ok(Challenge(1_234)));
        assert_eq!("12-34 56-78".parse(), Ok(Challenge(12_345_678)));
        for wrong in ["", "1234567", "123456789", "1234567a", "+1234567", "１２３４５６７８"]
        {
            assert_eq!(wrong.parse::<Challenge>(), Err(Error::Challenge), "{wrong}");
        }
        assert_ne!(Challenge::of(b"ten tablets"), Challenge::of(b"one hundred tablets"));
    }
}
