//! What a server meets on a bad day: everybody at once, the plug pulled, a full disk, a wrong clock,
//! whoever means harm. Each in a bounded size; `cargo xtask soak` lets those that go on by time go on.

mod burst;
mod clocks;
mod failover;
mod fob;
mod full_disk;
mod hostile;
mod kills;
mod postgres;
mod retries;
mod schema;

use std::time::Duration;

/// How long a test goes on: a few seconds, or as long as the soak says.
fn going_on_for(bounded: Duration) -> Duration {
    let soak = std::env::var("TESTS_SOAK_SECONDS").ok();
    soak.map_or(bounded, |seconds| Duration::from_secs(seconds.parse().unwrap()))
}
