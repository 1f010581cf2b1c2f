//! How long calls took, as it is counted.
//!
//! Invariant: a call costs one addition to a counter, without a lock; the counters are made with a command's first call.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::command::context::{LATENCY_BUCKETS, Latencies, latency_bucket};

/// See the module's header.
#[derive(Debug, Default)]
pub struct Histogram(OnceLock<Box<[AtomicU64]>>);

impl Histogram {
    /// Counts a call that took so many ns.
    pub fn add(&self, ns: u64) {
        let counts = self.0.get_or_init(|| (0..LATENCY_BUCKETS).map(|_| AtomicU64::new(0)).collect());
        if let Some(count) = counts.get(latency_bucket(ns)) {
            count.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// What was counted; None if there was no call.
    pub fn latencies(&self) -> Option<Latencies> {
        let counts: Vec<u64> = self.0.get()?.iter().map(|count| count.load(Ordering::Relaxed)).collect();
        Some(Latencies::new(counts)).filter(|latencies| latencies.calls() > 0)
    }

    /// As if there had been no call.
    pub fn reset(&self) {
        self.0.get().into_iter().flatten().for_each(|count| count.store(0, Ordering::Relaxed));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_counted_until_they_are_reset() {
        let histogram = Histogram::default();
        assert_eq!(histogram.latencies(), None);
        [1500, 1500, 0, u64::MAX].into_iter().for_each(|ns| histogram.add(ns));
        let latencies = histogram.latencies().unwrap();
        assert_eq!((latencies.calls(), latencies.percentile_ns(50.0)), (4, 1503));
        histogram.reset();
        assert_eq!(histogram.latencies(), None);
        histogram.add(1);
        assert_eq!(histogram.latencies().map(|latencies| latencies.calls()), Some(1));
    }
}
