//! When keys were created, as far as a table of fixed size tells: what makes WATCH of an absent key sure (`watch.rs`).
//!
//! A key that is absent now and was absent when it was watched has been there meanwhile only if it was created meanwhile. So the table
//! holds creations, which all pass [`super::Txn::set`], and needs to know none of the ways in which keys go: removed, expired, renamed
//! away, flushed, evicted. A flush costs nothing here, and a key that was due already when it was watched may be removed without a
//! trace, as in Redis. Only SWAPDB brings keys in without creating them. Which ones those were nobody knows once they are gone, so
//! all absent ones of a database that received any count as created then.
//!
//! Invariants
//! - A key that came to be at revision r (it was absent, or due and not yet removed, and was there afterwards) has r or more in its
//!   slot, which never goes down. So a slot that holds no more than the revision at which WATCH saw the key absent says that nothing
//!   created the key since. More in it may be due to another key of the slot: EXEC is then refused without need, and its client
//!   tries again, as after any change.
//! - The table is a function of the log, and a part of snapshots; the digest has the results that depend on it. One that was read from
//!   a snapshot without the table holds that snapshot's revision everywhere, which no WATCH of this node or another is misled by: at
//!   the feature level that such snapshots have, no table is asked ([`super::ABSENCE_LEVEL`]), and whatever is watched at a later
//!   level is watched at a higher revision than theirs.
//!
//! Deliberately no list of the latest creations or deletions that refuses every EXEC which is older than its oldest: with as many
//! writes as it is long between WATCH and EXEC no transaction on an absent key would ever run. Here n creations of other keys refuse
//! one in [`SLOTS`] / n of them.

use std::sync::Arc;

use xxhash_rust::xxh3::xxh3_64_with_seed;

use super::DATABASES;

/// Number of slots. 64 KiB in memory, at most as much in a snapshot. With another number the same log has other results: that
/// takes another feature level and format of snapshots.
pub const SLOTS: usize = 8192;

/// When keys were created: revisions, 0 = never.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Creations {
    /// For each slot when a key of it last was. Copied when written while an image shares it; never on a stack, which it would fill.
    slots: Arc<[u64]>,
    /// For each database when SWAPDB last brought keys in.
    arrivals: [u64; DATABASES],
}

impl Default for Creations {
    fn default() -> Self {
        Self::all_at(0)
    }
}

impl Creations {
    /// As if every key had last been created at `revision`.
    pub fn all_at(revision: u64) -> Self {
        Self { slots: vec![revision; SLOTS].into(), arrivals: [0; DATABASES] }
    }

    /// Notes that `key` of database `db` was created.
    pub(super) fn note(&mut self, db: usize, key: &[u8], revision: u64) {
        self.raise(slot(db, key), revision);
    }

    /// Raises a slot to at least `revision`.
    pub(crate) fn raise(&mut self, slot: usize, revision: u64) {
        if let Some(held) = Arc::make_mut(&mut self.slots).get_mut(slot) {
            *held = revision.max(*held);
        }
    }

    /// Notes that SWAPDB brought keys into a database.
    pub(crate) fn note_arrival(&mut self, db: usize, revision: u64) {
        if let Some(held) = self.arrivals.get_mut(db) {
            *held = revision.max(*held);
        }
    }

    /// `key` did not come to be in database `db` after this revision.
    pub fn last(&self, db: usize, key: &[u8]) -> u64 {
        let held = (self.slots.get(slot(db, key)), self.arrivals.get(db));
        held.0.copied().max(held.1.copied()).unwrap_or(0)
    }

    /// The latest of all.
    pub(super) fn newest(&self) -> u64 {
        self.slots.iter().chain(&self.arrivals).copied().max().unwrap_or(0)
    }

    /// All slots, and all databases.
    pub(crate) fn parts(&self) -> (&[u64], &[u64; DATABASES]) {
        (&self.slots, &self.arrivals)
    }
}

fn slot(db: usize, key: &[u8]) -> usize {
    xxh3_64_with_seed(key, db as u64) as usize % SLOTS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slot_never_goes_down_and_is_shared_by_few() {
        let mut creations = Creations::default();
        creations.note(3, b"key", 7);
        creations.note(3, b"key", 5);
        assert_eq!((creations.last(3, b"key"), creations.last(2, b"key")), (7, 0));
        let image = creations.clone();
        for number in 0..SLOTS as u32 {
            creations.note(0, &number.to_le_bytes(), 9);
        }
        assert_eq!(image.slots.iter().filter(|held| **held != 0).count(), 1, "what is written later is not shown");
        // Evenly spread: of n balls into n places, 63 % of the places get one.
        let taken = creations.slots.iter().filter(|held| **held == 9).count();
        assert!((SLOTS * 60 / 100..SLOTS * 66 / 100).contains(&taken), "{taken}");
    }
}
