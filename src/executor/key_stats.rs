//! What a node counts of the keys that its clients asked for.

use std::sync::atomic::{AtomicU64, Ordering};

/// Counters of one node; no part of the state.
#[derive(Debug, Default)]
pub struct KeyStats {
    /// Keys found by reads.
    pub hits: AtomicU64,
    /// Keys not found by reads.
    pub misses: AtomicU64,
    /// Keys that the log expired while this node applied it.
    pub expired: AtomicU64,
}

impl KeyStats {
    /// Adds what a command found and did not find.
    pub fn looked_up(&self, (hits, misses): (u64, u64)) {
        self.hits.fetch_add(hits, Ordering::Relaxed);
        self.misses.fetch_add(misses, Ordering::Relaxed);
    }

    /// CONFIG RESETSTAT.
    pub fn reset(&self) {
        [&self.hits, &self.misses, &self.expired].into_iter().for_each(|counter| counter.store(0, Ordering::Relaxed));
    }
}
