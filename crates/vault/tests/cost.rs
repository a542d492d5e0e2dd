//! Measures what one guess of a PIN costs here; `docs/vault.md` quotes it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking, in its helpers too"
)]

mod support;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use support::{
    memory::Memory,
    sample::{pin, rng},
};
use vault::{Costs, PinPolicy, Vault};

#[test]
#[ignore = "a measurement: run it alone, in release, with --nocapture"]
fn one_guess() {
    for costs in [Costs::CHOSEN, Costs::MINIMUM] {
        println!("{costs:?}: {:.1} ms", guess(costs).as_secs_f64() * 1_000.0);
    }
}

/// The median of 21 unlockings.
#[expect(clippy::disallowed_methods, reason = "what is measured is elapsed time")]
fn guess(costs: Costs) -> Duration {
    let vault = Vault::with_costs(Arc::new(Memory::default()), costs);
    vault.create(&pin("4826"), PinPolicy::default(), &mut rng()).unwrap();
    let mut times = [(); 21].map(|()| {
        let started = Instant::now();
        vault.unlock(&pin("4826")).unwrap();
        started.elapsed()
    });
    times.sort();
    times[10]
}
