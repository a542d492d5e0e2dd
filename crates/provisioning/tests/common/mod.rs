//! What the tests share: one of everything, frames written independently, and known randomness.

#![allow(dead_code, reason = "no test file uses all of it")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking, in its helpers too"
)]

use core::convert::Infallible;

use data_encoding::BASE64URL_NOPAD;
use oath::{Seed, Totp, UnixTime};
use provisioning::{
    ActivationId, ActivationSecret, AppAsk, AppRequest, EnrolmentLink, IssuerCard, PinPolicy,
    ProvisioningData, ReportId, ServerPrivateKey, ServerPublicKey,
};
use rand_core::{TryCryptoRng, TryRng};
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};

pub(crate) const DOCUMENT: &str = include_str!("../../../../docs/formats.md");

/// The document's block of JSON with this name.
pub(crate) fn block<T: DeserializeOwned>(name: &str) -> T {
    serde_json::from_str(fenced(&format!("json {name}"))).expect("the block is JSON of this form")
}

/// The text of the document's block that begins so.
pub(crate) fn fenced(start: &str) -> &'static str {
    let start = format!("\n```{start}\n");
    let (_, rest) = DOCUMENT.split_once(&start).expect("docs/formats.md has a block of this name");
    rest.split_once("\n```\n").expect("the block ends").0
}

pub(crate) const SEED: &[u8] = b"12345678901234567890";
pub(crate) const EXPIRES: UnixTime = UnixTime(1_790_000_000);

pub(crate) fn link(key: ServerPublicKey) -> EnrolmentLink {
    EnrolmentLink {
        server: "https://rx.example.org".parse().unwrap(),
        issuer: "Example Clinic".parse().unwrap(),
        key,
        activation: ActivationId::from_bytes(counting_up(0)),
        secret: ActivationSecret::from_bytes(counting_up(0x20)),
        expires: EXPIRES,
        pin: PinPolicy::default(),
    }
}

pub(crate) fn card(key: ServerPublicKey) -> IssuerCard {
    IssuerCard { issuer: "Example Clinic".parse().unwrap(), key }
}

pub(crate) fn server_key() -> ServerPrivateKey {
    ServerPrivateKey::from_bytes(counting_up(0x40))
}

pub(crate) fn data() -> ProvisioningData {
    ProvisioningData {
        credential_id: "CSST4F7K92MQ".parse().unwrap(),
        seed: Seed::from_bytes(SEED.to_vec().into()).unwrap(),
        totp: Totp::default(),
        name: "My phone".parse().unwrap(),
        device: "pixel-9".parse().unwrap(),
        platform: "android".parse().unwrap(),
    }
}

/// A report, which has every field.
pub(crate) fn app_request() -> AppRequest {
    let seed = Seed::from_bytes(SEED.to_vec().into()).unwrap();
    let report_id = ReportId::from_bytes(counting_up(0xa0));
    let ask = AppAsk::ReportLost { serial: "AVT812345678".parse().unwrap(), report_id };
    AppRequest::new("CSST4F7K92MQ".parse().unwrap(), ask, EXPIRES, &seed)
}

pub(crate) fn counting_up<const N: usize>(from: u8) -> [u8; N] {
    let mut next = from;
    [0; N].map(|_: u8| {
        let byte = next;
        next += 1;
        byte
    })
}

/// A frame as `docs/formats.md` has it, written without the crate.
pub(crate) fn frame(kind: &str, version: &str, body: &[u8]) -> String {
    let start = format!("countersign://{kind}#{version}.");
    let checksum = Sha256::new().chain_update(&start).chain_update(body).finalize();
    let framed = [body, &checksum[..4]].concat();
    start + &BASE64URL_NOPAD.encode(&framed)
}

/// What is in a frame, without its checksum.
pub(crate) fn body_of(text: &str) -> Vec<u8> {
    let encoded = text.split_once("#1.").unwrap().1;
    let framed = BASE64URL_NOPAD.decode(encoded.as_bytes()).unwrap();
    framed[..framed.len() - 4].to_vec()
}

/// Known randomness: the same bytes for the same number.
pub(crate) struct Known(pub(crate) u64);

impl TryRng for Known {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let mut bytes = [0; 4];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u32::from_le_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut bytes = [0; 8];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u64::from_le_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        for chunk in bytes.chunks_mut(32) {
            self.0 = self.0.wrapping_add(1);
            let block = Sha256::digest(self.0.to_le_bytes());
            chunk.copy_from_slice(&block[..chunk.len()]);
        }
        Ok(())
    }
}

impl TryCryptoRng for Known {}

/// Hands out the same bytes whenever it is asked: the `ikm_e` of a test vector.
pub(crate) struct Replay(pub(crate) [u8; 32]);

impl TryRng for Replay {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        unreachable!("HPKE fills 32 bytes at once")
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        unreachable!("HPKE fills 32 bytes at once")
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        bytes.copy_from_slice(&self.0);
        Ok(())
    }
}

impl TryCryptoRng for Replay {}
