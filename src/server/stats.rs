//! Counters of one node: INFO shows them, CONFIG RESETSTAT clears some.

use std::sync::atomic::{AtomicU64, Ordering};

/// Counters; all since the start or the last CONFIG RESETSTAT.
#[derive(Debug, Default)]
pub struct Stats {
    /// Wall clock at the start, ms.
    pub started_ms: u64,
    /// Connections accepted.
    pub connections: AtomicU64,
    /// Connections refused by `maxclients`.
    pub rejected_connections: AtomicU64,
    /// Commands executed.
    pub commands: AtomicU64,
    /// Bytes read from clients.
    pub input_bytes: AtomicU64,
    /// Bytes written to clients.
    pub output_bytes: AtomicU64,
    /// Error replies.
    pub errors: AtomicU64,
    /// Keys found by reads.
    pub keyspace_hits: AtomicU64,
    /// Keys not found by reads.
    pub keyspace_misses: AtomicU64,
    /// Keys that expired.
    pub expired_keys: AtomicU64,
}

impl Stats {
    /// Zeros.
    pub fn new(started_ms: u64) -> Self {
        Self { started_ms, ..Self::default() }
    }

    /// Adds to a counter.
    pub fn add(counter: &AtomicU64, n: u64) {
        counter.fetch_add(n, Ordering::Relaxed);
    }

    /// CONFIG RESETSTAT.
    pub fn reset(&self) {
        for counter in [
            &self.connections,
            &self.rejected_connections,
            &self.commands,
            &self.input_bytes,
            &self.output_bytes,
            &self.errors,
            &self.keyspace_hits,
            &self.keyspace_misses,
            &self.expired_keys,
        ] {
            counter.store(0, Ordering::Relaxed);
        }
    }
}
