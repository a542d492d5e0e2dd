//! Consuming provisioning data.

use std::net::IpAddr;

use oath::{CredentialId, Manufacturer, SerialNumber, TokenType, UnixTime};
use provisioning::{ActivationSecret, ProvisioningData, SealedToken};
use rand_core::CryptoRng;
use subtle::ConstantTimeEq;

use super::{ATTEMPTS, Registry};
use crate::{
    Error,
    activation::{ActivationRecord, ActivationState},
    event::{Actor, EventKind, NewEvent, Outcome},
    master_key::What,
    otp::Otp,
    store::{Changes, Write},
    token::{Token, TokenRecord},
};

/// What became of a sealed token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Consumed {
    /// The token's identifier.
    pub credential_id: CredentialId,
    /// Whether the registry had this very token already, and nothing was changed.
    pub repeated: bool,
}

impl Registry {
    /// Takes a sealed token: sent for an activation (PSK mode), or exported to this server's issuer
    /// card (base mode).
    ///
    /// The same token again - credential ID, seed and activation - gets the same answer, however
    /// often it was sealed, and changes nothing: an app whose connection broke just sends again.
    /// So does an import of a token that was enrolled here by an activation.
    ///
    /// # Errors
    /// [`Error::Provisioning`] with `OtherServer`, `CannotOpen` (also for an unknown activation:
    /// a stranger learns nothing) or `Malformed`; [`Error::ActivationExpired`],
    /// [`Error::ActivationUsed`], [`Error::CredentialIdTaken`], [`Error::Busy`].
    pub async fn consume(
        &self,
        sealed: &SealedToken,
        now: UnixTime,
        rng: &mut (impl CryptoRng + Send),
    ) -> Result<Consumed, Error> {
        self.consume_from(sealed, None, now, rng).await
    }

    /// As [`Registry::consume`], of an app that asks from an address: a sign of which device it is on.
    ///
    /// # Errors
    /// As [`Registry::consume`].
    pub async fn consume_from(
        &self,
        sealed: &SealedToken,
        from: Option<IpAddr>,
        now: UnixTime,
        rng: &mut (impl CryptoRng + Send),
    ) -> Result<Consumed, Error> {
        let from = from.map(|address| self.master.address_tag(address));
        for _ in 0..ATTEMPTS {
            let (data, activation) = self.open_sealed(sealed).await?;
            let credential_id = data.credential_id;
            let stored = self.store.token(&credential_id.into()).await?;
            if let Some(record) = &stored
                && (activation.is_none() || record.token.activation == sealed.activation())
                && self.is_the_same(record, &data)?
            {
                return Ok(Consumed { credential_id, repeated: true });
            }
            let mut checked = check_activation(activation.as_ref(), now);
            if checked.is_ok() && stored.is_some() {
                checked = Err((Error::CredentialIdTaken, "credential-id-taken"));
            }
            if let Err((error, cause)) = checked {
                self.note_not_consumed(&data, activation.as_ref(), cause, now).await?;
                return Err(error);
            }
            let changes = self.provision(data, activation, from, now, rng);
            if self.commit(changes).await? {
                return Ok(Consumed { credential_id, repeated: false });
            }
        }
        Err(Error::Busy)
    }

    /// Records that a token was refused whose seal opened: its sender was invited, or had the card.
    async fn note_not_consumed(
        &self,
        data: &ProvisioningData,
        activation: Option<&ActivationRecord>,
        cause: &str,
        now: UnixTime,
    ) -> Result<(), Error> {
        let kind = EventKind::TokenProvisioned;
        let mut event = NewEvent::new(now, Actor::App, kind, Outcome::Refused)
            .on(&data.credential_id.into())
            .because(cause);
        event.account = activation.map(|activation| activation.npi);
        Ok(self.store.commit(Changes::new([], [event])).await?)
    }

