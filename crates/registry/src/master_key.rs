//! Sealing of secrets at rest under a key that is not in the database.
//!
//! Sealed: one byte of version, 24 of nonce, then XChaCha20-Poly1305 of the secret. Associated data
//! are the version, what the secret is and whose, so that a sealed value moved to another row does
//! not open there. While the master key is changed there are two: the new one seals, either opens.
//!
//! What is compared and not opened (codes on their way, links, addresses) is tagged under a root of its
//! own, made from the first master key: it stays when the master key changes, sealed under the new one.

use core::fmt;
use std::net::IpAddr;

use chacha20poly1305::{
    KeyInit, XChaCha20Poly1305, XNonce,
    aead::{Aead, Payload},
};
use hmac::{Hmac, Mac};
use rand_core::CryptoRng;
use sha2::Sha256;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

const VERSION: u8 = 1;
const NONCE_LENGTH: usize = 24;

/// The key over every secret in the database: 32 random bytes, kept outside it.
///
/// Zeroised on drop, neither `Clone` nor `Serialize`, redacted in `Debug`.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct MasterKey {
    key: [u8; 32],
    /// The one before, while what it sealed is not yet under this one.
    former: Option<[u8; 32]>,
    /// What tags are made under.
    tags: [u8; 32],
    /// The ciphers of both keys, which zeroise themselves: a seed is opened for each code.
    #[zeroize(skip)]
    opener: Opener,
}

/// What a sealed value is: the word stands in its associated data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum What {
    Seed,
    ActivationSecret,
    ServerKey,
    AuditKey,
    AdministratorSeed,
    ShownActivation,
    EnrolmentLink,
    TagRoot,
    WebhookSecret,
    KeptAnswer,
}

/// Which master key a sealed value opens with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Under {
    Current,
    Former,
}

impl What {
    const fn word(self) -> &'static [u8] {
        match self {
            Self::Seed => b"seed",
            Self::ActivationSecret => b"activation secret",
            Self::ServerKey => b"server key",
            Self::AuditKey => b"audit key",
            Self::AdministratorSeed => b"administrator seed",
            Self::ShownActivation => b"shown activation",
            Self::EnrolmentLink => b"enrolment link",
            Self::TagRoot => b"tag root",
            Self::WebhookSecret => b"webhook secret",
            Self::KeptAnswer => b"kept answer",
        }
    }
}

/// A sealed value does not open: another master key, or the value was changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct DoesNotOpen;

impl MasterKey {
    /// Makes a new random key.
    #[must_use]
    pub fn generate(rng: &mut impl CryptoRng) -> Self {
        let mut key = Zeroizing::new([0; 32]);
        rng.fill_bytes(&mut *key);
        Self::from_bytes(*key)
    }

