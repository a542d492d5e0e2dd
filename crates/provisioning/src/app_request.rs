//! The app request: what the app of an enrolled token asks its server, shown by a MAC under a key
//! that both make from the seed.

use core::fmt;

use data_encoding::BASE64URL_NOPAD;
use hkdf::Hkdf;
use hmac::{Hmac, KeyInit, Mac};
use oath::{CredentialId, Seed, SerialNumber, UnixTime};
use rand_core::CryptoRng;
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::{Error, framing::Frame};

const FRAME: Frame = Frame { prefix: "countersign://app#", what: "an app's request" };

/// `info` of HKDF (RFC 5869, section 2.3): this key is good for nothing but these requests.
const KEY_INFO: &[u8] = b"countersign app key 1";
/// Stands before the body under the MAC, so that no other format's bytes fit.
const MAC_CONTEXT: &[u8] = b"countersign app request 1";
const MAC_LENGTH: usize = 32;

const STATUS: u8 = 0;
const REPORT_LOST: u8 = 1;

const CREDENTIAL_ID_LENGTH: usize = 12;

/// What an app asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AppAsk {
    /// How its own token is, and which other tokens its owner has.
    Status,
    /// To suspend another token of the same owner, because it is lost.
    ReportLost {
        /// The lost token.
        serial: SerialNumber,
        /// The same for each sending of this report, so that it acts once.
        report_id: ReportId,
    },
}

/// What the app of one token asks, and the proof that it knows the token's seed.
///
/// What is asked comes out of a request that was read only by [`AppRequest::check`].
#[derive(Clone, PartialEq, Eq)]
pub struct AppRequest {
    credential_id: CredentialId,
    at: UnixTime,
    ask: AppAsk,
    mac: [u8; MAC_LENGTH],
}

impl AppRequest {
    /// Makes a request at an instant of the app's own clock.
    #[must_use]
    pub fn new(credential_id: CredentialId, ask: AppAsk, at: UnixTime, seed: &Seed) -> Self {
        let mac = mac(&authenticated(credential_id, at, &ask), seed).finalize().into_bytes();
        Self { credential_id, at, ask, mac: mac.into() }
    }

    /// The token whose app says that it asks; shown only by [`AppRequest::check`].
    #[must_use]
    pub const fn credential_id(&self) -> CredentialId {
        self.credential_id
    }

    /// What is asked, if whoever asks knows this seed. Compares in constant time.
    ///
    /// # Errors
    /// [`Error::NotItsToken`].
    pub fn check(&self, seed: &Seed) -> Result<Asked<'_>, Error> {
        mac(&authenticated(self.credential_id, self.at, &self.ask), seed)
            .verify_slice(&self.mac)
            .map_err(|_| Error::NotItsToken)?;
        Ok(Asked { ask: &self.ask, at: self.at })
    }

    /// The request as text, for a request's body.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut body = authenticated(self.credential_id, self.at, &self.ask);
        body.extend_from_slice(&self.mac);
        FRAME.write(&body).to_string()
    }

    /// Reads a request from text. Nothing is known of who made it yet.
    ///
    /// # Errors
    /// [`Error::NotOurs`], [`Error::UnknownVersion`], [`Error::Damaged`] or [`Error::Malformed`].
    pub fn parse(text: &str) -> Result<Self, Error> {
        let body = FRAME.read(text)?;
        let (mut rest, mac) =
            body.split_last_chunk().ok_or_else(|| FRAME.malformed("shorter than its MAC"))?;
        let [kind] = take(&mut rest)?;
        let credential_id = canonical(&take::<CREDENTIAL_ID_LENGTH>(&mut rest)?)?;
        let at = UnixTime(u64::from_be_bytes(take(&mut rest)?));
        let ask = match kind {
            STATUS if rest.is_empty() => AppAsk::Status,
            STATUS => return Err(FRAME.malformed("longer than what it asks")),
            REPORT_LOST => {
                let report_id = ReportId(take(&mut rest)?);
                AppAsk::ReportLost { serial: canonical(rest)?, report_id }
            }
            _ => return Err(FRAME.malformed("it asks something unknown")),
        };
        Ok(Self { credential_id, at, ask, mac: *mac })
    }
}

impl fmt::Debug for AppRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Whoever has the MAC can ask once more.
        let Self { credential_id, at, ask, .. } = self;
        write!(f, "AppRequest({credential_id}, {at}, {ask:?}, redacted)")
    }
}

/// What the app of a token asked, and it was that app.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asked<'a> {
    /// What it asked.
    pub ask: &'a AppAsk,
    /// When, by the app's own clock, which may be wrong.
    pub at: UnixTime,
}

/// Names one report of a loss: 128 random bits, no secret.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct ReportId([u8; 16]);

impl ReportId {
    /// Makes a new random ID.
    #[must_use]
    pub fn generate(rng: &mut impl CryptoRng) -> Self {
        let mut id = [0; 16];
        rng.fill_bytes(&mut id);
        Self(id)
    }

    /// The ID of these bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The 16 bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl fmt::Display for ReportId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&BASE64URL_NOPAD.encode(&self.0))
    }
}

impl fmt::Debug for ReportId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ReportId({self})")
    }
}

/// The body without its MAC. One request has one form only.
fn authenticated(credential_id: CredentialId, at: UnixTime, ask: &AppAsk) -> Vec<u8> {
    let mut body = vec![match ask {
        AppAsk::Status => STATUS,
        AppAsk::ReportLost { .. } => REPORT_LOST,
    }];
    body.extend_from_slice(credential_id.as_str().as_bytes());
    body.extend_from_slice(&at.0.to_be_bytes());
    if let AppAsk::ReportLost { serial, report_id } = ask {
        body.extend_from_slice(&report_id.0);
        body.extend_from_slice(serial.as_str().as_bytes());
    }
    body
}

#[expect(clippy::expect_used, reason = "32 bytes are far below HKDF's limit, and any key's length")]
fn mac(authenticated: &[u8], seed: &Seed) -> Hmac<Sha256> {
    let mut key = Zeroizing::new([0; 32]);
    Hkdf::<Sha256>::new(None, seed.expose_bytes())
        .expand(KEY_INFO, &mut *key)
        .expect("32 bytes are below HKDF's limit (RFC 5869, section 2.3)");
    let mac = <Hmac<Sha256> as KeyInit>::new_from_slice(&*key)
        .expect("an HMAC takes a key of any length (RFC 2104)");
    mac.chain_update(MAC_CONTEXT).chain_update(authenticated)
}

fn take<const N: usize>(rest: &mut &[u8]) -> Result<[u8; N], Error> {
    let (taken, after) =
        rest.split_first_chunk().ok_or_else(|| FRAME.malformed("shorter than what it asks"))?;
    *rest = after;
    Ok(*taken)
}

/// A credential ID or serial number, only in the form that it is written in.
fn canonical<T: core::str::FromStr + Clone + Into<SerialNumber>>(bytes: &[u8]) -> Result<T, Error> {
    let malformed = || FRAME.malformed("no credential ID or serial number");
    let text = str::from_utf8(bytes).map_err(|_| malformed())?;
    let read: T = text.parse().map_err(|_| malformed())?;
    if read.clone().into().as_str() == text { Ok(read) } else { Err(malformed()) }
}
