//! The security code and its number of digits.

use core::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use subtle::{Choice, ConstantTimeEq};

use crate::Error;

/// How many digits a code has. The discriminant is the modulus of RFC 4226 (section 5.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub enum Digits {
    /// Six digits, what EPCS systems ask for.
    #[default]
    Six = 1_000_000,
    /// Seven digits.
    Seven = 10_000_000,
    /// Eight digits.
    Eight = 100_000_000,
}

impl Digits {
    /// The number of digits: 6, 7 or 8.
    #[must_use]
    pub const fn count(self) -> u8 {
        match self {
            Self::Six => 6,
            Self::Seven => 7,
            Self::Eight => 8,
        }
    }

    pub(crate) const fn modulus(self) -> u32 {
        self as u32
    }
}

impl TryFrom<u8> for Digits {
    type Error = Error;

    fn try_from(count: u8) -> Result<Self, Error> {
        match count {
            6 => Ok(Self::Six),
            7 => Ok(Self::Seven),
            8 => Ok(Self::Eight),
            _ => Err(Error::Digits),
        }
    }
}

impl From<Digits> for u8 {
    fn from(digits: Digits) -> Self {
        digits.count()
    }
}

/// A security code of 6 to 8 digits.
///
/// Parsed as people type it: spaces and dashes are dropped. Redacted in `Debug`, compared in
/// constant time only.
#[derive(Clone)]
pub struct Code {
    value: u32,
    digits: Digits,
}

impl Code {
    /// The code of an HMAC: dynamic truncation, RFC 4226 (section 5.3).
    pub(crate) fn truncated(hmac: &[u8], digits: Digits) -> Self {
        let offset = usize::from(hmac[hmac.len() - 1] & 0x0f);
        let word = [hmac[offset] & 0x7f, hmac[offset + 1], hmac[offset + 2], hmac[offset + 3]];
        Self { value: u32::from_be_bytes(word) % digits.modulus(), digits }
    }

    /// How many digits it has.
    #[must_use]
    pub const fn digits(&self) -> Digits {
        self.digits
    }

    /// The digits as text, leading zeros kept, for a screen or a clipboard.
    #[must_use]
    pub fn expose_digits(&self) -> String {
        format!("{:0width$}", self.value, width = usize::from(self.digits.count()))
    }
}

impl ConstantTimeEq for Code {
    fn ct_eq(&self, other: &Self) -> Choice {
        let whole = |code: &Self| u64::from(code.value) << 32 | u64::from(code.digits.modulus());
        whole(self).ct_eq(&whole(other))
    }
}

impl FromStr for Code {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let mut value: u32 = 0;
        let mut count: u8 = 0;
        for character in text.chars().filter(|c| !c.is_whitespace() && *c != '-') {
            let digit = character.to_digit(10).ok_or(Error::Code)?;
            if count == 8 {
                return Err(Error::Code);
            }
            value = value * 10 + digit;
            count += 1;
        }
        let digits = Digits::try_from(count).map_err(|_| Error::Code)?;
        Ok(Self { value, digits })
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Code(redacted)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 4226, appendix D: the HMACs and what truncation makes of them, for counts 0 to 9.
    const TRUNCATIONS: [(&str, u32); 10] = [
        ("cc93cf18508d94934c64b65d8ba7667fb7cde4b0", 1_284_755_224),
        ("75a48a19d4cbe100644e8ac1397eea747a2d33ab", 1_094_287_082),
        ("0bacb7fa082fef30782211938bc1c5e70416ff44", 137_359_152),
        ("66c28227d03a2d5529262ff016a1e6ef76557ece", 1_726_969_429),
        ("a904c900a64b35909874b33e61c5938a8e15ed1c", 1_640_338_314),
        ("a37e783d7b7233c083d4f62926c7a25f238d0316", 868_254_676),
        ("bc9cd28561042c83f219324d3c607256c03272ae", 1_918_287_922),
        ("a4fb960c0bc06e1eabb804e5b397cdc4b45596fa", 82_162_583),
        ("1b3c89f65e6c9e883012052823443f048b4332db", 673_399_871),
        ("1637409809a679dc698207310c8c7fc07290d9e5", 645_520_489),
    ];

    #[test]
    fn truncation_of_rfc_4226_appendix_d() {
        for (hmac, truncated) in TRUNCATIONS {
            let hmac = from_hex(hmac);
            for digits in [Digits::Six, Digits::Seven, Digits::Eight] {
                let code = Code::truncated(&hmac, digits);
                assert_eq!(code.value, truncated % 10_u32.pow(u32::from(digits.count())));
            }
        }
    }

    #[test]
    fn truncation_of_rfc_4226_section_5_4() {
        let hmac = from_hex("1f8698690e02ca16618550ef7f19da8e945b555a");
        assert_eq!(Code::truncated(&hmac, Digits::Six).expose_digits(), "872921");
    }

    fn from_hex(text: &str) -> Vec<u8> {
        (0..text.len())
            .step_by(2)
            .map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap())
            .collect()
    }
}
