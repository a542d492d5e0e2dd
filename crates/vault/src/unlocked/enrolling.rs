//! What leaves the vault for a server, and what is noted of it.

use oath::{CredentialId, UnixTime};
use provisioning::{
    AppAsk, AppRequest, EnrolmentLink, IssuerCard, ProvisioningData, PskcPassphrase, PskcToken,
    SealedToken,
};
use rand_core::CryptoRng;

use super::UnlockedVault;
use crate::{CredentialKind, Device, Enrolment, Error, LastState, LogEvent, LogLine};

impl UnlockedVault {
    /// Seals the provisioning data for the activation of its pending enrolment.
    ///
    /// # Errors
    /// [`Error::UnknownCredential`]; [`Error::NoPendingEnrolment`] if nothing waits to be sent;
    /// [`Error::Provisioning`] if the link's key is no good.
    pub fn seal_for_activation(
        &self,
        id: CredentialId,
        device: &Device,
        rng: &mut impl CryptoRng,
    ) -> Result<SealedToken, Error> {
        let place = self.place(id)?;
        let data = self.provisioning_data(place, device)?;
        let Enrolment::Pending(link) = &self.credentials[place].enrolment else {
            return Err(Error::NoPendingEnrolment);
        };
        Ok(SealedToken::seal_for_activation(&data, link, rng)?)
    }

    /// Seals the provisioning data to another server's issuer card.
    ///
    /// # Errors
    /// [`Error::UnknownCredential`]; [`Error::OtherIssuer`] for another issuer's account;
    /// [`Error::Provisioning`] if the card's key is no good.
    pub fn seal_to_card(
        &self,
        id: CredentialId,
        card: &IssuerCard,
        device: &Device,
        rng: &mut impl CryptoRng,
    ) -> Result<SealedToken, Error> {
        let data = self.provisioning_data(self.place(id)?, device)?;
        Ok(SealedToken::seal_to_card(&data, card, rng)?)
    }

    /// Uses an enrolment link for a token that was made without one, or whose own link was never
    /// answered; one write. The link's issuer becomes the token's.
    ///
    /// # Errors
    /// [`Error::OtherIssuer`] for another issuer's account, [`Error::AlreadyEnrolled`] if a server
    /// has the token, and those of [`UnlockedVault::set_enrolment`].
    pub fn enrol_by_link(
        &mut self,
        id: CredentialId,
        link: EnrolmentLink,
        at: UnixTime,
        rng: &mut impl CryptoRng,
    ) -> Result<(), Error> {
        let place = self.own_place(id)?;
        if matches!(self.credentials[place].enrolment, Enrolment::Sent { .. }) {
            return Err(Error::AlreadyEnrolled);
        }
        self.rewrite(place, rng, |credential| {
            let host = link.server.host().to_owned();
            credential.log.push(LogLine { at, what: LogEvent::LinkUsed { host } });
            credential.issuer = Some(link.issuer.clone());
            credential.enrolment = Enrolment::Pending(link);
        })
    }

    /// Notes how far a credential's enrolment has come; one write.
    ///
    /// # Errors
    /// [`Error::UnknownCredential`], [`Error::OtherIssuer`], [`Error::NoVault`] if the vault is
    /// gone by now, [`Error::TooLarge`], and the keyring's own. The old state stays after an error.
    pub fn set_enrolment(
        &mut self,
        id: CredentialId,
        enrolment: Enrolment,
        rng: &mut impl CryptoRng,
    ) -> Result<(), Error> {
        let place = self.own_place(id)?;
        self.rewrite(place, rng, |credential| {
            if let Enrolment::Sent { server, at } = &enrolment {
                credential.log.push(LogLine { at: *at, what: LogEvent::sent(server) });
            }
            credential.enrolment = enrolment;
        })
    }

    /// Notes what the server said of a token; one write.
    ///
    /// # Errors
    /// As [`UnlockedVault::set_enrolment`].
    pub fn set_last_state(
        &mut self,
        id: CredentialId,
        last: LastState,
        rng: &mut impl CryptoRng,
    ) -> Result<(), Error> {
        let place = self.own_place(id)?;
        self.rewrite(place, rng, |credential| {
            if credential.last_state.is_none_or(|before| before.state != last.state) {
                let what = LogEvent::NowInState { state: last.state };
                credential.log.push(LogLine { at: last.at, what });
            }
            credential.last_state = Some(last);
        })
    }

    /// A token as a PSKC file under a passphrase; another issuer's account too, which is its owner's
    /// to take along. Takes about a second.
    ///
    /// # Errors
    /// [`Error::UnknownCredential`].
    pub fn pskc(
        &self,
        id: CredentialId,
        passphrase: &PskcPassphrase,
        rng: &mut impl CryptoRng,
    ) -> Result<String, Error> {
        let (credential, seed) = self.sealed[self.place(id)?].open(&self.key)?;
        let token = PskcToken {
            id: id.as_str(),
            seed: &seed,
            kind: credential.kind.otp(),
            name: &credential.name,
            issuer: credential.issuer.as_ref(),
        };
        Ok(token.to_pskc(passphrase, rng))
    }

    /// What a token's app asks its server, shown to come from it by its seed.
    ///
    /// # Errors
    /// [`Error::UnknownCredential`]; [`Error::OtherIssuer`] for another issuer's account.
    pub fn app_request(
        &self,
        id: CredentialId,
        ask: AppAsk,
        now: UnixTime,
    ) -> Result<AppRequest, Error> {
        let (_, seed) = self.sealed[self.own_place(id)?].open(&self.key)?;
        Ok(AppRequest::new(id, ask, now, &seed))
    }

    fn own_place(&self, id: CredentialId) -> Result<usize, Error> {
        let place = self.place(id)?;
        if self.credentials[place].is_own() { Ok(place) } else { Err(Error::OtherIssuer) }
    }

    fn provisioning_data(&self, place: usize, device: &Device) -> Result<ProvisioningData, Error> {
        let (credential, seed) = self.sealed[place].open(&self.key)?;
        let CredentialKind::Own(totp) = credential.kind else { return Err(Error::OtherIssuer) };
        Ok(ProvisioningData {
            credential_id: credential.id,
            seed,
            totp,
            name: credential.name,
            device: device.name.clone(),
            platform: device.platform.clone(),
        })
    }
}