    /// Takes over a key that was stored.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        let tags = *derive(&bytes, b"countersign tag root 1");
        let opener = Opener { current: cipher(&bytes), former: None };
        Self { key: bytes, former: None, tags, opener }
    }

    /// The key in place of a former one, which still opens what it sealed.
    #[must_use]
    pub fn in_place_of(self, former: &Self) -> Self {
        let mut key = Self::from_bytes(self.key);
        key.former = Some(former.key);
        key.opener.former = Some(cipher(&former.key));
        key
    }

    /// Whether there is a former key.
    pub(crate) const fn has_former(&self) -> bool {
        self.former.is_some()
    }

    /// Makes tags under this root from now on.
    pub(crate) const fn set_tag_root(&mut self, root: [u8; 32]) {
        self.tags = root;
    }

    /// What tags are made under.
    pub(crate) const fn tag_root(&self) -> &[u8; 32] {
        &self.tags
    }

    /// What tags are made under where the former key was the first one.
    pub(crate) fn former_tag_root(&self) -> Option<[u8; 32]> {
        self.former.map(|former| *derive(&former, b"countersign tag root 1"))
    }

    /// The key itself, for storage outside the database.
    #[must_use]
    pub const fn expose_bytes(&self) -> &[u8; 32] {
        &self.key
    }

    pub(crate) fn seal(
        &self,
        what: What,
        whose: &[u8],
        secret: &[u8],
        rng: &mut impl CryptoRng,
    ) -> Vec<u8> {
        self.sealer().seal(what, whose, secret, rng)
    }

    /// Where many values are sealed: the key is derived once.
    pub(crate) fn sealer(&self) -> Sealer {
        Sealer(cipher(&self.key))
    }

    /// What opens values and tells under which key they were.
    pub(crate) const fn opener(&self) -> &Opener {
        &self.opener
    }

    pub(crate) fn open(
        &self,
        what: What,
        whose: &[u8],
        sealed: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, DoesNotOpen> {
        self.opener.open(what, whose, sealed).map(|(secret, _)| secret)
    }

    /// A keyed hash of a confirmation code, good for one activation only.
    pub(crate) fn confirmation_tag(&self, activation: &[u8; 16], code: &[u8]) -> [u8; 32] {
        let key = self.derive(b"countersign confirmation codes 1");
        hmac(&*key, &[activation, code])
    }

    /// A keyed hash of a network address, with which it can be compared and not read.
    pub(crate) fn address_tag(&self, address: IpAddr) -> [u8; 32] {
        let key = self.derive(b"countersign addresses 1");
        hmac(&*key, &[address.to_string().as_bytes()])
    }

    /// A keyed hash of a code by phone, good for one session only.
    pub(crate) fn step_up_tag(&self, session: &[u8; 32], code: &[u8]) -> [u8; 32] {
        let key = self.derive(b"countersign codes by phone 1");
        hmac(&*key, &[session, code])
    }

    /// A keyed hash of the code to a link for a new passphrase, good with that link only.
    pub(crate) fn reset_tag(&self, link: &[u8; 32], code: &[u8]) -> [u8; 32] {
        let key = self.derive(b"countersign passphrase resets 1");
        hmac(&*key, &[link, code])
    }

    /// A keyed hash of a relying party's request, which may hold a code.
    pub(crate) fn request_tag(&self, party: &str, request: &[u8]) -> [u8; 32] {
        let key = self.derive(b"countersign kept answers 1");
        let length = u32::try_from(party.len()).unwrap_or(u32::MAX).to_be_bytes();
        hmac(&*key, &[&length, party.as_bytes(), request])
    }

    /// The secret that takes a session's place when one submit makes it full: the same for the same
    /// submit again, and unknown to whoever knows the session's secret only.
    pub(crate) fn renewed_session(&self, session: &[u8; 32], submit: &[u8]) -> [u8; 32] {
        let key = self.derive(b"countersign renewed sessions 1");
        hmac(&*key, &[session, submit])
    }

    /// What shows that the mail with a request's link of this number was received.
    pub(crate) fn request_link(&self, request: &[u8], number: u32) -> [u8; 16] {
        let key = self.derive(b"countersign request links 1");
        let tag = hmac(&*key, &[request, &number.to_be_bytes()]);
        let mut proof = [0; 16];
        proof.copy_from_slice(&tag[..16]);
        proof
    }

    fn derive(&self, label: &[u8]) -> Zeroizing<[u8; 32]> {
        derive(&self.tags, label)
    }
}

fn cipher(key: &[u8; 32]) -> XChaCha20Poly1305 {
    XChaCha20Poly1305::new((&*derive(key, b"countersign sealing 1")).into())
}

/// One key per use: the first block of HKDF-Expand (RFC 5869, section 2.3); the key is uniformly
/// random already.
fn derive(key: &[u8; 32], label: &[u8]) -> Zeroizing<[u8; 32]> {
    Zeroizing::new(hmac(key, &[label, &[1]]))
}

/// Opens values; zeroised on drop, as the ciphers are.
pub(crate) struct Opener {
    current: XChaCha20Poly1305,
    former: Option<XChaCha20Poly1305>,
}

impl Opener {
    /// Opens a value, and says under which key it is.
    pub(crate) fn open(
        &self,
        what: What,
        whose: &[u8],
        sealed: &[u8],
    ) -> Result<(Zeroizing<Vec<u8>>, Under), DoesNotOpen> {
        let (nonce, ciphertext) = sealed
            .strip_prefix(&[VERSION])
            .and_then(|rest| rest.split_at_checked(NONCE_LENGTH))
            .ok_or(DoesNotOpen)?;
        let aad = associated_data(what, whose);
        let open = |cipher: &XChaCha20Poly1305| {
            let opened = cipher.decrypt(&nonce_of(nonce), Payload { msg: ciphertext, aad: &aad });
            opened.map(Zeroizing::new)
        };
        if let Ok(secret) = open(&self.current) {
            return Ok((secret, Under::Current));
        }
        let former = self.former.as_ref().ok_or(DoesNotOpen)?;
        open(former).map(|secret| (secret, Under::Former)).map_err(|_| DoesNotOpen)
    }
}

