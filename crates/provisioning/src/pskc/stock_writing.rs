//! Writing many tokens into one PSKC file, token by token, in the profile of [`super::writing`].

use std::io::{self, Write};

use data_encoding::BASE64;
use rand_core::CryptoRng;
use zeroize::Zeroizing;

use super::{
    PskcKey,
    cipher::Cipher,
    keys::PskcPassphrase,
    writing::{
        KEY_LENGTH, MAC_KEY_LENGTH, SALT_LENGTH, derivation, derive_key, escaped, mac, mac_method,
        plain_value, suite,
    },
};
use crate::stock::{StockOtp, StockToken};

/// A PSKC file that is being written: what it says of a token leaves at once.
///
/// Under a passphrase, AES-128 with the key of PBKDF2; under a pre-shared key, AES of its length.
pub struct PskcWriter<W: Write> {
    out: W,
    cipher: Cipher,
    key: Zeroizing<Vec<u8>>,
    mac_key: Zeroizing<[u8; MAC_KEY_LENGTH]>,
}

impl<W: Write> PskcWriter<W> {
    /// Writes a file's beginning; under a passphrase that takes about a second.
    ///
    /// # Errors
    /// What the writer cannot do.
    pub fn begin(mut out: W, under: &PskcKey, rng: &mut impl CryptoRng) -> io::Result<Self> {
        let (key, encryption_key) = match under {
            PskcKey::Passphrase(passphrase) => from_passphrase(passphrase, rng),
            PskcKey::PreShared(key) => (
                Zeroizing::new(key.as_bytes().to_vec()),
                "\n    <ds:KeyName>Pre-shared key</ds:KeyName>".to_owned(),
            ),
        };
        let cipher = Cipher::Cbc { key_length: key.len() };
        let mut mac_key = Zeroizing::new([0; MAC_KEY_LENGTH]);
        rng.fill_bytes(&mut *mac_key);
        let encrypted_mac_key = BASE64.encode(&cipher.encrypt_cbc(&key, &*mac_key, rng));
        let mac_method = mac_method(cipher.uri(), &encrypted_mac_key);
        write!(
            out,
            r#"<?xml version="1.0" encoding="UTF-8"?>
<pskc:KeyContainer Version="1.0"
    xmlns:pskc="urn:ietf:params:xml:ns:keyprov:pskc"
    xmlns:ds="http://www.w3.org/2000/09/xmldsig#"
    xmlns:xenc="http://www.w3.org/2001/04/xmlenc#"
    xmlns:xenc11="http://www.w3.org/2009/xmlenc11#"
    xmlns:pkcs5="http://www.rsasecurity.com/rsalabs/pkcs/schemas/pkcs-5v2-0#">
  <pskc:EncryptionKey>{encryption_key}
  </pskc:EncryptionKey>
{mac_method}
"#
        )?;
        Ok(Self { out, cipher, key, mac_key })
    }

    /// Writes one token.
    ///
    /// # Errors
    /// What the writer cannot do.
    pub fn token(&mut self, token: &StockToken, rng: &mut impl CryptoRng) -> io::Result<()> {
        let encrypted = self.cipher.encrypt_cbc(&self.key, token.seed.expose_bytes(), rng);
        let value_mac = BASE64.encode(&mac(&self.mac_key, &encrypted));
        let (seed, uri) = (BASE64.encode(&encrypted), self.cipher.uri());
        let id = escaped(token.serial.as_str());
        let maker = token.manufacturer.as_ref().map_or(String::new(), |maker| {
            format!("<pskc:Manufacturer>{}</pskc:Manufacturer>", escaped(maker.as_str()))
        });
        let (profile, algorithm, digits, moving) = match token.otp {
            StockOtp::Totp { algorithm, digits, period, drift } => {
                let step =
                    period.map_or(String::new(), |p| plain_value("TimeInterval", p.seconds()));
                let drift = match drift.steps() {
                    0 => String::new(),
                    steps => plain_value("TimeDrift", steps),
                };
                ("totp", algorithm, digits, step + &drift)
            }
            StockOtp::Hotp { hotp, counter } => {
                ("hotp", hotp.algorithm, hotp.digits, plain_value("Counter", counter))
            }
        };
        let (suite, digits) = (suite(algorithm), digits.count());
        writeln!(
            self.out,
            r#"  <pskc:KeyPackage>
    <pskc:DeviceInfo>{maker}<pskc:SerialNo>{id}</pskc:SerialNo></pskc:DeviceInfo>
    <pskc:Key Id="{id}" Algorithm="urn:ietf:params:xml:ns:keyprov:pskc:{profile}">
      <pskc:AlgorithmParameters>{suite}<pskc:ResponseFormat Length="{digits}" Encoding="DECIMAL"/></pskc:AlgorithmParameters>
      <pskc:Data>
        <pskc:Secret>
          <pskc:EncryptedValue>
            <xenc:EncryptionMethod Algorithm="{uri}"/>
            <xenc:CipherData><xenc:CipherValue>{seed}</xenc:CipherValue></xenc:CipherData>
          </pskc:EncryptedValue>
          <pskc:ValueMAC>{value_mac}</pskc:ValueMAC>
        </pskc:Secret>
        {moving}
      </pskc:Data>
    </pskc:Key>
  </pskc:KeyPackage>"#
        )
    }

    /// What is written to.
    pub const fn written(&mut self) -> &mut W {
        &mut self.out
    }

    /// Writes a file's end.
    ///
    /// # Errors
    /// What the writer cannot do.
    pub fn end(mut self) -> io::Result<W> {
        self.out.write_all(b"</pskc:KeyContainer>\n")?;
        self.out.flush()?;
        Ok(self.out)
    }
}

fn from_passphrase(
    passphrase: &PskcPassphrase,
    rng: &mut impl CryptoRng,
) -> (Zeroizing<Vec<u8>>, String) {
    let mut salt = [0; SALT_LENGTH];
    rng.fill_bytes(&mut salt);
    let key: &[u8; KEY_LENGTH] = &derive_key(passphrase, &salt);
    let derived = format!(
        "\n    <xenc11:DerivedKey>\n{}\n      <xenc11:MasterKeyName>Passphrase</xenc11:MasterKeyName>\n    </xenc11:DerivedKey>",
        derivation(&BASE64.encode(&salt))
    );
    (Zeroizing::new(key.to_vec()), derived)
}
