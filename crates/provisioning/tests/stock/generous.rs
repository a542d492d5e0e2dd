//! What is read though it is not as RFC 6030 has it, and what is read as our own export has it.

use core::convert::Infallible;

use data_encoding::HEXLOWER;
use oath::{Algorithm, Digits, Drift, Hotp, Period, Seed, Totp};
use provisioning::{OtpKind, PskcPassphrase, PskcToken, stock::StockOtp};
use rand_core::{TryCryptoRng, TryRng};

use crate::reading::{
    SEED, SEED_BASE64, container, counted, package, passphrase, pskc, timed, tokens,
};

/// Bytes that count up.
struct CountingUp(u8);

impl TryRng for CountingUp {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        unreachable!("only bytes are asked for")
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        unreachable!("only bytes are asked for")
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        bytes.fill_with(|| {
            self.0 = self.0.wrapping_add(1);
            self.0
        });
        Ok(())
    }
}

impl TryCryptoRng for CountingUp {}

#[test]
fn our_own_export_comes_back() {
    let seed = Seed::from_bytes(SEED.to_vec().into()).unwrap();
    let name = "My phone".parse().unwrap();
    let totp =
        Totp { algorithm: Algorithm::Sha256, digits: Digits::Eight, period: Period::SECONDS_60 };
    let hotp = Hotp { algorithm: Algorithm::Sha512, digits: Digits::Seven };
    for (kind, otp) in [
        (
            OtpKind::Totp(totp),
            StockOtp::Totp {
                algorithm: totp.algorithm,
                digits: totp.digits,
                period: Some(totp.period),
                drift: Drift::default(),
            },
        ),
        (OtpKind::Hotp { hotp, counter: 4711 }, StockOtp::Hotp { hotp, counter: 4711 }),
    ] {
        let token =
            PskcToken { id: "CSST4F7K92MQ", seed: &seed, kind, name: &name, issuer: Some(&name) };
        let phrase = "correct horse battery staple";
        let file = token.to_pskc(&PskcPassphrase::parse(phrase).unwrap(), &mut CountingUp(0));
        let read = tokens(&file, Some(&passphrase(phrase)));
        assert_eq!(read[0].serial, "CSST4F7K92MQ");
        assert_eq!(read[0].seed, HEXLOWER.encode(SEED));
        assert_eq!(read[0].otp, otp);
    }
}

#[test]
fn any_prefix_and_any_case() {
    let file = container(&package("123456", "totp", SEED_BASE64, ""));
    let expected = tokens(&file, None);
    assert_eq!(expected[0].otp, timed(None, 0), "no time step is told");
    let prefixed = file.replace("</", "</x:").replace('<', "<x:").replace("<x:/x:", "</x:");
    assert_eq!(tokens(&prefixed, None), expected);
    let lower = file.replace("urn:ietf", "URN:IETF").to_ascii_lowercase();
    let lower = lower.replace(&SEED_BASE64.to_ascii_lowercase(), SEED_BASE64);
    assert_eq!(tokens(&lower, None), expected);
    assert_eq!(tokens(&format!("\u{feff}{file}"), None), expected);
    assert_eq!(tokens(&file.replace('\n', "\r\n"), None), expected);
}

#[test]
fn step_drift_and_counter() {
    let value =
        |name: &str, value: &str| format!("<{name}><PlainValue>{value}</PlainValue></{name}>");
    let read = |algorithm: &str, data: &str| {
        tokens(&container(&package("123456", algorithm, SEED_BASE64, data)), None)[0].otp
    };
    let step = value("TimeInterval", "60");
    assert_eq!(read("totp", &step), timed(Some(60), 0));
    let drift = value("TimeDrift", "-3");
    assert_eq!(read("totp", &format!("{step}{drift}{}", value("Time", "0"))), timed(Some(60), -3));
    assert_eq!(read("TOTP", &value("Counter", "99")), timed(None, 0), "a counter is another's");
    assert_eq!(read("hotp", &value("Counter", " 4711\n")), counted(Digits::Six, 4711));
    assert_eq!(read("hotp", &step), counted(Digits::Six, 0), "a step is another's");
    let most = u64::MAX - 1;
    assert_eq!(read("hotp", &value("Counter", &most.to_string())), counted(Digits::Six, most));
}

