//! What people type: credential IDs, serial numbers, security codes, and the names in a form.

use core::convert::Infallible;

use oath::{
    Algorithm, Code, CredentialId, Digits, Error, Manufacturer, Period, Seed, SerialNumber,
    TokenType,
};
use proptest::prelude::*;
use rand_core::{TryCryptoRng, TryRng};

#[test]
fn a_credential_id_is_read_as_people_type_it() {
    for typed in [
        "CSST4F7K92MQ",
        "CSST 4F7K 92MQ",
        "csst-4f7k-92mq",
        "  Csst4F7k\t92mQ\n",
        "c s s t 4 f 7 k 9 2 m q",
        "CSST\u{a0}4F7K\u{202f}92MQ",
    ] {
        assert_eq!(typed.parse::<CredentialId>().unwrap().as_str(), "CSST4F7K92MQ", "{typed:?}");
    }
    assert_eq!("csst oOiI lL01".parse::<CredentialId>().unwrap().as_str(), "CSST00111101");
}

#[test]
fn what_is_no_credential_id_is_refused() {
    let long = "C".repeat(100_000);
    let spaces = " ".repeat(100_000);
    for typed in [
        "",
        "CSST",
        "CSST4F7K92M",
        "CSST4F7K92MQ0",
        "CSST4F7K92MU",
        "C5ST4F7K92MQ",
        "0SST4F7K92MQ",
        "CSST4F7K92M!",
        "CSST4F7K92M\0",
        "CSST_4F7K_92MQ",
        "CSST4F7K92M\u{661}",
        "CSST4F7K92Mｑ",
        "ＣSST4F7K92MQ",
        "🔑🔑🔑🔑🔑🔑🔑🔑🔑🔑🔑🔑",
        &long,
        &spaces,
    ] {
        assert_eq!(typed.parse::<CredentialId>(), Err(Error::CredentialId));
    }
}

