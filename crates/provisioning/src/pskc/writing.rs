//! Writing PSKC, in one profile, which is the one that other readers take: PBKDF2 with HMAC-SHA1,
//! AES-128-CBC, an encrypted MAC key, and HMAC-SHA1 over each encrypted value.

use data_encoding::BASE64;
use hmac::{Hmac, KeyInit, Mac};
use oath::{Algorithm, Seed};
use rand_core::CryptoRng;
use sha1::Sha1;
use zeroize::Zeroizing;

use super::{PskcPassphrase, cipher::Cipher};
use crate::{Label, OtpKind};

/// PBKDF2's iterations: what OWASP's password storage guidance asks for with HMAC-SHA1.
const ITERATIONS: u32 = 1_300_000;
pub(super) const SALT_LENGTH: usize = 16;
/// AES-128's key, and its block.
pub(super) const KEY_LENGTH: usize = 16;
/// As long as what HMAC-SHA1 gives.
pub(super) const MAC_KEY_LENGTH: usize = 20;

const CIPHER: Cipher = Cipher::Cbc { key_length: KEY_LENGTH };

/// What PSKC says of a token.
#[derive(Debug)]
pub struct PskcToken<'a> {
    /// Its credential ID, without spaces, or whatever else names it.
    pub id: &'a str,
    /// The secret that token and server share.
    pub seed: &'a Seed,
    /// How its codes are made.
    pub kind: OtpKind,
    /// What its owner calls it.
    pub name: &'a Label,
    /// Who issued it.
    pub issuer: Option<&'a Label>,
}

impl PskcToken<'_> {
    /// The token as a PSKC file under a passphrase. Takes about a second.
    #[must_use]
    pub fn to_pskc(&self, passphrase: &PskcPassphrase, rng: &mut impl CryptoRng) -> String {
        let mut salt = [0; SALT_LENGTH];
        rng.fill_bytes(&mut salt);
        let key = derive_key(passphrase, &salt);
        let mut mac_key = Zeroizing::new([0; MAC_KEY_LENGTH]);
        rng.fill_bytes(&mut *mac_key);
        let encrypted_mac_key = CIPHER.encrypt_cbc(&*key, &*mac_key, rng);
        let encrypted_seed = CIPHER.encrypt_cbc(&*key, self.seed.expose_bytes(), rng);
        let value_mac = mac(&mac_key, &encrypted_seed);
        self.write(&salt, &encrypted_mac_key, &encrypted_seed, &value_mac)
    }

    fn write(&self, salt: &[u8], mac_key: &[u8], seed: &[u8], value_mac: &[u8]) -> String {
        let (salt, mac_key) = (BASE64.encode(salt), BASE64.encode(mac_key));
        let (seed, value_mac) = (BASE64.encode(seed), BASE64.encode(value_mac));
        let id = escaped(self.id);
        let name = escaped(self.name.as_str());
        let issuer = self.issuer.map_or(String::new(), |issuer| {
            format!("\n      <pskc:Issuer>{}</pskc:Issuer>", escaped(issuer.as_str()))
        });
        let (profile, algorithm, digits, moving) = match self.kind {
            OtpKind::Totp(totp) => {
                let moving = plain_value("TimeInterval", totp.period.seconds());
                ("totp", totp.algorithm, totp.digits, moving)
            }
            OtpKind::Hotp { hotp, counter } => {
                ("hotp", hotp.algorithm, hotp.digits, plain_value("Counter", counter))
            }
        };
        let suite = suite(algorithm);
        let derivation = derivation(&salt);
        let mac_method = mac_method(CIPHER.uri(), &mac_key);
        let (digits, cipher) = (digits.count(), CIPHER.uri());
        format!(
            r##"<?xml version="1.0" encoding="UTF-8"?>
<pskc:KeyContainer Version="1.0"
    xmlns:pskc="urn:ietf:params:xml:ns:keyprov:pskc"
    xmlns:xenc="http://www.w3.org/2001/04/xmlenc#"
    xmlns:xenc11="http://www.w3.org/2009/xmlenc11#"
    xmlns:pkcs5="http://www.rsasecurity.com/rsalabs/pkcs/schemas/pkcs-5v2-0#">
  <pskc:EncryptionKey>
    <xenc11:DerivedKey>
{derivation}
      <xenc:ReferenceList><xenc:DataReference URI="#SEED"/></xenc:ReferenceList>
      <xenc11:MasterKeyName>Passphrase</xenc11:MasterKeyName>
    </xenc11:DerivedKey>
  </pskc:EncryptionKey>
{mac_method}
  <pskc:KeyPackage>
    <pskc:DeviceInfo><pskc:SerialNo>{id}</pskc:SerialNo></pskc:DeviceInfo>
    <pskc:Key Id="{id}" Algorithm="urn:ietf:params:xml:ns:keyprov:pskc:{profile}">{issuer}
      <pskc:AlgorithmParameters>{suite}<pskc:ResponseFormat Length="{digits}" Encoding="DECIMAL"/></pskc:AlgorithmParameters>
      <pskc:FriendlyName>{name}</pskc:FriendlyName>
      <pskc:Data>
        <pskc:Secret>
          <pskc:EncryptedValue Id="SEED">
            <xenc:EncryptionMethod Algorithm="{cipher}"/>
            <xenc:CipherData><xenc:CipherValue>{seed}</xenc:CipherValue></xenc:CipherData>
          </pskc:EncryptedValue>
          <pskc:ValueMAC>{value_mac}</pskc:ValueMAC>
        </pskc:Secret>
        {moving}
      </pskc:Data>
    </pskc:Key>
  </pskc:KeyPackage>
</pskc:KeyContainer>
"##
        )
    }
}