#[test]
fn the_names_of_hashes() {
    for (name, algorithm) in [
        ("SHA1", Algorithm::Sha1),
        ("sha256", Algorithm::Sha256),
        ("SHA-512", Algorithm::Sha512),
        ("HMAC-SHA256", Algorithm::Sha256),
        ("HmacSHA1", Algorithm::Sha1),
    ] {
        let file = container(&package("123456", "totp", SEED_BASE64, ""));
        let parameters = |inner: &str| {
            file.replace(
                "<Data>",
                &format!("<AlgorithmParameters>{inner}</AlgorithmParameters><Data>"),
            )
        };
        let as_text = parameters(&format!("<Suite>{name}</Suite>"));
        // As privacyIDEA writes it.
        let as_attribute = parameters(&format!("<Suite hashalgo=\"{name}\"/>"));
        for file in [as_text, as_attribute] {
            let StockOtp::Totp { algorithm: read, .. } = tokens(&file, None)[0].otp else {
                unreachable!("it is time-based")
            };
            assert_eq!(read, algorithm, "{file}");
        }
    }
}

/// Its drift is in seconds, and `None` where there is none.
#[test]
fn the_drift_of_privacyidea() {
    for (drift, steps) in [("30.0", 1), ("-95.0", -3), ("0", 0), ("None", 0), ("", 0)] {
        let data = format!(
            "<TimeInterval><PlainValue>30</PlainValue></TimeInterval>\
             <TimeDrift><PlainValue>{drift}</PlainValue></TimeDrift>"
        );
        let file = container(&package("TOTP0001", "totp", SEED_BASE64, &data))
            .replace("<Data>", "<Issuer>privacyIDEA</Issuer><Data>");
        assert_eq!(tokens(&file, None)[0].otp, timed(Some(30), steps), "{drift}");
    }
}

#[test]
fn what_is_not_needed_is_passed_over() {
    let plain = container(&package("123456", "hotp", SEED_BASE64, ""));
    let expected = tokens(&plain, None);
    let long = "x".repeat(40_000);
    let more = [
        ("<DeviceInfo>", format!("<!-- a comment --><DeviceInfo><Model>{long}</Model>")),
        ("<Data>", "<FriendlyName>&lt;&#x41;&amp;</FriendlyName><Data>".to_owned()),
        ("</Key>", "<Policy><KeyUsage>OTP</KeyUsage></Policy></Key>".to_owned()),
        ("</KeyContainer>", "<ds:Signature><Secret/></ds:Signature></KeyContainer>".to_owned()),
        (SEED_BASE64, format!("<![CDATA[{SEED_BASE64}]]>")),
        (SEED_BASE64, format!("\n {} \n {} ", &SEED_BASE64[..10], &SEED_BASE64[10..])),
    ];
    for (at, with) in more {
        assert_eq!(tokens(&plain.replace(at, &with), None), expected, "{with:.80}");
    }
}

#[test]
fn a_manufacturer_as_it_is_written() {
    let long = "A very long name of a manufacturer of tokens that nobody could ever put on a card";
    for (written, read) in [
        ("Feitian Technology Co.,Ltd", Some("Feitian Technology Co.,Ltd".to_owned())),
        ("S&#246;hne &amp; T&#xf6;chter", Some("Söhne & Töchter".to_owned())),
        ("", None),
        (long, Some(format!("{}…", &long[..63]))),
    ] {
        let file = container(&package("123456", "hotp", SEED_BASE64, ""))
            .replace("<SerialNo>", &format!("<Manufacturer>{written}</Manufacturer><SerialNo>"));
        assert_eq!(tokens(&file, None)[0].manufacturer, read);
    }
}

#[test]
fn a_file_without_packages_has_no_rows() {
    assert_eq!(pskc(&container(""), None), (Vec::new(), None));
}
