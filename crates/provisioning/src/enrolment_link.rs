//! The enrolment link: invites an app to enrol for one activation.

use oath::UnixTime;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::{
    ActivationId, ActivationSecret, Error, IssuerName, ServerPublicKey, ServerUrl, bytes,
    framing::{Frame, MAX_TEXT_LENGTH},
    object::Object,
};

const FRAME: Frame = Frame { prefix: "countersign://enrol#", what: "an enrolment link" };

/// Everything that an app needs to enrol. Carries a secret: whoever has the link first can enrol.
#[derive(Debug)]
pub struct EnrolmentLink {
    /// Where to send the sealed token.
    pub server: ServerUrl,
    /// Who issues the token.
    pub issuer: IssuerName,
    /// The key to seal to.
    pub key: ServerPublicKey,
    /// Which activation this is.
    pub activation: ActivationId,
    /// The pre-shared key of the sealed token.
    pub secret: ActivationSecret,
    /// The last instant at which it can be used.
    pub expires: UnixTime,
    /// What the issuer asks of a PIN.
    pub pin: PinPolicy,
}

impl EnrolmentLink {
    /// The link as text.
    #[must_use]
    #[expect(clippy::expect_used, reason = "a struct of strings and numbers always serialises")]
    pub fn to_text(&self) -> Zeroizing<String> {
        let mut body = Zeroizing::new(Vec::with_capacity(MAX_TEXT_LENGTH));
        let written = Written {
            server: self.server.clone(),
            issuer: self.issuer.clone(),
            key: self.key,
            activation: self.activation,
            secret: Zeroizing::new(*self.secret.expose_bytes()),
            expires: self.expires,
            pin_length: self.pin,
        };
        serde_json::to_writer(&mut *body, &written)
            .expect("a struct of strings and numbers always serialises");
        FRAME.write(&body)
    }

    /// Reads a link as people click or paste it.
    ///
    /// # Errors
    /// [`Error::NotOurs`], [`Error::UnknownVersion`], [`Error::Damaged`] or [`Error::Malformed`].
    pub fn parse(text: &str) -> Result<Self, Error> {
        let body = FRAME.read(text)?;
        let Object(written): Object<Written> = serde_json::from_slice(&body)
            .map_err(|_| FRAME.malformed("a field is missing, unknown or out of range"))?;
        Ok(Self {
            server: written.server,
            issuer: written.issuer,
            key: written.key,
            activation: written.activation,
            secret: ActivationSecret::from_bytes(*written.secret),
            expires: written.expires,
            pin: written.pin_length,
        })
    }

    /// Refuses a link that has expired at `now`.
    ///
    /// # Errors
    /// [`Error::Expired`].
    pub fn check_expiry(&self, now: UnixTime) -> Result<(), Error> {
        if now > self.expires { Err(Error::Expired) } else { Ok(()) }
    }
}

/// How many digits a PIN has: 4 by default, 4 to 8.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub struct PinPolicy(u8);

impl PinPolicy {
    /// Asks for PINs of `length` digits.
    ///
    /// # Errors
    /// [`Error::PinLength`] outside 4 to 8.
    pub const fn new(length: u8) -> Result<Self, Error> {
        if length >= 4 && length <= 8 { Ok(Self(length)) } else { Err(Error::PinLength) }
    }

    /// The number of digits.
    #[must_use]
    pub const fn length(self) -> u8 {
        self.0
    }
}

impl Default for PinPolicy {
    fn default() -> Self {
        Self(4)
    }
}

impl TryFrom<u8> for PinPolicy {
    type Error = Error;

    fn try_from(length: u8) -> Result<Self, Error> {
        Self::new(length)
    }
}

impl From<PinPolicy> for u8 {
    fn from(policy: PinPolicy) -> Self {
        policy.0
    }
}

/// The JSON in the frame.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    server: ServerUrl,
    issuer: IssuerName,
    key: ServerPublicKey,
    activation: ActivationId,
    #[serde(serialize_with = "write_secret", deserialize_with = "read_secret")]
    secret: Zeroizing<[u8; 32]>,
    expires: UnixTime,
    pin_length: PinPolicy,
}

fn write_secret<S: serde::Serializer>(
    secret: &Zeroizing<[u8; 32]>,
    to: S,
) -> Result<S::Ok, S::Error> {
    bytes::serialize(secret, to)
}

fn read_secret<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Zeroizing<[u8; 32]>, D::Error> {
    bytes::deserialize(from).map(Zeroizing::new)
}
