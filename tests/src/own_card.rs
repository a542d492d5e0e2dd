//! An issuer card whose private key the tests hold: the open way to a seed, through an export.

use std::path::Path;

use getrandom::{SysRng, rand_core::UnwrapErr};
use provisioning::{IssuerCard, ProvisioningData, SealedToken, ServerPrivateKey};

use crate::error::Result;

/// A card and the key that opens what is sealed to it.
#[derive(Debug)]
pub struct OwnCard {
    key: ServerPrivateKey,
    card: IssuerCard,
}

impl OwnCard {
    /// Makes a key, and the card that names it.
    ///
    /// # Errors
    ///
    /// When the issuer's name is none.
    pub fn generate(issuer: &str) -> Result<Self> {
        let key = ServerPrivateKey::generate(&mut UnwrapErr(SysRng));
        let card = IssuerCard { issuer: issuer.parse()?, key: key.public() };
        Ok(Self { key, card })
    }

    /// The card as pasted into the app.
    pub fn text(&self) -> String {
        self.card.to_text()
    }

    /// Opens an exported file.
    ///
    /// # Errors
    ///
    /// When it was sealed to another card.
    pub fn open(&self, file: &Path) -> Result<ProvisioningData> {
        let sealed = SealedToken::parse(&std::fs::read_to_string(file)?)?;
        Ok(sealed.open_with_card_key(&self.key)?)
    }
}
