//! A token without an app: its seed is at hand, so that every code of it is too.

use getrandom::{SysRng, rand_core::UnwrapErr};
use oath::{CredentialId, Seed, Totp, UnixTime};
use provisioning::{EnrolmentLink, IssuerCard, ProvisioningData, SealedToken};

use crate::error::Result;
use crate::outside;

/// A soft token of somebody who writes their own.
#[derive(Debug)]
pub struct SoftToken {
    data: ProvisioningData,
}

impl SoftToken {
    /// Makes credential ID and seed.
    ///
    /// # Errors
    ///
    /// When the name is none.
    pub fn generate(name: &str) -> Result<Self> {
        Self::with_id(name, CredentialId::generate(&mut UnwrapErr(SysRng)))
    }

    /// Makes a seed for a credential ID that may be somebody's already.
    ///
    /// # Errors
    ///
    /// When the name is none.
    pub fn with_id(name: &str, credential_id: CredentialId) -> Result<Self> {
        let data = ProvisioningData {
            credential_id,
            seed: Seed::generate(&mut UnwrapErr(SysRng)),
            totp: Totp::default(),
            name: name.parse()?,
            device: "a test's own".parse()?,
            platform: "linux".parse()?,
        };
        Ok(Self { data })
    }

    /// Its credential ID.
    pub fn id(&self) -> CredentialId {
        self.data.credential_id
    }

    /// Its provisioning data, sealed to an issuer card.
    ///
    /// # Errors
    ///
    /// When the card does not read.
    pub fn sealed_to(&self, card: &str) -> Result<String> {
        let card = IssuerCard::parse(card)?;
        Ok(SealedToken::seal_to_card(&self.data, &card, &mut UnwrapErr(SysRng))?.to_text())
    }

    /// Its provisioning data, sealed for the activation of an enrolment link.
    ///
    /// # Errors
    ///
    /// When the link does not read.
    pub fn sealed_for(&self, link: &str) -> Result<String> {
        let link = EnrolmentLink::parse(link)?;
        let sealed = SealedToken::seal_for_activation(&self.data, &link, &mut UnwrapErr(SysRng))?;
        Ok(sealed.to_text())
    }

    /// Its code at an instant, made by `oathtool`.
    ///
    /// # Errors
    ///
    /// When that fails.
    pub fn code_at(&self, at: UnixTime) -> Result<String> {
        outside::oathtool_code(&self.data.seed, at)
    }

    /// A code that it makes neither now nor near.
    pub fn wrong_code(&self, now: UnixTime) -> String {
        outside::wrong_code(&self.data.seed, now)
    }
}
