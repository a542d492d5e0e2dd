//! How long answers took.

use std::time::Duration;

/// Each answer's time in microseconds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Latencies(Vec<u32>);

impl Latencies {
    pub(crate) fn note(&mut self, took: Duration) {
        self.0.push(u32::try_from(took.as_micros()).unwrap_or(u32::MAX));
    }

    pub(crate) fn add(&mut self, others: &Self) {
        self.0.extend(&others.0);
    }

    /// How many there were.
    pub(crate) const fn count(&self) -> usize {
        self.0.len()
    }

    /// What so many of a thousand did not exceed, in milliseconds; 0 where there was none.
    pub(crate) fn per_mille(&self, part: usize) -> f64 {
        let mut sorted = self.0.clone();
        sorted.sort_unstable();
        let place = (sorted.len() * part / 1_000).min(sorted.len().saturating_sub(1));
        sorted.get(place).map_or(0.0, |micros| f64::from(*micros) / 1_000.0)
    }
}
