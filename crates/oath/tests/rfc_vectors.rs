//! Every value of RFC 4226 (appendix D) and RFC 6238 (appendix B).

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers too")]

use oath::{Algorithm, Code, Digits, Hotp, Period, Seed, Totp, UnixTime};
use subtle::ConstantTimeEq;

const SHA1_SEED: &[u8] = b"12345678901234567890";
const SHA256_SEED: &[u8] = b"12345678901234567890123456789012";
const SHA512_SEED: &[u8] = b"1234567890123456789012345678901234567890123456789012345678901234";

/// RFC 4226, appendix D: the intermediate decimal and the code of counts 0 to 9.
const HOTP: [(u32, &str); 10] = [
    (1_284_755_224, "755224"),
    (1_094_287_082, "287082"),
    (137_359_152, "359152"),
    (1_726_969_429, "969429"),
    (1_640_338_314, "338314"),
    (868_254_676, "254676"),
    (1_918_287_922, "287922"),
    (82_162_583, "162583"),
    (673_399_871, "399871"),
    (645_520_489, "520489"),
];

/// RFC 6238, appendix B: the time, its step in hexadecimal, and the codes of SHA-1, SHA-256 and
/// SHA-512.
const TOTP: [(u64, u64, [&str; 3]); 6] = [
    (59, 0x1, ["94287082", "46119246", "90693936"]),
    (1_111_111_109, 0x0235_23EC, ["07081804", "68084774", "25091201"]),
    (1_111_111_111, 0x0235_23ED, ["14050471", "67062674", "99943326"]),
    (1_234_567_890, 0x0273_EF07, ["89005924", "91819424", "93441116"]),
    (2_000_000_000, 0x03F9_40AA, ["69279037", "90698825", "38618901"]),
    (20_000_000_000, 0x27BC_86AA, ["65353130", "77737706", "47863826"]),
];

const TOTP_SEEDS: [(Algorithm, &[u8]); 3] = [
    (Algorithm::Sha1, SHA1_SEED),
    (Algorithm::Sha256, SHA256_SEED),
    (Algorithm::Sha512, SHA512_SEED),
];

#[test]
fn hotp_of_rfc_4226_appendix_d() {
    let seed = seed(SHA1_SEED);
    for (counter, (intermediate, code)) in (0..).zip(HOTP) {
        let hotp = Hotp::default();
        assert_eq!(hotp.code(&seed, counter).expose_digits(), code);
        for digits in [Digits::Six, Digits::Seven, Digits::Eight] {
            let intermediate = format!("{intermediate:010}");
            let expected = last_digits(&intermediate, usize::from(digits.count()));
            assert_eq!(Hotp { digits, ..hotp }.code(&seed, counter).expose_digits(), expected);
        }
    }
}

#[test]
fn totp_of_rfc_6238_appendix_b() {
    for (at, step, codes) in TOTP {
        assert_eq!(Period::SECONDS_30.step_at(UnixTime(at)), step);
        for ((algorithm, bytes), code) in TOTP_SEEDS.into_iter().zip(codes) {
            let totp = Totp { algorithm, digits: Digits::Eight, period: Period::SECONDS_30 };
            assert_eq!(totp.code_at(&seed(bytes), UnixTime(at)).expose_digits(), code);
        }
    }
}

#[test]
fn fewer_digits_are_the_last_of_the_eight() {
    for (at, _, codes) in TOTP {
        for ((algorithm, bytes), code) in TOTP_SEEDS.into_iter().zip(codes) {
            for digits in [Digits::Six, Digits::Seven] {
                let totp = Totp { algorithm, digits, period: Period::SECONDS_30 };
                let expected = last_digits(code, usize::from(digits.count()));
                assert_eq!(totp.code_at(&seed(bytes), UnixTime(at)).expose_digits(), expected);
            }
        }
    }
}

#[test]
fn a_step_of_60_seconds_has_the_code_of_half_the_time_at_30() {
    for (at, _, codes) in TOTP {
        for ((algorithm, bytes), code) in TOTP_SEEDS.into_iter().zip(codes) {
            let totp = Totp { algorithm, digits: Digits::Eight, period: Period::SECONDS_60 };
            let twice = UnixTime(at / 30 * 60 + 59);
            assert_eq!(totp.code_at(&seed(bytes), twice).expose_digits(), code);
        }
    }
}

#[test]
fn a_code_is_the_same_from_the_first_second_of_its_step_to_the_last() {
    let seed = seed(SHA1_SEED);
    for period in [Period::SECONDS_30, Period::SECONDS_60] {
        let totp = Totp { period, ..Totp::default() };
        let start = period.start_of(37_037_036);
        let end = start.plus(period.seconds() - 1);
        assert_eq!(period.step_at(start), 37_037_036);
        assert!(same(&totp.code_at(&seed, start), &totp.code_at(&seed, end)));
        assert!(!same(&totp.code_at(&seed, end), &totp.code_at(&seed, end.plus(1))));
    }
}

fn last_digits(text: &str, count: usize) -> &str {
    &text[text.len() - count..]
}

fn same(a: &Code, b: &Code) -> bool {
    a.ct_eq(b).into()
}

fn seed(bytes: &[u8]) -> Seed {
    Seed::from_bytes(bytes.to_vec().into()).unwrap()
}
