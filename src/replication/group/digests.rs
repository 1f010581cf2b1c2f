//! The comparison of states (design 3): the leader puts its digest at the last multiple of [`DIGEST_EVERY`] into a later entry, and each
//! node compares its own.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::Mutex;

/// The digest is compared at multiples of this index.
const DIGEST_EVERY: u64 = 1024;
/// Digests that are remembered.
const KEPT: usize = 8;

/// A node's digests, and what came of comparing them.
#[derive(Default)]
pub(in crate::replication) struct Digests {
    noted: Mutex<Vec<(u64, u64)>>,
    diverged: OnceLock<String>,
    sent: AtomicU64,
}

impl Digests {
    /// Remembers the digest at `index` if that is one to compare.
    pub(in crate::replication) fn note(&self, index: u64, digest: u64) {
        if index.is_multiple_of(DIGEST_EVERY) {
            let mut noted = self.noted.lock();
            if noted.len() >= KEPT {
                noted.remove(0);
            }
            noted.push((index, digest));
        }
    }

    /// The last one that no entry of ours has carried yet; (0, 0) = none.
    pub(in crate::replication) fn to_send(&self) -> (u64, u64) {
        let Some((index, digest)) = self.noted.lock().last().copied() else { return (0, 0) };
        if self.sent.swap(index, Ordering::Relaxed) == index { (0, 0) } else { (index, digest) }
    }

    /// Compares a leader's digest with this node's own.
    ///
    /// # Errors
    /// The window of indices in which the two nodes went apart.
    pub(in crate::replication) fn compare(&self, index: u64, digest: u64) -> Result<(), String> {
        let noted = self.noted.lock();
        match noted.iter().find(|(known, _)| *known == index) {
            Some((_, own)) if *own != digest => {
                let why = format!(
                    "this node's state differs from the leader's since an entry in {}..={index} (digest {own:016x}, the \
                     leader's is {digest:016x})",
                    index.saturating_sub(DIGEST_EVERY - 1)
                );
                Err(self.diverged.get_or_init(|| why).clone())
            }
            _ => Ok(()),
        }
    }

    /// How this node's state was found to differ from the leader's.
    pub(in crate::replication) fn diverged(&self) -> Option<&str> {
        self.diverged.get().map(String::as_str)
    }
}