/// The hash; SHA-1 is left out, as all take it for granted.
pub(super) fn suite(algorithm: Algorithm) -> String {
    match algorithm {
        Algorithm::Sha1 => String::new(),
        other => format!("<pskc:Suite>{other}</pskc:Suite>"),
    }
}

/// How the key comes from a passphrase, its salt in base 64.
pub(super) fn derivation(salt: &str) -> String {
    format!(
        r#"      <xenc11:KeyDerivationMethod Algorithm="http://www.rsasecurity.com/rsalabs/pkcs/schemas/pkcs-5v2-0#pbkdf2">
        <pkcs5:PBKDF2-params>
          <Salt><Specified>{salt}</Specified></Salt>
          <IterationCount>{ITERATIONS}</IterationCount>
          <KeyLength>{KEY_LENGTH}</KeyLength>
          <PRF/>
        </pkcs5:PBKDF2-params>
      </xenc11:KeyDerivationMethod>"#
    )
}

/// How values are authenticated, the encrypted MAC key in base 64.
pub(super) fn mac_method(cipher: &str, mac_key: &str) -> String {
    format!(
        r#"  <pskc:MACMethod Algorithm="http://www.w3.org/2000/09/xmldsig#hmac-sha1">
    <pskc:MACKey>
      <xenc:EncryptionMethod Algorithm="{cipher}"/>
      <xenc:CipherData><xenc:CipherValue>{mac_key}</xenc:CipherValue></xenc:CipherData>
    </pskc:MACKey>
  </pskc:MACMethod>"#
    )
}

pub(super) fn plain_value(element: &str, value: impl core::fmt::Display) -> String {
    format!("<pskc:{element}><pskc:PlainValue>{value}</pskc:PlainValue></pskc:{element}>")
}

pub(super) fn derive_key(passphrase: &PskcPassphrase, salt: &[u8]) -> Zeroizing<[u8; KEY_LENGTH]> {
    let mut key = Zeroizing::new([0; KEY_LENGTH]);
    pbkdf2::pbkdf2_hmac::<Sha1>(passphrase.as_bytes(), salt, ITERATIONS, &mut *key);
    key
}

/// HMAC-SHA1 over an encrypted value with its IV (RFC 6030, section 6.1).
#[expect(clippy::expect_used, reason = "an HMAC takes a key of any length (RFC 2104)")]
pub(super) fn mac(key: &[u8; MAC_KEY_LENGTH], encrypted: &[u8]) -> Vec<u8> {
    let mac = <Hmac<Sha1> as KeyInit>::new_from_slice(key)
        .expect("an HMAC takes a key of any length (RFC 2104)");
    mac.chain_update(encrypted).finalize().into_bytes().to_vec()
}

/// Text for XML, within elements and attributes.
pub(super) fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&apos;"),
            // What XML 1.0 has no way to write, though a name may have it.
            '\u{FFFE}' | '\u{FFFF}' => escaped.push('\u{FFFD}'),
            other => escaped.push(other),
        }
    }
    escaped
}
