//! Prefetches into the CPU's caches what a batch is about to touch, for many keys at a time.
//!
//! A look-up is a chain of places in memory, none of which is in a cache of the CPU when there are many keys: a batch run key by key
//! waits for each in turn. Looked at side by side beforehand, the CPU waits for many at once.
//!
//! Invariant: only reads, and nothing depends on what they found.

use std::hint::black_box;

use smallvec::SmallVec;

use super::{Entry, Position, State};

/// Keys looked at side by side: what they bring fits a first-level cache.
pub const PREFETCH_KEYS: usize = 32;

impl State {
    /// Prefetches the entries of `keys`, (database, key) each, and the beginning of their values.
    pub fn prefetch<'a>(&self, keys: impl Iterator<Item = (usize, &'a [u8])>) {
        // One step for all keys at a time, so that no step waits for the one before.
        let positions: SmallVec<[(usize, Position); PREFETCH_KEYS]> =
            keys.take(PREFETCH_KEYS).map(|(db, key)| (db, Position::of(key))).collect();
        let found: SmallVec<[&Entry; PREFETCH_KEYS]> =
            positions.iter().filter_map(|(db, position)| self.db(*db).likely(*position)).collect();
        for entry in &found {
            // An entry lies across two lines of the cache: its key in the first, its deadline in the second.
            black_box((entry.key().first(), entry.revision(), entry.deadline_ms()));
        }
        for entry in &found {
            black_box(entry.value().first_byte());
        }
    }
}
