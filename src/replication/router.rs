//! Which Raft group a command belongs to. Group 0 is the only one so far; nothing outside of this module may assume that.

use std::sync::Arc;

use super::{CommandGroup, Group};

/// The groups of a node.
#[derive(Clone)]
pub struct Router {
    groups: Vec<Arc<Group>>,
    node: u64,
}

impl Router {
    /// A node's groups.
    pub fn new(node: u64, groups: Vec<Arc<Group>>) -> Self {
        Self { groups, node }
    }

    /// This node's id.
    pub fn node_id(&self) -> u64 {
        self.node
    }

    /// The group that holds the keys of every slot.
    pub fn group(&self) -> Option<&Arc<Group>> {
        self.groups.first()
    }

    /// All groups.
    pub fn groups(&self) -> &[Arc<Group>] {
        &self.groups
    }

    /// Hands a group of commands to the Raft group that it belongs to.
    pub fn submit(&self, commands: CommandGroup) {
        match self.group() {
            Some(group) => group.submit(commands),
            None => commands.fail(&crate::error::LOADING),
        }
    }

    /// False until this node has applied its own log after a start.
    pub fn is_recovered(&self) -> bool {
        self.groups.iter().all(|group| group.is_recovered())
    }

    /// `proto-max-bulk-len` of the replicated options, bytes.
    pub fn bulk_len_max(&self) -> usize {
        self.group().map_or(64 << 20, |group| group.bulk_len_max())
    }

    /// True if the memory in use is above `maxmemory` (0 = no bound).
    pub fn is_over_memory(&self, maxmemory: u64) -> bool {
        maxmemory != 0 && crate::memory::used_bytes() > maxmemory
    }
}