#[test]
fn a_credential_id_is_shown_in_groups_of_four() {
    let id: CredentialId = "CSST4F7K92MQ".parse().unwrap();
    assert_eq!(id.to_string(), "CSST 4F7K 92MQ");
    assert_eq!(serde_json::to_string(&id).unwrap(), r#""CSST4F7K92MQ""#);
    assert_eq!(serde_json::from_str::<CredentialId>(r#""csst 4f7k 92mq""#).unwrap(), id);
    assert!(serde_json::from_str::<CredentialId>(r#""CSST""#).is_err());
}

#[test]
fn each_prefix_tells_manufacturer_and_type() {
    for (printed, read, manufacturer, token_type) in [
        ("CSST 4F7K 92MQ", "CSST4F7K92MQ", Manufacturer::Countersign, TokenType::Soft),
        ("SYMC 1234 5678", "SYMC12345678", Manufacturer::Symantec, TokenType::Soft),
        ("symd12345678", "SYMD12345678", Manufacturer::Symantec, TokenType::Soft),
        ("SYMZ-12345678", "SYMZ12345678", Manufacturer::Symantec, TokenType::Soft),
        ("VSST 12345678", "VSST12345678", Manufacturer::Symantec, TokenType::Soft),
        ("AVT 8000 12345", "AVT800012345", Manufacturer::Symantec, TokenType::Hard),
        ("FT12 3456 7890", "FT1234567890", Manufacturer::Symantec, TokenType::Hard),
        ("GALH12345678", "GALH12345678", Manufacturer::Thales, TokenType::Hard),
        ("91-2345678-9", "9123456789", Manufacturer::OneSpan, TokenType::Hard),
    ] {
        let serial: SerialNumber = printed.parse().unwrap();
        assert_eq!(serial.as_str(), read);
        assert_eq!(serial.manufacturer(), Some(manufacturer), "{printed}");
        assert_eq!(serial.token_type(), Some(token_type), "{printed}");
    }
}

#[test]
fn an_unknown_prefix_tells_nothing_and_is_accepted() {
    for (printed, read) in [("xyz9-1234", "XYZ91234"), ("A1B2", "A1B2")] {
        let serial: SerialNumber = printed.parse().unwrap();
        assert_eq!(serial.as_str(), read);
        assert_eq!((serial.manufacturer(), serial.token_type()), (None, None));
    }
}

#[test]
fn only_our_own_serial_numbers_have_confusable_characters_read_alike() {
    let serial = |text: &str| text.parse::<SerialNumber>().unwrap();
    assert_eq!(serial("CSSTO0ILAAAA"), serial("csst 0011 aaaa"));
    assert_eq!(serial("CSST0011AAAA").to_string(), "CSST 0011 AAAA");
    assert_ne!(serial("GALHO0000000"), serial("GALH00000000"));
    assert_eq!(serial("GALHO0000000").to_string(), "GALHO0000000");
    let id: CredentialId = "CSST4F7K92MQ".parse().unwrap();
    assert_eq!(SerialNumber::from(id), serial("csst-4f7k-92mq"));
}

#[test]
fn what_is_no_serial_number_is_refused() {
    let long = "7".repeat(100_000);
    for typed in ["", "   ", "123", &"7".repeat(33), &long, "SYMC_1234", "SYMC1234é", "'; DROP--"]
    {
        assert_eq!(typed.parse::<SerialNumber>(), Err(Error::SerialNumber));
    }
    assert_eq!("CSST123".parse::<SerialNumber>(), Err(Error::CredentialId), "one of ours");
    assert!("7".repeat(32).parse::<SerialNumber>().is_ok());
}

#[test]
fn a_code_is_read_as_people_type_it() {
    for (typed, digits) in [
        ("482913", "482913"),
        (" 482 913 ", "482913"),
        ("482-913", "482913"),
        ("000000", "000000"),
        ("0012345", "0012345"),
        ("9999 9999", "99999999"),
    ] {
        let code: Code = typed.parse().unwrap();
        assert_eq!(code.expose_digits(), digits);
        assert_eq!(usize::from(code.digits().count()), digits.len());
    }
}

#[test]
fn what_is_no_code_is_refused() {
    let long = "1".repeat(100_000);
    for typed in ["", "12345", "123456789", "12345a", "+12345", "１２３４５６", "48.291", &long]
    {
        assert_eq!(typed.parse::<Code>().unwrap_err(), Error::Code);
    }
}

#[test]
fn only_known_digits_periods_algorithms_and_names_are_read() {
    for count in 0..=u8::MAX {
        let read = Digits::try_from(count);
        assert_eq!(read.is_ok(), (6..=8).contains(&count));
        assert!(read.is_err() || read.is_ok_and(|digits| digits.count() == count));
    }
    for seconds in [0, 86_401, u32::MAX] {
        assert_eq!(Period::try_from(seconds), Err(Error::Period));
        assert!(serde_json::from_str::<Period>(&seconds.to_string()).is_err());
    }
    for seconds in [1, 10, 29, 30, 31, 60, 90, 86_400] {
        let period = Period::try_from(seconds).unwrap();
        assert_eq!((u32::from(period), period.seconds()), (seconds, seconds.into()));
        assert_eq!(serde_json::to_string(&period).unwrap(), seconds.to_string());
    }
    assert_eq!(Period::default(), Period::SECONDS_30);
    assert_eq!(Period::SECONDS_60.seconds(), 60);
    for algorithm in [Algorithm::Sha1, Algorithm::Sha256, Algorithm::Sha512] {
        assert_eq!(algorithm.to_string().parse(), Ok(algorithm));
        let json = serde_json::to_string(&algorithm).unwrap();
        assert_eq!(json, format!("\"{algorithm}\""));
    }
    assert_eq!("sha1".parse::<Algorithm>(), Err(Error::Algorithm));
    for manufacturer in Manufacturer::ALL {
        assert_eq!(manufacturer.to_string().parse(), Ok(manufacturer));
    }
    for token_type in TokenType::ALL {
        assert_eq!(token_type.to_string().parse(), Ok(token_type));
    }
    assert!("Acme".parse::<Manufacturer>().is_err());
    assert!("otp soft token".parse::<TokenType>().is_err());
}

#[test]
fn a_seed_has_16_to_64_bytes() {
    for length in 0..100 {
        let made = Seed::from_bytes(vec![1; length].into());
        assert_eq!(made.is_ok(), (16..=64).contains(&length), "{length} bytes");
    }
}

#[test]
fn another_issuers_secret_key_has_1_to_128_bytes() {
    for length in [1, 10, 15, 16, 65, 128] {
        let seed = Seed::from_other_issuer(vec![1; length].into()).unwrap();
        assert_eq!(seed.expose_bytes().len(), length);
    }
    for length in [0, 129, 100_000] {
        let refused = Seed::from_other_issuer(vec![1; length].into()).unwrap_err();
        assert_eq!(refused, Error::OtherSeedLength);
    }
}

#[test]
fn secrets_are_redacted() {
    let seed = Seed::from_bytes(b"12345678901234567890".to_vec().into()).unwrap();
    assert_eq!(format!("{seed:?} {seed:#?}"), "Seed(redacted) Seed(redacted)");
    let code: Code = "482913".parse().unwrap();
    assert_eq!(format!("{code:?} {code:#?}"), "Code(redacted) Code(redacted)");
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_new_credential_id_is_well_formed_and_reads_back(random in any::<u64>()) {
        let id = CredentialId::generate(&mut Counting(random));
        prop_assert_eq!(id.as_str().len(), 12);
        prop_assert!(id.as_str().starts_with(CredentialId::PREFIX));
        prop_assert!(id.as_str()[4..].chars().all(|c| "0123456789ABCDEFGHJKMNPQRSTVWXYZ".contains(c)));
        prop_assert_eq!(id.as_str().parse(), Ok(id));
        prop_assert_eq!(id.to_string().to_lowercase().parse(), Ok(id));
        let as_serial: SerialNumber = id.to_string().parse().unwrap();
        prop_assert_eq!(as_serial, SerialNumber::from(id));
        let other = CredentialId::generate_for_other_issuer(&mut Counting(random));
        prop_assert!(other.is_of_other_issuer() && !id.is_of_other_issuer());
        prop_assert_eq!(&other.as_str()[4..], &id.as_str()[4..]);
        prop_assert_eq!(other.as_str().parse(), Ok(other));
    }

    #[test]
    fn any_text_is_read_or_refused_without_a_panic(text in any::<String>()) {
        if let Ok(id) = text.parse::<CredentialId>() {
            prop_assert_eq!(id.to_string().parse(), Ok(id));
        }
        if let Ok(serial) = text.parse::<SerialNumber>() {
            prop_assert_eq!(serial.to_string().parse(), Ok(serial));
        }
        if let Ok(code) = text.parse::<Code>() {
            prop_assert!(code.expose_digits().parse::<Code>().is_ok());
        }
    }

    #[test]
    fn the_shape_of_a_serial_number_is_enough(text in "[A-Z0-9]{4,32}") {
        prop_assume!(!text.starts_with(CredentialId::PREFIX));
        let serial: SerialNumber = text.parse().unwrap();
        prop_assert_eq!(serial.as_str(), text);
    }
}

#[test]
fn all_the_randomness_is_used() {
    let mut rng = Counting(0);
    let (first, second) = (Seed::generate(&mut rng), Seed::generate(&mut rng));
    assert_eq!(first.expose_bytes().len(), Seed::LENGTH);
    assert_ne!(first.expose_bytes(), second.expose_bytes());
    let last = CredentialId::generate(&mut Counting(0)).as_str().to_owned();
    assert_eq!(last, "CSST01234567", "one character of each of eight bytes");
}

/// Counts up, byte by byte: enough to see which bytes are used.
struct Counting(u64);

impl TryRng for Counting {
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
        for byte in bytes {
            *byte = self.0.to_le_bytes()[0];
            self.0 = self.0.wrapping_add(1);
        }
        Ok(())
    }
}

impl TryCryptoRng for Counting {}
