//! What the leader sees of one member.

/// A learner this many entries behind has caught up.
pub const CAUGHT_UP_ENTRIES: u64 = 1000;

/// See the module's header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// The last log index known to be on it.
    pub matched: u64,
    /// Entries behind the leader.
    pub lag: u64,
    /// Heard lately.
    pub alive: bool,
    /// One of [`super::Group::voters`].
    pub voter: bool,
    /// The feature level that it knows, as it has said to the leader; 0 = it has not.
    pub level: u32,
}

impl Standing {
    /// Fit to be part of a quorum.
    pub fn is_fit(&self) -> bool {
        self.alive && self.lag <= CAUGHT_UP_ENTRIES
    }
}
