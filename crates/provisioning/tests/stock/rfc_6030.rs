//! The values of RFC 6030's own figures, in containers of ours.

use data_encoding::HEXLOWER;
use oath::Digits;
use provisioning::stock::{RowProblem, StockFileError};

use crate::reading::{
    SEED, SEED_BASE64, Token, container, counted, package, passphrase, pre_shared, pskc, tokens,
};

const FIGURE_6_KEY: &str = "12345678901234567890123456789012";

fn encrypted(head: &str, mac_key: &str, value: &str, mac: &str) -> String {
    let aes = "http://www.w3.org/2001/04/xmlenc#aes128-cbc";
    format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<pskc:KeyContainer Version="1.0" xmlns:pskc="urn:ietf:params:xml:ns:keyprov:pskc">
  <pskc:EncryptionKey>{head}</pskc:EncryptionKey>
  <pskc:MACMethod Algorithm="http://www.w3.org/2000/09/xmldsig#hmac-sha1">
    <pskc:MACKey><xenc:EncryptionMethod Algorithm="{aes}"/><xenc:CipherData><xenc:CipherValue>
      {mac_key}
    </xenc:CipherValue></xenc:CipherData></pskc:MACKey>
  </pskc:MACMethod>
  <pskc:KeyPackage>
    <pskc:DeviceInfo><pskc:Manufacturer>Manufacturer</pskc:Manufacturer><pskc:SerialNo>987654321</pskc:SerialNo></pskc:DeviceInfo>
    <pskc:CryptoModuleInfo><pskc:Id>CM_ID_001</pskc:Id></pskc:CryptoModuleInfo>
    <pskc:Key Id="12345678" Algorithm="urn:ietf:params:xml:ns:keyprov:pskc:hotp">
      <pskc:Issuer>Issuer</pskc:Issuer>
      <pskc:AlgorithmParameters><pskc:ResponseFormat Length="8" Encoding="DECIMAL"/></pskc:AlgorithmParameters>
      <pskc:Data><pskc:Secret>
        <pskc:EncryptedValue><xenc:EncryptionMethod Algorithm="{aes}"/><xenc:CipherData><xenc:CipherValue>
          {value}
        </xenc:CipherValue></xenc:CipherData></pskc:EncryptedValue>
        <pskc:ValueMAC>{mac}
        </pskc:ValueMAC>
      </pskc:Secret></pskc:Data>
    </pskc:Key>
  </pskc:KeyPackage>
</pskc:KeyContainer>
"#
    )
}

fn figure_6() -> String {
    encrypted(
        "<ds:KeyName>Pre-shared-key</ds:KeyName>",
        "ESIzRFVmd4iZABEiM0RVZgKn6WjLaTC1sbeBMSvIhRejN9vJa2BOlSaMrR7I5wSX",
        "AAECAwQFBgcICQoLDA0OD+cIHItlB3Wra1DUpxVvOx2lef1VmNPCMl8jwZqIUqGv",
        "Su+NvtQfmvfJzF6bmQiJqoLRExc=",
    )
}

fn figure_7() -> String {
    encrypted(
        r#"<xenc11:DerivedKey><xenc11:KeyDerivationMethod
            Algorithm="http://www.rsasecurity.com/rsalabs/pkcs/schemas/pkcs-5v2-0#pbkdf2">
            <pkcs5:PBKDF2-params><Salt><Specified>Ej7/PEpyEpw=</Specified></Salt>
            <IterationCount>1000</IterationCount><KeyLength>16</KeyLength><PRF/></pkcs5:PBKDF2-params>
            </xenc11:KeyDerivationMethod><xenc11:MasterKeyName>My Password 1</xenc11:MasterKeyName>
            </xenc11:DerivedKey>"#,
        "2GTTnLwM3I4e5IO5FkufoOEiOhNj91fhKRQBtBJYluUDsPOLTfUvoU2dStyOwYZx",
        "oTvo+S22nsmS2Z/RtcoF8Hfh+jzMe0RkiafpoDpnoZTjPYZu6V+A4aEn032yCr4f",
        "LP6xMvjtypbfT9PdkJhBZ+D6O4w=",
    )
}

fn of_the_figures() -> Token {
    Token {
        serial: "987654321".to_owned(),
        seed: HEXLOWER.encode(SEED),
        otp: counted(Digits::Eight, 0),
        manufacturer: Some("Manufacturer".to_owned()),
    }
}

#[test]
fn figure_6_under_a_pre_shared_key() {
    assert_eq!(tokens(&figure_6(), Some(&pre_shared(FIGURE_6_KEY))), [of_the_figures()]);
}

#[test]
fn figure_7_under_a_passphrase() {
    assert_eq!(tokens(&figure_7(), Some(&passphrase("qwerty"))), [of_the_figures()]);
}

