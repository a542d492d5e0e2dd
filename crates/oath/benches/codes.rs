//! One code and one verification beside what they cannot do without: SHA-1's compressions, timed
//! in the same run.

#![expect(clippy::expect_used, reason = "a bench stops where its own inputs are wrong")]

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use oath::{Code, Drift, Seed, Totp, UnixTime, Window};
use sha1::block_api::compress;

fn seed() -> Seed {
    Seed::from_bytes(b"12345678901234567890".to_vec().into()).expect("160 bits are a seed")
}

/// An HMAC of eight bytes under a key whose blocks are kept: two compressions (RFC 2104, section 4).
fn two_compressions(c: &mut Criterion) {
    let block = [0x5a; 64];
    c.bench_function("two SHA-1 compressions", |b| {
        b.iter(|| {
            let mut state = black_box([1_u32, 2, 3, 4, 5]);
            compress(&mut state, &[black_box(block)]);
            compress(&mut state, &[black_box(block)]);
            state
        });
    });
}

fn one_code(c: &mut Criterion) {
    let keyed = Totp::default().keyed(&seed());
    let mut step = 58_000_000_u64;
    c.bench_function("one TOTP code, key blocks kept", |b| {
        b.iter(|| {
            step += 1;
            keyed.code(black_box(step))
        });
    });
}

/// What a wrong code costs: three steps and the comparisons, with and without the key's blocks.
fn one_miss(c: &mut Criterion) {
    let (totp, seed) = (Totp::default(), seed());
    let now = UnixTime(1_740_000_000);
    let wrong: Code = ["000000", "111111", "222222", "333333"]
        .into_iter()
        .map(|digits| digits.parse().expect("six digits are a code"))
        .find(|code| totp.step_of(&seed, code, totp.period.step_at(now), 1).is_none())
        .expect("three steps have three codes");
    let (drift, window) = (Drift::default(), Window::default());
    let keyed = totp.keyed(&seed);
    c.bench_function("one verification of +-1 step, a miss, key blocks kept", |b| {
        b.iter(|| {
            let (wrong, now) = (black_box(&wrong), black_box(now));
            assert!(totp.verify_keyed(black_box(&keyed), wrong, now, drift, None, window).is_err());
        });
    });
    c.bench_function("one verification of +-1 step, a miss, from the seed", |b| {
        b.iter(|| {
            let (wrong, now) = (black_box(&wrong), black_box(now));
            assert!(totp.verify(black_box(&seed), wrong, now, drift, None, window).is_err());
        });
    });
}

criterion_group!(benches, two_compressions, one_code, one_miss);
criterion_main!(benches);
