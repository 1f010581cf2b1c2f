//! What WATCH remembers, and EXEC compares.
//!
//! Invariant: a mark that holds means that the key was not written meanwhile. A present key gets a new revision whenever its value
//! changes, and when it is created again (`txn.rs`); an absent one cannot have come and gone without a trace (`creations.rs`). A hash changes
//! also when the next of its fields ends: the mark has that time, whatever is swept when, because a sweep changes nothing that is seen.

use bytes::Bytes;
use xxhash_rust::xxh3::xxh3_64;

/// The feature level from which a key that was created and removed again since WATCH saw it absent stops EXEC. Below, what
/// is absent again counts as unchanged, as it did for binaries that know no more.
pub const ABSENCE_LEVEL: u32 = 2;

/// A key that WATCH remembers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Watch {
    /// Database.
    pub db: u8,
    /// Key.
    pub key: Bytes,
    /// What WATCH saw.
    pub mark: Mark,
}

impl Watch {
    /// Of a key that WATCH has yet to look at.
    pub fn unread(db: u8, key: Bytes) -> Self {
        Self { db, key, mark: Mark::Absent { at: 0 } }
    }
}

/// How WATCH saw a key. What holds it against a later state is [`super::View::is_as_watched`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// It was there.
    Present {
        /// Of its value.
        revision: u64,
        /// Cluster time in ms; 0 = none. Of a hash with a field that ends, [`Mark::until`].
        deadline_ms: u64,
    },
    /// It was not there.
    Absent {
        /// The state's revision then; the largest number: whatever was created since does not count.
        at: u64,
    },
}

impl Mark {
    /// Stands for a deadline (0 = none) and the next end of a field together: another number for any others of them, and for a deadline
    /// alone.
    pub(super) fn until(deadline_ms: u64, next_ms: u64) -> u64 {
        let bytes: Vec<u8> = [deadline_ms, next_ms].into_iter().flat_map(u64::to_le_bytes).collect();
        // Behind all deadlines, and not what stands for absence in an entry.
        (xxh3_64(&bytes) | 1 << 63) & !1
    }
}
