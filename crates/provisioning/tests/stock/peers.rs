//! Files that other people's programs made, and what those say of the same file.

use std::io::Write;
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use data_encoding::HEXLOWER;
use oath::Digits;
use proptest::prelude::*;
use provisioning::stock::{RowProblem, StockFileError};

use crate::reading::{SEED, Token, counted, passphrase, pre_shared, pskc, timed, tokens};

pub(crate) const KEY_256: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
const PASSPHRASE: &str = "contraseña de prueba";

/// Two tokens; `setup` encrypts them.
fn python(setup: &str) -> String {
    let program = format!(
        "
import sys, pskc
p = pskc.PSKC()
key = bytes(range(32))
hotp = 'urn:ietf:params:xml:ns:keyprov:pskc:hotp'
totp = 'urn:ietf:params:xml:ns:keyprov:pskc:totp'
secret = b'12345678901234567890'
p.add_key(id='1', serial='1000133508267', manufacturer='Söhne & Co', algorithm=hotp,
          secret=secret, counter=4711, response_length=6, response_encoding='DECIMAL')
p.add_key(id='2', serial='2600124809778', algorithm=totp, secret=secret, time_interval=60,
          time_drift=-2, response_length=6, response_encoding='DECIMAL')
{setup}
p.write(sys.stdout)
"
    );
    // The system's own Python, to which the package belongs.
    let output = Command::new("/usr/bin/python3")
        .args(["-c", &program])
        .env("PYTHONIOENCODING", "utf-8")
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

pub(crate) fn encrypted_by_python(cipher: &str, mac: &str, fields: &[&str]) -> String {
    python(&format!(
        "p.mac.setup(algorithm='{mac}')
length = int(''.join(c for c in '{cipher}' if c.isdigit())) // 8
p.encryption.setup_preshared_key(algorithm='{cipher}', key=key[:length], fields={fields:?})"
    ))
}

fn expected() -> [Token; 2] {
    let seed = HEXLOWER.encode(SEED);
    [
        Token {
            serial: "1000133508267".to_owned(),
            seed: seed.clone(),
            otp: counted(Digits::Six, 4711),
            manufacturer: Some("Söhne & Co".to_owned()),
        },
        Token {
            serial: "2600124809778".to_owned(),
            seed,
            otp: timed(Some(60), -2),
            manufacturer: None,
        },
    ]
}

#[test]
fn python_pskc_in_plain() {
    assert_eq!(tokens(&python(""), None), expected());
}

#[test]
fn python_pskc_under_a_pre_shared_key() {
    for (cipher, digits) in [
        ("aes128-cbc", 32),
        ("aes192-cbc", 48),
        ("aes256-cbc", 64),
        ("kw-aes128", 32),
        ("kw-aes192", 48),
        ("kw-aes256", 64),
    ] {
        for mac in ["hmac-sha1", "hmac-sha256", "hmac-sha512"] {
            let file = encrypted_by_python(cipher, mac, &["secret", "counter"]);
            let key = pre_shared(&KEY_256[..digits]);
            assert_eq!(tokens(&file, Some(&key)), expected(), "{cipher} {mac}");
        }
    }
    let drift = encrypted_by_python("aes128-cbc", "hmac-sha1", &["secret", "time_interval"]);
    assert_eq!(tokens(&drift, Some(&pre_shared(&KEY_256[..32]))), expected());
}

#[test]
fn python_pskc_under_a_passphrase() {
    for prf in ["None", "'hmac-sha1'", "'hmac-sha256'", "'hmac-sha512'"] {
        for cipher in ["aes128-cbc", "aes256-cbc", "kw-aes256"] {
            let file = python(&format!(
                "p.encryption.setup_pbkdf2('{PASSPHRASE}', algorithm='{cipher}', iterations=2000, prf={prf})"
            ));
            assert_eq!(tokens(&file, Some(&passphrase(PASSPHRASE))), expected(), "{cipher} {prf}");
        }
    }
}

/// RFC 6030, section 6.1: without a MAC key the encryption key serves.
#[test]
fn without_a_mac_key() {
    let file = python(
        "p.encryption.setup_preshared_key(algorithm='aes128-cbc', key=key[:16])
p.mac.key = None",
    );
    let (before, rest) = file.split_once("<pskc:MACKey>").unwrap();
    let (_, after) = rest.split_once("</pskc:MACKey>").unwrap();
    let file = format!("{before}{after}");
    assert_eq!(tokens(&file, Some(&pre_shared(&KEY_256[..32]))), expected());
    let (rows, error) = pskc(&file, Some(&pre_shared(&KEY_256[32..])));
    assert_eq!(error, None);
    assert!(rows.iter().all(|row| row.found == Err(RowProblem::BadMac)));
}

#[test]
fn without_any_mac_only_a_key_wrap_is_read() {
    let strip = |file: &str| {
        let (before, rest) = file.split_once("<pskc:MACMethod").unwrap();
        let (_, after) = rest.split_once("</pskc:MACMethod>").unwrap();
        let mut file = format!("{before}{after}");
        while let Some(begin) = file.find("<pskc:ValueMAC>") {
            let end = file.find("</pskc:ValueMAC>").unwrap() + "</pskc:ValueMAC>".len();
            file.replace_range(begin..end, "");
        }
        file
    };
    let wrapped = strip(&encrypted_by_python("kw-aes256", "hmac-sha1", &["secret"]));
    assert_eq!(tokens(&wrapped, Some(&pre_shared(KEY_256))), expected());
    let chained = strip(&encrypted_by_python("aes256-cbc", "hmac-sha1", &["secret"]));
    let (rows, _) = pskc(&chained, Some(&pre_shared(KEY_256)));
    assert!(rows.iter().all(|row| row.found == Err(RowProblem::NoMac)));
    let other = pre_shared(&KEY_256.replace("1f", "00"));
    let (rows, _) = pskc(&wrapped, Some(&other));
    assert!(rows.iter().all(|row| row.found == Err(RowProblem::CannotDecrypt)));
}

/// python-pskc reads what we are about to refuse for the same reason.
#[test]
fn a_wrong_key_for_a_wrapped_mac_key_is_told_at_once() {
    let file = encrypted_by_python("kw-aes256", "hmac-sha1", &["secret"]);
    let other = pre_shared(&KEY_256.replace("1f", "00"));
    assert_eq!(pskc(&file, Some(&other)), (Vec::new(), Some(StockFileError::WrongKey)));
}

/// pskctool decrypts nothing, so in plain: it and we say the same of one file.
#[test]
fn pskctool_says_the_same() {
    let file = python("");
    let mut command = Command::new("pskctool");
    command.args(["--info"]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(file.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    let said: Vec<&str> = said.lines().map(str::trim).collect();
    let (first, second) = tokens(&file, None).try_into().map(|[a, b]: [Token; 2]| (a, b)).unwrap();
    for line in [
        format!("SerialNo: {}", first.serial),
        "Key Counter: 4711".to_owned(),
        format!("SerialNo: {}", second.serial),
        "Key TimeInterval: 60".to_owned(),
        format!("Key Secret (base64): {}", crate::reading::SEED_BASE64),
    ] {
        assert!(said.contains(&line.as_str()), "{line} in {said:?}");
    }
    assert_eq!([first, second], expected());
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(400) })]

    /// Whatever is done to a good file, the reading ends, and no seed comes out changed.
    #[test]
    fn a_changed_file_gives_no_other_seed(
        at in any::<prop::sample::Index>(),
        length in 0_usize..40,
        with in prop_oneof!["[ -~]{0,40}", "</?pskc:[A-Za-z]{1,12}/?>", "&[a-z#0-9]{1,6};"],
    ) {
        let file = WRITTEN.get_or_init(|| encrypted_by_python("aes128-cbc", "hmac-sha1", &["secret"]));
        let begin = at.index(file.len());
        let end = (begin + length).min(file.len());
        prop_assume!(file.is_char_boundary(begin) && file.is_char_boundary(end));
        let changed = format!("{}{with}{}", &file[..begin], &file[end..]);
        let (rows, _) = pskc(&changed, Some(&pre_shared(&KEY_256[..32])));
        for token in rows.iter().filter_map(|row| row.found.as_ref().ok()?.as_ref()) {
            prop_assert_eq!(&token.seed, &HEXLOWER.encode(SEED));
        }
    }
}

static WRITTEN: OnceLock<String> = OnceLock::new();
