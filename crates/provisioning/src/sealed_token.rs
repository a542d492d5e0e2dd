//! The sealed token: the provisioning data of one token, sealed to one server (RFC 9180).

use oath::{Algorithm, CredentialId, Digits, Period, Seed, Totp};
use rand_core::CryptoRng;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::{
    ActivationId, ActivationSecret, EnrolmentLink, Error, IssuerCard, KeyId, Label,
    ServerPrivateKey, ServerPublicKey, bytes,
    framing::{Frame, MAX_TEXT_LENGTH},
    object::{self, Object},
    suite::{self, ENCAPSULATED_KEY_LENGTH, Mode},
};

const FRAME: Frame = Frame { prefix: "countersign://token#", what: "provisioning data" };
const INFO: &[u8] = b"countersign sealed token 1";

/// The mode numbers of RFC 9180 (section 5).
const MODE_BASE: u8 = 0;
const MODE_PSK: u8 = 1;

/// What a server must know of a token to judge its codes.
#[derive(Debug)]
pub struct ProvisioningData {
    /// The token's identifier.
    pub credential_id: CredentialId,
    /// The secret that token and server share.
    pub seed: Seed,
    /// How its codes are made.
    pub totp: Totp,
    /// What the prescriber calls the token.
    pub name: Label,
    /// What the device calls itself; "unknown" where it does not say.
    pub device: Label,
    /// The operating system that the app runs on, such as `linux` or `android`.
    pub platform: Label,
}

/// Provisioning data of one token that only one server can open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedToken {
    key_id: KeyId,
    activation: Option<ActivationId>,
    encapsulated_key: [u8; ENCAPSULATED_KEY_LENGTH],
    ciphertext: Vec<u8>,
}

impl SealedToken {
    /// Seals for the activation of an enrolment link (PSK mode): proves who sealed it.
    ///
    /// # Errors
    /// [`Error::Malformed`] if the link's key is no good, or no registry takes such a token.
    pub fn seal_for_activation(
        data: &ProvisioningData,
        link: &EnrolmentLink,
        rng: &mut impl CryptoRng,
    ) -> Result<Self, Error> {
        let mode = psk(&link.activation, &link.secret);
        Self::seal(data, link.key, Some(link.activation), mode, rng)
    }

    /// Seals for a server's issuer card (base mode): anybody could have sealed it.
    ///
    /// # Errors
    /// [`Error::Malformed`] if the card's key is no good, or no registry takes such a token.
    pub fn seal_to_card(
        data: &ProvisioningData,
        card: &IssuerCard,
        rng: &mut impl CryptoRng,
    ) -> Result<Self, Error> {
        Self::seal(data, card.key, None, Mode::Base, rng)
    }

    /// The activation that it was sealed for; `None` for one sealed to an issuer card.
    #[must_use]
    pub const fn activation(&self) -> Option<ActivationId> {
        self.activation
    }

    /// The key that it is sealed to.
    #[must_use]
    pub const fn key_id(&self) -> KeyId {
        self.key_id
    }

    /// Opens what was sealed for an activation.
    ///
    /// # Errors
    /// [`Error::OtherServer`] if it is sealed to another key, [`Error::CannotOpen`] if it was
    /// changed or sealed with another activation secret, [`Error::Malformed`] if what is inside
    /// is against the format.
    pub fn open_for_activation(
        &self,
        key: &ServerPrivateKey,
        secret: &ActivationSecret,
    ) -> Result<ProvisioningData, Error> {
        let activation = self.activation.ok_or(Error::CannotOpen)?;
        self.open(key, psk(&activation, secret))
    }

    /// Opens what was sealed to the issuer card.
    ///
    /// # Errors
    /// As [`SealedToken::open_for_activation`]; one that was sealed for an activation gives
    /// [`Error::CannotOpen`].
    pub fn open_with_card_key(&self, key: &ServerPrivateKey) -> Result<ProvisioningData, Error> {
        self.open(key, Mode::Base)
    }

