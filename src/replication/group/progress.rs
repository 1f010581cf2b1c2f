//! Who leads, and how far this node has applied the log.
//!
//! Invariant: a node has recovered once an entry of the present leader is applied: so is all that was committed before, and all of this
//! node's own log.

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
    recovered: AtomicBool,
    recovered_wake: Notify,
}

impl Default for Progress {
    fn default() -> Self {
        Self {
            leader: watch::Sender::new(None),
            applied: watch::Sender::new(LastApplied::default()),
            told_commit: AtomicU64::new(0),
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
        let leader = Leader { term: log_id.leader_id.term, node: log_id.leader_id.node_id };
        self.applied.send_replace(LastApplied { index: log_id.index, leader: Some(leader) });
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

    fn check_recovered(&self) {
        if !self.is_recovered() && self.leader().is_some() && self.leader() == self.applied().leader {
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
