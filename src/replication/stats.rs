//! What a node counts of the keys that its clients asked for.

use openraft::async_runtime::watch::WatchReceiver;

use super::Group;
use std::sync::atomic::{AtomicU64, Ordering};

/// Counters of one group on one node; no part of the state.
#[derive(Debug, Default)]
pub struct KeyStats {
    /// Keys found by reads.
    pub hits: AtomicU64,
    /// Keys not found by reads.
    pub misses: AtomicU64,
    /// Keys that the log expired while this node applied it.
    pub expired: AtomicU64,
}

impl KeyStats {
    /// Adds what a command found and did not find.
    pub fn looked_up(&self, (hits, misses): (u64, u64)) {
        self.hits.fetch_add(hits, Ordering::Relaxed);
        self.misses.fetch_add(misses, Ordering::Relaxed);
    }

    /// CONFIG RESETSTAT.
    pub fn reset(&self) {
        [&self.hits, &self.misses, &self.expired].into_iter().for_each(|counter| counter.store(0, Ordering::Relaxed));
    }
}

/// What Raft itself knows of this node, for INFO.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RaftStanding {
    /// The node's term.
    pub term: u64,
    /// The last log index that this node knows to be committed.
    pub commit_index: u64,
    /// The last index of its log.
    pub last_log_index: u64,
    /// It is one of [`Group::voters`].
    pub is_voter: bool,
}

impl Group {
    /// See [`RaftStanding`]; zeros before Raft runs.
    pub fn raft_standing(&self) -> RaftStanding {
        let Some(raft) = self.raft() else { return RaftStanding::default() };
        let metrics = raft.metrics();
        let metrics = metrics.borrow_watched();
        RaftStanding {
            term: metrics.current_term,
            commit_index: metrics.local_committed.as_ref().map_or(0, |id| id.index),
            last_log_index: metrics.last_log_index.unwrap_or(0),
            is_voter: self.voters().contains(&self.node),
        }
    }
}
