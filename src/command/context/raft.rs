//! What INFO raft shows.

use crate::sys::clock::Source;

/// See the module's header.
#[derive(Clone, Debug)]
pub struct RaftFacts {
    /// This node's id.
    pub node: u64,
    /// What it is in the group.
    pub role: RaftRole,
    /// The node's term.
    pub term: u64,
    /// The leader that this node hears, maybe itself; 0 = none.
    pub leader: u64,
    /// The same, or if none is heard the one that it knew last; 0 = none. That it has led itself says nothing.
    pub last_leader: u64,
    /// Number of voters.
    pub voters: usize,
    /// It has applied all that its own log held at its start.
    pub is_recovered: bool,
    /// The last index that is applied here.
    pub applied_index: u64,
    /// The last index that this node knows to be committed.
    pub commit_index: u64,
    /// The first index of its log.
    pub first_log_index: u64,
    /// The last index of its log.
    pub last_log_index: u64,
    /// The term of that entry.
    pub last_log_term: u64,
    /// Bytes of its log.
    pub log_bytes: u64,
    /// Bytes of its newest entries, which are kept in memory.
    pub log_tail_bytes: u64,
    /// Bytes of the files.
    pub log_disk_bytes: u64,
    /// The feature level of the state.
    pub level: u32,
    /// The one that this node's binary knows.
    pub known_level: u32,
    /// Where cluster time comes from.
    pub clock_source: Source,
    /// How much this node's wall clock is ahead of cluster time, ms; 0 without a base.
    pub clock_wall_difference_ms: i64,
}

/// A node's part in its group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RaftRole {
    /// It leads.
    Leader,
    /// It votes.
    Follower,
    /// It has no vote.
    Learner,
}

impl RaftRole {
    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Leader => "leader",
            Self::Follower => "follower",
            Self::Learner => "learner",
        }
    }
}