    async fn open_sealed(
        &self,
        sealed: &SealedToken,
    ) -> Result<(ProvisioningData, Option<ActivationRecord>), Error> {
        let Some(id) = sealed.activation() else {
            return Ok((sealed.open_with_card_key(&self.server_key)?, None));
        };
        let activation = self.store.activation(id).await?;
        let secret = match &activation {
            Some(activation) => self.activation_secret(activation)?,
            // The same work, and the same refusal, as for a seal that does not fit.
            None => ActivationSecret::from_bytes([0; 32]),
        };
        let opened = sealed.open_for_activation(&self.server_key, &secret);
        match (activation, opened) {
            (Some(activation), opened) => Ok((opened?, Some(activation))),
            (None, Err(error @ provisioning::Error::OtherServer)) => Err(error.into()),
            // Whatever the stand-in opens: who knows of no activation learns no more than this.
            (None, _) => Err(provisioning::Error::CannotOpen.into()),
        }
    }

    pub(super) fn activation_secret(
        &self,
        activation: &ActivationRecord,
    ) -> Result<ActivationSecret, Error> {
        let damaged = Error::Damaged { what: "the secret of an activation" };
        let opened = self
            .master
            .open(What::ActivationSecret, activation.id.as_bytes(), &activation.sealed_secret)
            .map_err(|_| damaged.clone())?;
        opened.as_slice().try_into().map(ActivationSecret::from_bytes).map_err(|_| damaged)
    }

    fn is_the_same(&self, record: &TokenRecord, data: &ProvisioningData) -> Result<bool, Error> {
        let seed = self.open_seed(record)?;
        let same_seed = seed.expose_bytes().ct_eq(data.seed.expose_bytes());
        Ok(record.token.otp == Otp::Totp(data.totp) && bool::from(same_seed))
    }

    fn provision(
        &self,
        data: ProvisioningData,
        activation: Option<ActivationRecord>,
        from: Option<[u8; 32]>,
        now: UnixTime,
        rng: &mut impl CryptoRng,
    ) -> Changes {
        let serial = SerialNumber::from(data.credential_id);
        let whose = serial.as_str().as_bytes();
        let sealed_seed = self.master.seal(What::Seed, whose, data.seed.expose_bytes(), rng);
        let mut event =
            NewEvent::new(now, Actor::App, EventKind::TokenProvisioned, Outcome::Success)
                .on(&serial);
        let token = new_token(serial.clone(), data, activation.as_ref(), now);
        let token = Token { provisioned_from: from, ..token };
        let record = TokenRecord { token, sealed_seed, version: 0 };
        let mut writes = vec![Write::InsertToken(Box::new(record))];
        if let Some(activation) = activation {
            event = event.of(activation.npi);
            let state = ActivationState::Provisioned;
            writes.push(Write::UpdateActivation(ActivationRecord {
                state,
                serial: Some(serial),
                ..activation
            }));
        }
        Changes::new(writes, [event])
    }
}

/// Refuses an activation that cannot take a token: used, replaced or expired; with the event's cause.
fn check_activation(
    activation: Option<&ActivationRecord>,
    now: UnixTime,
) -> Result<(), (Error, &'static str)> {
    const USED: (Error, &str) = (Error::ActivationUsed, "activation-used");
    let Some(activation) = activation else { return Ok(()) };
    match activation.state {
        _ if activation.serial.is_some() => Err(USED),
        ActivationState::Completed | ActivationState::Provisioned => Err(USED),
        ActivationState::Superseded => Err((Error::ActivationExpired, "activation-replaced")),
        ActivationState::Begun if now > activation.expires => {
            Err((Error::ActivationExpired, "activation-expired"))
        }
        ActivationState::Begun => Ok(()),
    }
}

fn new_token(
    serial: SerialNumber,
    data: ProvisioningData,
    activation: Option<&ActivationRecord>,
    now: UnixTime,
) -> Token {
    let manufacturer = serial.manufacturer().unwrap_or(Manufacturer::Countersign);
    let token_type = serial.token_type().unwrap_or(TokenType::Soft);
    let otp = Otp::Totp(data.totp);
    Token {
        activation: activation.map(|activation| activation.id),
        device: Some(data.device),
        platform: Some(data.platform),
        ..Token::provisioned(serial, manufacturer, token_type, data.name, otp, now)
    }
}
