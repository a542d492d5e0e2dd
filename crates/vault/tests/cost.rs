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
        let [least, median] = guess(costs).map(|time| time.as_secs_f64() * 1_000.0);
        println!("{costs:?}: least {least:.1} ms, median {median:.1} ms");
    }
}

/// The least, which other work on the machine disturbs least, and the median of 21 unlockings.
#[expect(clippy::disallowed_methods, reason = "what is measured is elapsed time")]
fn guess(costs: Costs) -> [Duration; 2] {
    let vault = Vault::with_costs(Arc::new(Memory::default()), costs);
    vault.create(&pin("4826"), PinPolicy::default(), &mut rng()).unwrap();
    let mut times = [(); 21].map(|()| {
        let started = Instant::now();
        vault.unlock(&pin("4826")).unwrap();
        started.elapsed()
    });
    times.sort();
    [times[0], times[10]]
}