    /// The sealed token as text, for a file, a QR or a request's body.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut body = header(self.key_id, self.activation);
        body.extend_from_slice(&self.encapsulated_key);
        body.extend_from_slice(&self.ciphertext);
        FRAME.write(&body).to_string()
    }

    /// Reads a sealed token from text.
    ///
    /// # Errors
    /// [`Error::NotOurs`], [`Error::UnknownVersion`], [`Error::Damaged`] or [`Error::Malformed`].
    pub fn parse(text: &str) -> Result<Self, Error> {
        let body = FRAME.read(text)?;
        let mut rest = body.as_slice();
        let [mode] = take(&mut rest)?;
        let key_id = KeyId::from_bytes(take(&mut rest)?);
        let activation = match mode {
            MODE_BASE => None,
            MODE_PSK => Some(ActivationId::from_bytes(take(&mut rest)?)),
            _ => return Err(FRAME.malformed("unknown HPKE mode")),
        };
        let encapsulated_key = take(&mut rest)?;
        Ok(Self { key_id, activation, encapsulated_key, ciphertext: rest.to_vec() })
    }

    fn seal(
        data: &ProvisioningData,
        key: ServerPublicKey,
        activation: Option<ActivationId>,
        mode: Mode<'_>,
        rng: &mut impl CryptoRng,
    ) -> Result<Self, Error> {
        data.check()?;
        let key_id = key.key_id();
        let header = header(key_id, activation);
        let sealed = suite::seal(mode, key, INFO, &header, &data.to_json(), rng)?;
        Ok(Self {
            key_id,
            activation,
            encapsulated_key: sealed.encapsulated_key,
            ciphertext: sealed.ciphertext,
        })
    }

    fn open(&self, key: &ServerPrivateKey, mode: Mode<'_>) -> Result<ProvisioningData, Error> {
        if self.key_id != key.public().key_id() {
            return Err(Error::OtherServer);
        }
        let header = header(self.key_id, self.activation);
        let json = suite::open(mode, key, INFO, &header, &self.encapsulated_key, &self.ciphertext)?;
        ProvisioningData::from_json(&json)
    }
}

/// What stands before the encapsulated key; it is authenticated as associated data.
fn header(key_id: KeyId, activation: Option<ActivationId>) -> Vec<u8> {
    let mut header = vec![if activation.is_some() { MODE_PSK } else { MODE_BASE }];
    header.extend_from_slice(key_id.as_bytes());
    if let Some(activation) = activation {
        header.extend_from_slice(activation.as_bytes());
    }
    header
}

/// The activation's secret as the pre-shared key, under the activation's ID.
const fn psk<'a>(activation: &'a ActivationId, secret: &'a ActivationSecret) -> Mode<'a> {
    Mode::Psk { key: secret.expose_bytes(), id: activation.as_bytes() }
}

fn take<const N: usize>(rest: &mut &[u8]) -> Result<[u8; N], Error> {
    let (taken, after) =
        rest.split_first_chunk().ok_or_else(|| FRAME.malformed("shorter than its header"))?;
    *rest = after;
    Ok(*taken)
}

/// The JSON under the seal.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    credential_id: CredentialId,
    #[serde(with = "bytes::secret")]
    seed: Zeroizing<Vec<u8>>,
    #[serde(deserialize_with = "object::word")]
    algorithm: Algorithm,
    digits: Digits,
    period: Period,
    name: Label,
    device: Label,
    platform: Label,
}

impl ProvisioningData {
    #[expect(clippy::expect_used, reason = "a struct of strings and numbers always serialises")]
    fn to_json(&self) -> Zeroizing<Vec<u8>> {
        let written = Written {
            credential_id: self.credential_id,
            seed: Zeroizing::new(self.seed.expose_bytes().to_vec()),
            algorithm: self.totp.algorithm,
            digits: self.totp.digits,
            period: self.totp.period,
            name: self.name.clone(),
            device: self.device.clone(),
            platform: self.platform.clone(),
        };
        let mut json = Zeroizing::new(Vec::with_capacity(MAX_TEXT_LENGTH));
        serde_json::to_writer(&mut *json, &written)
            .expect("a struct of strings and numbers always serialises");
        json
    }

    /// No registry keeps other time steps, although [`Period`] has them for other issuers' tokens.
    fn check(&self) -> Result<(), Error> {
        match self.totp.period {
            Period::SECONDS_30 | Period::SECONDS_60 => {}
            _ => return Err(FRAME.malformed("the time step is neither 30 nor 60 seconds")),
        }
        let length = self.seed.expose_bytes().len();
        if (Seed::MIN_LENGTH..=Seed::MAX_LENGTH).contains(&length) {
            Ok(())
        } else {
            Err(FRAME.malformed("the seed is too short or too long"))
        }
    }

    fn from_json(json: &[u8]) -> Result<Self, Error> {
        let Object(written): Object<Written> = serde_json::from_slice(json)
            .map_err(|_| FRAME.malformed("a field is missing, unknown or out of range"))?;
        let data = Self {
            credential_id: written.credential_id,
            seed: Seed::from_bytes(written.seed)
                .map_err(|_| FRAME.malformed("the seed is too short or too long"))?,
            totp: Totp {
                algorithm: written.algorithm,
                digits: written.digits,
                period: written.period,
            },
            name: written.name,
            device: written.device,
            platform: written.platform,
        };
        data.check().map(|()| data)
    }
}
