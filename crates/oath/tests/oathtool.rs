//! Our codes against those of `oathtool`, another implementation of both RFCs.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking, in its helpers too"
)]

use std::process::Command;

use oath::{Algorithm, Digits, Hotp, Period, Seed, Totp, UnixTime};
use proptest::{collection::vec, prelude::*};

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(96) })]

    #[test]
    fn totp_agrees(
        seed in vec(any::<u8>(), 1..=Seed::MAX_OTHER_LENGTH),
        at in 0_u64..=100_000_000_000,
        algorithm in algorithms(),
        digits in digits(),
        period in prop_oneof![Just(30_u32), Just(60), 1_u32..=86_400],
    ) {
        let period = Period::try_from(period).unwrap();
        let theirs = oathtool(&[
            format!("--totp={}", algorithm.name().to_lowercase()),
            format!("--digits={}", digits.count()),
            format!("--time-step-size={}s", period.seconds()),
            format!("--now=@{at}"),
            hex(&seed),
        ]);
        let totp = Totp { algorithm, digits, period };
        let ours = totp.code_at(&Seed::from_other_issuer(seed.into()).unwrap(), UnixTime(at));
        prop_assert_eq!(ours.expose_digits(), theirs);
    }

    #[test]
    fn hotp_agrees(
        seed in vec(any::<u8>(), Seed::MIN_LENGTH..=Seed::MAX_LENGTH),
        counter in prop_oneof![0_u64..1_000, 0..=i64::MAX.cast_unsigned()],
        digits in digits(),
    ) {
        let theirs = oathtool(&[
            "--hotp".to_owned(),
            format!("--counter={counter}"),
            format!("--digits={}", digits.count()),
            hex(&seed),
        ]);
        let hotp = Hotp { algorithm: Algorithm::Sha1, digits };
        let ours = hotp.code(&Seed::from_bytes(seed.into()).unwrap(), counter);
        prop_assert_eq!(ours.expose_digits(), theirs);
    }
}

fn algorithms() -> impl Strategy<Value = Algorithm> {
    prop_oneof![Just(Algorithm::Sha1), Just(Algorithm::Sha256), Just(Algorithm::Sha512)]
}

fn digits() -> impl Strategy<Value = Digits> {
    prop_oneof![Just(Digits::Six), Just(Digits::Seven), Just(Digits::Eight)]
}

fn oathtool(arguments: &[String]) -> String {
    let output = Command::new("oathtool")
        .args(arguments)
        .env("TZ", "UTC")
        .output()
        .expect("this test needs the program `oathtool` (Debian: apt install oathtool)");
    assert!(output.status.success(), "oathtool {arguments:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