#[test]
fn another_key_opens_neither() {
    let wrong = |(rows, error): (Vec<crate::reading::Row>, Option<StockFileError>)| {
        // With some other keys the MAC key seems to decrypt; then no MAC fits.
        error == Some(StockFileError::WrongKey)
            || rows.iter().all(|row| row.found == Err(RowProblem::BadMac)) && !rows.is_empty()
    };
    for number in (0..64).filter(|number| *number != 0x12) {
        let key = format!("{}{number:02x}", &FIGURE_6_KEY[..30]);
        assert!(wrong(pskc(&figure_6(), Some(&pre_shared(&key)))), "{key}");
        assert!(wrong(pskc(&figure_7(), Some(&passphrase(&format!("qwerty{number}"))))));
    }
}

#[test]
fn each_wants_its_own_kind_of_key() {
    let error = |file: &str, key| pskc(file, key).1;
    let (key, phrase) = (pre_shared(FIGURE_6_KEY), passphrase("qwerty"));
    let needs_key = StockFileError::NeedsPreSharedKey { name: Some("Pre-shared-key".to_owned()) };
    assert_eq!(error(&figure_6(), None), Some(needs_key.clone()));
    assert_eq!(error(&figure_6(), Some(&phrase)), Some(needs_key));
    assert_eq!(error(&figure_7(), None), Some(StockFileError::NeedsPassphrase));
    assert_eq!(error(&figure_7(), Some(&key)), Some(StockFileError::NeedsPassphrase));
    let plain = container(&package("987654321", "hotp", SEED_BASE64, ""));
    assert_eq!(error(&plain, Some(&key)), Some(StockFileError::NotEncrypted));
}

/// Figure 2: a seed of four bytes, which RFC 4226 allows to nobody.
#[test]
fn figure_2_is_too_weak() {
    let file = container(
        "<KeyPackage><Key Id=\"12345678\" Algorithm=\"urn:ietf:params:xml:ns:keyprov:pskc:hotp\">\
         <Issuer>Issuer-A</Issuer><Data><Secret><PlainValue>MTIzNA==</PlainValue></Secret></Data>\
         </Key></KeyPackage>",
    );
    let (rows, error) = pskc(&file, None);
    assert_eq!(error, None);
    assert_eq!(
        rows[0].serial.as_deref(),
        Some("12345678"),
        "the key's ID stands for a serial number"
    );
    assert_eq!(rows[0].found, Err(RowProblem::Seed));
}

/// Figure 4: a reference to a key that is kept elsewhere.
#[test]
fn figure_4_has_no_seed() {
    let file = container(
        "<KeyPackage><DeviceInfo><SerialNo>987654321</SerialNo></DeviceInfo><Key Id=\"12345678\" \
         Algorithm=\"urn:ietf:params:xml:ns:keyprov:pskc:hotp\"><KeyProfileId>keyProfile1</KeyProfileId>\
         <KeyReference>MasterKeyLabel</KeyReference><Data><Counter><PlainValue>0</PlainValue></Counter>\
         </Data></Key></KeyPackage>",
    );
    assert_eq!(pskc(&file, None).0[0].found, Err(RowProblem::NoSeed));
}

/// Figure 5: a token, and the PIN of its device.
#[test]
fn figure_5_has_a_pin_beside_the_token() {
    let counter = "<Counter><PlainValue>0</PlainValue></Counter>";
    let file = container(&format!(
        "{}{}",
        package("987654321", "hotp", SEED_BASE64, counter),
        package("987654321", "pin", "MTIzNA==", ""),
    ));
    let (rows, error) = pskc(&file, None);
    assert_eq!(error, None);
    assert_eq!(rows[0].found.as_ref().unwrap().as_ref().unwrap().otp, counted(Digits::Six, 0));
    assert_eq!(rows[1].found, Ok(None));
}

/// Figure 8: encryption under a certificate.
#[test]
fn figure_8_is_not_for_us() {
    let file = container(
        "<EncryptionKey><ds:X509Data><ds:X509Certificate>miib</ds:X509Certificate></ds:X509Data>\
         </EncryptionKey><KeyPackage/>",
    );
    assert!(matches!(pskc(&file, None).1, Some(StockFileError::Unsupported { line: 2, .. })));
}

/// Figure 10: several devices; the last two packages are of the same one.
#[test]
fn figure_10_in_bulk() {
    let packages: Vec<String> = ["654321", "123456", "9999999", "9999999"]
        .map(|serial| package(serial, "hotp", SEED_BASE64, ""))
        .into();
    let (rows, error) = pskc(&container(&packages.join("\n")), None);
    assert_eq!(error, None);
    let told: Vec<(u64, &str)> =
        rows.iter().map(|row| (row.line, row.serial.as_deref().unwrap())).collect();
    assert_eq!(told, [(2, "654321"), (3, "123456"), (4, "9999999"), (5, "9999999")]);
}
