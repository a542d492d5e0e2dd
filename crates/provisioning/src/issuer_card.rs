//! The issuer card: a server's public key, for an export without an activation.

use serde::{Deserialize, Serialize};

use crate::{Error, IssuerName, ServerPublicKey, framing::Frame, object::Object};

const FRAME: Frame = Frame { prefix: "countersign://issuer#", what: "an issuer card" };

/// Who takes tokens, and the key to seal them to. No secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IssuerCard {
    /// Who takes the token.
    pub issuer: IssuerName,
    /// The key to seal to.
    pub key: ServerPublicKey,
}

impl IssuerCard {
    /// The card as text.
    #[must_use]
    #[expect(clippy::expect_used, reason = "a struct of strings always serialises")]
    pub fn to_text(&self) -> String {
        let body = serde_json::to_vec(self).expect("a struct of strings always serialises");
        FRAME.write(&body).to_string()
    }

    /// Reads a card as people paste it.
    ///
    /// # Errors
    /// [`Error::NotOurs`], [`Error::UnknownVersion`], [`Error::Damaged`] or [`Error::Malformed`].
    pub fn parse(text: &str) -> Result<Self, Error> {
        let body = FRAME.read(text)?;
        serde_json::from_slice(&body)
            .map(|Object(card)| card)
            .map_err(|_| FRAME.malformed("a field is missing, unknown or out of range"))
    }
}