/// Seals values; zeroised on drop, as the cipher is.
pub(crate) struct Sealer(XChaCha20Poly1305);

impl Sealer {
    #[expect(clippy::expect_used, reason = "a secret of a few bytes is below the cipher's limit")]
    pub(crate) fn seal(
        &self,
        what: What,
        whose: &[u8],
        secret: &[u8],
        rng: &mut impl CryptoRng,
    ) -> Vec<u8> {
        let mut sealed = vec![VERSION; 1 + NONCE_LENGTH];
        rng.fill_bytes(&mut sealed[1..]);
        let nonce = nonce_of(&sealed[1..]);
        let aad = associated_data(what, whose);
        let ciphertext = self
            .0
            .encrypt(&nonce, Payload { msg: secret, aad: &aad })
            .expect("a secret of a few bytes is below the cipher's limit");
        sealed.extend_from_slice(&ciphertext);
        sealed
    }
}

fn nonce_of(bytes: &[u8]) -> XNonce {
    let mut nonce = [0; NONCE_LENGTH];
    nonce.copy_from_slice(bytes);
    nonce.into()
}

fn associated_data(what: What, whose: &[u8]) -> Vec<u8> {
    [b"countersign at rest ".as_slice(), &[VERSION], what.word(), b" of ", whose].concat()
}

#[expect(clippy::expect_used, reason = "an HMAC takes a key of any length (RFC 2104)")]
pub(crate) fn hmac(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    let mut mac = <Hmac<Sha256> as hmac::KeyInit>::new_from_slice(key)
        .expect("an HMAC takes a key of any length (RFC 2104)");
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MasterKey(redacted)")
    }
}

#[cfg(test)]
mod tests {
    use getrandom::{SysRng, rand_core::UnwrapErr};

    use super::*;

    #[test]
    fn what_was_sealed_opens_again_and_only_there() {
        let mut rng = UnwrapErr(SysRng);
        let key = MasterKey::generate(&mut rng);
        let sealed = key.seal(What::Seed, b"CSST1", b"the secret of a token", &mut rng);
        assert_eq!(**key.open(What::Seed, b"CSST1", &sealed).unwrap(), *b"the secret of a token");
        assert_eq!(key.open(What::Seed, b"CSST2", &sealed), Err(DoesNotOpen));
        assert_eq!(key.open(What::ServerKey, b"CSST1", &sealed), Err(DoesNotOpen));
        let other = MasterKey::generate(&mut rng);
        assert_eq!(other.open(What::Seed, b"CSST1", &sealed), Err(DoesNotOpen));
    }

    #[test]
    fn a_changed_or_cut_value_does_not_open() {
        let mut rng = UnwrapErr(SysRng);
        let key = MasterKey::generate(&mut rng);
        let sealed = key.seal(What::Seed, b"a", b"secret", &mut rng);
        for place in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[place] ^= 1;
            assert_eq!(key.open(What::Seed, b"a", &changed), Err(DoesNotOpen), "byte {place}");
            assert_eq!(key.open(What::Seed, b"a", &sealed[..place]), Err(DoesNotOpen));
        }
    }

    #[test]
    fn sealing_twice_gives_different_bytes() {
        let mut rng = UnwrapErr(SysRng);
        let key = MasterKey::generate(&mut rng);
        let [one, two] = [(); 2].map(|()| key.seal(What::Seed, b"a", b"secret", &mut rng));
        assert_ne!(one, two);
    }

    #[test]
    fn a_confirmation_tag_is_of_one_code_of_one_activation_under_one_key() {
        let mut rng = UnwrapErr(SysRng);
        let [key, other] = [(); 2].map(|()| MasterKey::generate(&mut rng));
        let tag = key.confirmation_tag(&[1; 16], b"4F7K92MQ");
        assert_eq!(tag, key.confirmation_tag(&[1; 16], b"4F7K92MQ"));
        assert_ne!(tag, key.confirmation_tag(&[2; 16], b"4F7K92MQ"));
        assert_ne!(tag, key.confirmation_tag(&[1; 16], b"4F7K92MR"));
        assert_ne!(tag, other.confirmation_tag(&[1; 16], b"4F7K92MQ"));
    }
}
