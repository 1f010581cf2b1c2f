//! Who leads, and how far this node has applied the log.
//!
//! Invariant: a node has recovered once an entry of the present leader is applied, and all of what its own log held at its start, unless
//! the leader is a later one than those of all of it: then what is not applied by then was never committed. So is all applied that was
//! committed before. The leader is one that this process has heard, or was elected in: its vote on disk names one of earlier days.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use tokio::sync::{Notify, watch};

use crate::replication::origin::Leader;
use crate::replication::types::LogId;

/// How far a node has applied the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct LastApplied {
    /// The last entry's index.
    pub index: u64,
    /// Its leader.
    pub leader: Option<Leader>,
}

/// See the module's header.
pub(in crate::replication) struct Progress {
    leader: watch::Sender<Option<Leader>>,
    applied: watch::Sender<LastApplied>,
    /// The highest commit index that this node as leader has told anyone.
    told_commit: AtomicU64,
    /// The last entry that the log held at the start of this process: its index and its leader.
    own_last: OnceLock<(u64, Leader)>,
    recovered: AtomicBool,
    recovered_wake: Notify,
}

impl Default for Progress {
    fn default() -> Self {
        Self {
            leader: watch::Sender::new(None),
            applied: watch::Sender::new(LastApplied::default()),
            told_commit: AtomicU64::new(0),
            own_last: OnceLock::new(),
            recovered: AtomicBool::new(false),
            recovered_wake: Notify::new(),
        }
    }
}

impl Progress {
    pub(in crate::replication) fn leader(&self) -> Option<Leader> {
        *self.leader.borrow()
    }

    pub(in crate::replication) fn watch_leader(&self) -> watch::Receiver<Option<Leader>> {
        self.leader.subscribe()
    }

    /// True if it was another one before.
    pub(in crate::replication) fn set_leader(&self, leader: Option<Leader>) -> bool {
        let changed = self.leader.send_if_modified(|known| {
            let changed = *known != leader;
            *known = leader;
            changed
        });
        if changed {
            self.check_recovered();
        }
        changed
    }

    pub(in crate::replication) fn applied(&self) -> LastApplied {
        *self.applied.borrow()
    }

    pub(in crate::replication) fn watch_applied(&self) -> watch::Receiver<LastApplied> {
        self.applied.subscribe()
    }

    pub(in crate::replication) fn set_applied(&self, log_id: &LogId) {
        self.applied.send_replace(LastApplied { index: log_id.index, leader: Some(leader_of(log_id)) });
        self.check_recovered();
    }

    /// As leader this node tells others that `index` is committed.
    pub(in crate::replication) fn tell_commit(&self, index: u64) {
        self.told_commit.fetch_max(index, Ordering::AcqRel);
    }

    /// The highest index that it has told.
    pub(in crate::replication) fn told_commit(&self) -> u64 {
        self.told_commit.load(Ordering::Acquire)
    }

    /// The log ends with this entry at the start of this process.
    pub(in crate::replication) fn begin_with(&self, last: &LogId) {
        // A second one is a mistake of the caller's; the first stays.
        let _ = self.own_last.set((last.index, leader_of(last)));
    }

    fn check_recovered(&self) {
        let (leader, applied) = (self.leader(), self.applied());
        let has_own = self.own_last.get().is_none_or(|(index, of)| applied.index >= *index || leader > Some(*of));
        if !self.is_recovered() && leader.is_some() && leader == applied.leader && has_own {
            self.recovered.store(true, Ordering::Release);
            self.recovered_wake.notify_waiters();
        }
    }

    pub(in crate::replication) fn is_recovered(&self) -> bool {
        self.recovered.load(Ordering::Acquire)
    }

    pub(in crate::replication) async fn recovery(&self) {
        loop {
            let wake = self.recovered_wake.notified();
            if self.is_recovered() {
                return;
            }
            wake.await;
        }
    }
}

fn leader_of(log_id: &LogId) -> Leader {
    Leader { term: log_id.leader_id.term, node: log_id.leader_id.node_id }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::replication::testing::log_id;

    const OLD: Leader = Leader { term: 3, node: 1 };
    const NEW: Leader = Leader { term: 4, node: 2 };

    #[test]
    fn a_node_has_recovered_once_the_leaders_entries_and_its_own_are_applied() {
        let started = |leader| {
            let progress = Progress::default();
            progress.begin_with(&log_id(OLD, 9));
            progress.set_applied(&log_id(OLD, 7));
            progress.set_leader(leader);
            progress
        };
        let progress = started(Some(OLD));
        progress.set_applied(&log_id(OLD, 8));
        assert!(!progress.is_recovered(), "its log holds one more of the same leader");
        progress.set_applied(&log_id(OLD, 9));
        assert!(progress.is_recovered());

        // The log of a later leader is the shorter one.
        let progress = started(Some(NEW));
        assert!(!progress.is_recovered());
        progress.set_applied(&log_id(NEW, 8));
        assert!(progress.is_recovered());

        let progress = started(None);
        progress.set_applied(&log_id(OLD, 9));
        assert!(!progress.is_recovered(), "there may be a later leader");
        progress.set_leader(Some(NEW));
        assert!(!progress.is_recovered());
    }
}
