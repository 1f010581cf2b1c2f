//! What is large and is being freed in the background.
//!
//! Invariant: what is counted as pending is counted as freed once it is gone, and not before.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Counts of one node; no part of the state.
#[derive(Debug, Default)]
pub struct Frees {
    bytes: AtomicU64,
    pending: AtomicU64,
    freed: AtomicU64,
}

impl Frees {
    /// So many bytes in so many objects are being freed, until what this returns is dropped.
    pub(super) fn begin(self: &Arc<Self>, bytes: u64, objects: u64) -> Freeing {
        self.bytes.fetch_add(bytes, Relaxed);
        self.pending.fetch_add(objects, Relaxed);
        Freeing { frees: self.clone(), bytes, objects }
    }

    /// Bytes that are still to be freed.
    pub fn bytes(&self) -> u64 {
        self.bytes.load(Relaxed)
    }

    /// Objects that are: `lazyfree_pending_objects`.
    pub fn pending(&self) -> u64 {
        self.pending.load(Relaxed)
    }

    /// Objects that were freed since the start or the last CONFIG RESETSTAT: `lazyfreed_objects`.
    pub fn freed(&self) -> u64 {
        self.freed.load(Relaxed)
    }

    /// CONFIG RESETSTAT.
    pub fn reset(&self) {
        self.freed.store(0, Relaxed);
    }
}

/// See [`Frees::begin`].
pub(super) struct Freeing {
    frees: Arc<Frees>,
    bytes: u64,
    objects: u64,
}

impl Drop for Freeing {
    fn drop(&mut self) {
        self.frees.freed.fetch_add(self.objects, Relaxed);
        self.frees.pending.fetch_sub(self.objects, Relaxed);
        self.frees.bytes.fetch_sub(self.bytes, Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_are_pending_until_they_are_gone_and_freed_then() {
        let frees = Arc::<Frees>::default();
        let (first, second) = (frees.begin(100, 2), frees.begin(10, 1));
        assert_eq!((frees.bytes(), frees.pending(), frees.freed()), (110, 3, 0));
        drop(first);
        assert_eq!((frees.bytes(), frees.pending(), frees.freed()), (10, 1, 2));
        frees.reset();
        assert_eq!((frees.pending(), frees.freed()), (1, 0), "what is pending is no statistic");
        drop(second);
        assert_eq!((frees.bytes(), frees.pending(), frees.freed()), (0, 0, 1));
    }
}
