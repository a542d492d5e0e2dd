//! The confirmation code of an activation, which goes another way than the link.

use core::{fmt, str::FromStr};

use rand_core::CryptoRng;
use zeroize::{Zeroize, ZeroizeOnDrop};

use super::ValueError;

/// Crockford's base 32: no I, L, O or U.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const LENGTH: usize = 8;

/// Eight characters of Crockford's base 32, 40 random bits (SP 800-63B-4 asks for six), with at
/// least one letter so that nobody takes it for a security code.
///
/// Shown in groups, `4F7K 92MQ`; parsed with spaces, dashes, lower case, `O` for `0`, `I` or `L`
/// for `1`. Zeroised on drop, neither `Clone` nor `Serialize`, redacted in `Debug`.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct ConfirmationCode([u8; LENGTH]);

impl ConfirmationCode {
    /// Makes a new random code.
    #[must_use]
    pub fn generate(rng: &mut impl CryptoRng) -> Self {
        loop {
            let mut code = Self([0; LENGTH]);
            rng.fill_bytes(&mut code.0);
            for byte in &mut code.0 {
                *byte = ALPHABET[usize::from(*byte % 32)];
            }
            if code.0.iter().any(u8::is_ascii_uppercase) {
                return code;
            }
        }
    }

    /// The code in groups, for a letter, a telephone call or a mail.
    #[must_use]
    pub fn expose_text(&self) -> String {
        let text = String::from_utf8_lossy(&self.0);
        format!("{} {}", &text[..4], &text[4..])
    }

    pub(crate) const fn expose_bytes(&self) -> &[u8; LENGTH] {
        &self.0
    }
}

impl FromStr for ConfirmationCode {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, ValueError> {
        let mut code = Self([0; LENGTH]);
        let mut length = 0;
        for character in text.chars().filter(|c| !c.is_whitespace() && *c != '-') {
            let byte = u8::try_from(character.to_ascii_uppercase());
            let read_as = match byte.map_err(|_| ValueError::ConfirmationCode)? {
                b'O' => b'0',
                b'I' | b'L' => b'1',
                other => other,
            };
            let place = code.0.get_mut(length).ok_or(ValueError::ConfirmationCode)?;
            *place = Some(read_as)
                .filter(|byte| ALPHABET.contains(byte))
                .ok_or(ValueError::ConfirmationCode)?;
            length += 1;
        }
        if length == LENGTH { Ok(code) } else { Err(ValueError::ConfirmationCode) }
    }
}

impl fmt::Debug for ConfirmationCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ConfirmationCode(redacted)")
    }
}

#[cfg(test)]
mod tests {
    use getrandom::{SysRng, rand_core::UnwrapErr};

    use super::*;

    #[test]
    fn a_code_is_read_back_however_it_is_typed() {
        let code: ConfirmationCode = "4o7k-92mL".parse().unwrap();
        assert_eq!(code.expose_text(), "407K 92M1");
        for text in ["", "4F7K92M", "4F7K92MQ1", "4F7K92MU", "4F7K92Mé", &"A".repeat(100_000)] {
            assert!(text.parse::<ConfirmationCode>().is_err(), "{text:.20}");
        }
    }

    #[test]
    fn no_code_could_be_taken_for_a_security_code() {
        let mut rng = UnwrapErr(SysRng);
        for _ in 0..20_000 {
            let text = ConfirmationCode::generate(&mut rng).expose_text();
            assert!(text.parse::<oath::Code>().is_err(), "{text}");
            assert_eq!(text.parse::<ConfirmationCode>().unwrap().expose_text(), text);
        }
    }
}
