//! Space on disk (design 7): below `disk-reserve` the leader refuses batches before they reach the log, because a node
//! that cannot write its log can neither go on nor start again.
//!
//! Invariants
//! - What the leader's disk says counts, on every node: an entry that it has taken goes to all logs anyway.
//! - What passes is the executor's to say ([`DiskSpace`]).
//! - A refused batch did not reach the log, and its clients are told so.
//! - Half of the reserve is the log's alone: a snapshot, of this node or from a peer, that would reach into it is given up.
//!
//! A node samples its own disk. Another node's origin learns of the leader's state by a refusal, and believes it for [`BELIEVED`]; then
//! the next write asks again.

use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use tokio::time::Instant;

use super::Group;
use crate::executor::DiskSpace;

/// See the module's header.
const BELIEVED: Duration = Duration::from_secs(1);

/// What this node knows of space on disk.
#[derive(Default)]
pub struct Disks {
    own: AtomicU8,
    /// Half of the reserve.
    floor: AtomicU64,
    /// True once a leader has refused something: else there is nothing to look up.
    was_told: AtomicBool,
    /// Who refused, why, and when.
    told: Mutex<Option<(u64, DiskSpace, Instant)>>,
}

impl Group {
    /// How much space there is on this node's disk.
    pub fn own_disk_space(&self) -> DiskSpace {
        DiskSpace::of(self.disks.own.load(Ordering::Relaxed))
    }

    /// Free bytes of the disk that only the log may take.
    pub fn disk_floor(&self) -> u64 {
        self.disks.floor.load(Ordering::Relaxed)
    }

    /// How much space there is on the leader's disk, as far as this node knows.
    pub fn disk_space(&self) -> DiskSpace {
        let leader = self.leader().map(|leader| leader.node);
        if leader == Some(self.node) {
            return self.own_disk_space();
        }
        if !self.disks.was_told.load(Ordering::Relaxed) {
            return DiskSpace::Enough;
        }
        match *self.disks.told.lock() {
            Some((node, space, at)) if leader == Some(node) && at.elapsed() < BELIEVED => space,
            _ => DiskSpace::Enough,
        }
    }

    /// Takes a sample of this node's own disk.
    pub fn note_free_bytes(&self, free: u64, reserve: u64) {
        self.disks.floor.store(reserve / 2, Ordering::Relaxed);
        let space = DiskSpace::with(free, reserve);
        if self.disks.own.swap(space as u8, Ordering::Relaxed) != space as u8 {
            let (node, free_mb, reserve_mb) = (self.node, free >> 20, reserve >> 20);
            match space {
                DiskSpace::Enough => {
                    tracing::warn!(node, free_mb, reserve_mb, "the disk has room enough to take writes")
                }
                DiskSpace::Low => tracing::warn!(
                    node,
                    free_mb,
                    reserve_mb,
                    "the disk has less room than disk-reserve: as leader this node takes only deletions"
                ),
                DiskSpace::Out => tracing::warn!(
                    node,
                    free_mb,
                    reserve_mb,
                    "the disk has less room than half of disk-reserve: as leader this node takes no writes"
                ),
            }
        }
    }

    /// The leader on `node` has refused a batch of this node for want of space.
    pub(in crate::replication) fn note_refusal(&self, node: u64, space: DiskSpace) {
        *self.disks.told.lock() = Some((node, space, Instant::now()));
        self.disks.was_told.store(true, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_refusal_is_believed_for_a_while_and_of_that_leader() {
        use crate::replication::origin::Leader;
        use crate::replication::testing::group;
        use crate::replication::types::scope;
        scope(1, async {
            let group = group(Leader { term: 3, node: 2 }, std::sync::Arc::new(crate::sys::env::Tcp), false).await;
            assert_eq!(group.disk_space(), DiskSpace::Enough);
            group.note_refusal(3, DiskSpace::Out);
            assert_eq!(group.disk_space(), DiskSpace::Enough, "another leader's disk");
            group.note_refusal(2, DiskSpace::Low);
            assert_eq!(group.disk_space(), DiskSpace::Low);
            tokio::time::advance(BELIEVED).await;
            assert_eq!(group.disk_space(), DiskSpace::Enough, "the next write asks again");
        })
        .await;
    }
}
