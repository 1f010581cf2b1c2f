//! Keyspace statistics of a node, for INFO: hits, misses, expired and evicted keys, and the commands that scripts called.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use parking_lot::Mutex;

use crate::store::{Denial, ScriptCalls, Tally};

/// Most denials that wait to be taken.
const DENIALS_MAX: usize = 1024;

/// Counters of one node; no part of the state.
#[derive(Debug, Default)]
pub struct KeyStats {
    /// Keys found by reads: `keyspace_hits`.
    pub hits: AtomicU64,
    /// Keys not found by reads: `keyspace_misses`.
    pub misses: AtomicU64,
    /// Keys that the log expired while this node applied it: `expired_keys`.
    pub expired: AtomicU64,
    /// Keys that gave way for want of memory while this node applied the log: `evicted_keys`.
    pub evicted: AtomicU64,
    /// Fields of hashes that the log expired meanwhile: `expired_subkeys`.
    pub expired_fields: AtomicU64,
    /// Scripts that went for others while this node applied the log: `evicted_scripts`.
    pub evicted_scripts: AtomicU64,
    /// Commands that scripts called.
    pub calls: Mutex<ScriptCalls>,
    denials: Mutex<Vec<Denial>>,
    has_denials: AtomicBool,
}

impl KeyStats {
    /// Adds what commands have counted.
    pub fn count(&self, tally: Tally) {
        if tally.hits > 0 {
            self.hits.fetch_add(tally.hits, Ordering::Relaxed);
        }
        if tally.misses > 0 {
            self.misses.fetch_add(tally.misses, Ordering::Relaxed);
        }
        if let Some(mut calls) = tally.calls {
            if !calls.denials.is_empty() {
                let mut denials = self.denials.lock();
                denials.append(&mut calls.denials);
                denials.truncate(DENIALS_MAX);
                self.has_denials.store(true, Ordering::Release);
            }
            self.calls.lock().add(&calls);
        }
    }

    /// What scripts were denied since the last time.
    pub fn take_denials(&self) -> Vec<Denial> {
        if self.has_denials.swap(false, Ordering::AcqRel) {
            std::mem::take(&mut self.denials.lock())
        } else {
            Vec::new()
        }
    }

    /// CONFIG RESETSTAT.
    pub fn reset(&self) {
        [&self.hits, &self.misses, &self.expired, &self.expired_fields, &self.evicted, &self.evicted_scripts]
            .into_iter()
            .for_each(|counter| counter.store(0, Ordering::Relaxed));
        *self.calls.lock() = ScriptCalls::default();
    }
}
