//! What Raft itself knows of a node.

use openraft::async_runtime::watch::WatchReceiver;

use super::Group;

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
    /// Raft takes this node for the leader, whether or not a quorum answers it.
    pub is_elected: bool,
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
            is_elected: metrics.state.is_leader(),
            is_voter: self.voters().contains(&self.node),
        }
    }
}
