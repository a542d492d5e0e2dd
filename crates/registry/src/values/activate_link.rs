//! The end of the address that an activation mail leads to.

use core::{fmt, str::FromStr};

use data_encoding::BASE64URL_NOPAD;
use serde::{Deserialize, Deserializer, de::Error as _};
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::{RequestId, ValueError};

/// Which request a mail is about, and 128 bits that show that the mail was received.
///
/// Redacted in `Debug`, neither `Clone` nor `Serialize`: whoever has it can see the enrolment link.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct ActivateLink {
    #[zeroize(skip)]
    request: RequestId,
    proof: [u8; 16],
}

impl ActivateLink {
    pub(crate) const fn new(request: RequestId, proof: [u8; 16]) -> Self {
        Self { request, proof }
    }

    pub(crate) const fn request(&self) -> RequestId {
        self.request
    }

    /// In constant time.
    pub(crate) fn is(&self, expected: &Self) -> bool {
        self.request == expected.request && bool::from(self.proof.ct_eq(&expected.proof))
    }

    /// As it stands in an address.
    #[must_use]
    pub fn expose_text(&self) -> Zeroizing<String> {
        let proof = Zeroizing::new(BASE64URL_NOPAD.encode(&self.proof));
        Zeroizing::new(format!("{}.{}", self.request.as_str(), *proof))
    }
}

impl FromStr for ActivateLink {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, ValueError> {
        let (request, proof) = text.split_once('.').ok_or(ValueError::ActivateLink)?;
        if proof.len() > 32 {
            return Err(ValueError::ActivateLink);
        }
        let request = request.parse().map_err(|_| ValueError::ActivateLink)?;
        let bytes = BASE64URL_NOPAD.decode(proof.as_bytes()).map(Zeroizing::new);
        let bytes = bytes.map_err(|_| ValueError::ActivateLink)?;
        let proof = bytes.as_slice().try_into().map_err(|_| ValueError::ActivateLink)?;
        Ok(Self { request, proof })
    }
}

impl<'de> Deserialize<'de> for ActivateLink {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Zeroizing::new(String::deserialize(from)?).parse().map_err(D::Error::custom)
    }
}

impl fmt::Debug for ActivateLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ActivateLink({}, redacted)", self.request)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_is_read_back_and_tells_nothing_in_a_log() {
        let link = ActivateLink::new("4F7K92MQ".parse().unwrap(), [0xfb; 16]);
        let text = link.expose_text();
        assert!(text.parse::<ActivateLink>().unwrap().is(&link));
        assert!(!format!("{link:?}").contains("-_"), "{link:?}");
        let other = ActivateLink::new("4F7K92MQ".parse().unwrap(), [0xfa; 16]);
        assert!(!other.is(&link));
        for text in ["", ".", "4F7K92MQ", "4F7K92MQ.AA", ".AAAA", &"A.".repeat(100_000)] {
            assert!(text.parse::<ActivateLink>().is_err(), "{text:.20}");
        }
    }
}
