//! What the log knows of the cluster itself: its id, its members, and the membership changes that operators have asked for (design 8).
//!
//! Invariants: node ids rise and are never used again, not even after RAFT.REMOVE; the feature level never falls.

use std::collections::BTreeMap;

/// A node that has joined.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Drawn by the node when its directory was empty; makes Join idempotent.
    pub nonce: u64,
    /// `host:port` of its peer port.
    pub peer_addr: String,
    /// `host:port` for clients.
    pub client_addr: String,
    /// RAFT.ADD … LEARNER: never promoted automatically.
    pub learner_only: bool,
    /// RAFT.PROMOTE: to be made a voter even if that gives an even number.
    pub promote: bool,
    /// RAFT.REMOVE: to be removed.
    pub removing: bool,
    /// Why the last wish was refused; empty = it was not.
    pub refused: String,
}

impl Member {
    /// One that nothing is wished of.
    pub fn new(nonce: u64, peer_addr: &str, client_addr: &str) -> Self {
        Self {
            nonce,
            peer_addr: peer_addr.into(),
            client_addr: client_addr.into(),
            learner_only: false,
            promote: false,
            removing: false,
            refused: String::new(),
        }
    }
}

/// A membership change that an operator asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    /// RAFT.PROMOTE
    Promote,
    /// RAFT.REMOVE
    Remove,
}

/// The cluster's own state.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cluster {
    /// Random, set by Create, and anew by Recreate; 0 = not yet created.
    pub id: u128,
    /// The feature level (design 3).
    pub level: u32,
    /// The last node id given.
    pub last_node: u64,
    /// Members by node id.
    pub members: BTreeMap<u64, Member>,
    /// Addresses that RAFT.ADD named and that have not joined yet, with their LEARNER flag.
    pub invited: BTreeMap<String, bool>,
    /// Raised by every change, so that a node sees that there is one.
    pub version: u64,
}

impl Cluster {
    /// True once Create was applied.
    pub fn is_created(&self) -> bool {
        self.id != 0
    }

    /// Applies Join: the node's id, the same for the same nonce. A changed address is taken over.
    pub fn join(&mut self, nonce: u64, peer_addr: &str, client_addr: &str) -> u64 {
        self.version += 1;
        let invited = self.invited.remove(client_addr);
        if let Some((id, member)) = self.members.iter_mut().find(|(_, member)| member.nonce == nonce) {
            member.peer_addr = peer_addr.into();
            member.client_addr = client_addr.into();
            return *id;
        }
        self.last_node += 1;
        let member = Member::new(nonce, peer_addr, client_addr);
        self.members.insert(self.last_node, Member { learner_only: invited.unwrap_or(false), ..member });
        self.last_node
    }

    /// Takes over where a member is; false if it is none.
    pub fn moved(&mut self, node: u64, nonce: u64, peer_addr: &str, client_addr: &str) -> bool {
        let Some(member) = self.members.get_mut(&node).filter(|member| member.nonce == nonce) else { return false };
        member.peer_addr = peer_addr.into();
        member.client_addr = client_addr.into();
        self.version += 1;
        true
    }

    /// Raises the feature level; false if it is there already, or there is no cluster.
    pub fn raise(&mut self, level: u32) -> bool {
        let rises = self.is_created() && level > self.level;
        if rises {
            self.level = level;
            self.version += 1;
        }
        rises
    }

    /// Applies Recreate: another cluster from here on, of this node alone. `level` counts where there was no cluster yet.
    pub fn recreate(&mut self, id: u128, level: u32, node: u64, member: Member) {
        *self = Self {
            id,
            level: if self.is_created() { self.level } else { level },
            last_node: self.last_node.max(node),
            members: [(node, member)].into(),
            invited: BTreeMap::new(),
            version: self.version + 1,
        };
    }

    /// Records a wish; false if there is no such member.
    pub fn wish(&mut self, node: u64, wish: Wish) -> bool {
        let Some(member) = self.members.get_mut(&node) else { return false };
        self.version += 1;
        member.refused.clear();
        match wish {
            Wish::Promote => {
                member.promote = true;
                member.learner_only = false;
            }
            Wish::Remove => member.removing = true,
        }
        true
    }

    /// RAFT.ADD: a node at this client address is to join.
    pub fn invite(&mut self, client_addr: &str, learner_only: bool) {
        self.version += 1;
        if let Some(member) = self.members.values_mut().find(|member| member.client_addr == client_addr) {
            member.learner_only = learner_only;
        } else {
            self.invited.insert(client_addr.into(), learner_only);
        }
    }

    /// The change that was wished is committed: the node is removed (`gone`), or a voter.
    pub fn settle(&mut self, node: u64, gone: bool) {
        self.version += 1;
        if gone {
            self.members.remove(&node);
        } else if let Some(member) = self.members.get_mut(&node) {
            member.promote = false;
        }
    }

    /// The leader refuses the change that was wished.
    pub fn refuse(&mut self, node: u64, why: &str) {
        self.version += 1;
        if let Some(member) = self.members.get_mut(&node) {
            member.promote = false;
            member.removing = false;
            member.refused = why.into();
        }
    }
}
