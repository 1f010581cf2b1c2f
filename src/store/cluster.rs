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
    /// Nodes that RAFT.ADD named and that have not joined yet, with their LEARNER flag: each by its nonce in digits, or if it could not be
    /// asked for that, by the address as it was typed.
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
        let by_addr = self.invited.remove(client_addr);
        let invited = self.invited.remove(&nonce.to_string()).or(by_addr);
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

    /// RAFT.ADD: the node of this nonce, or at this client address, is to join.
    pub fn invite(&mut self, who: &str, learner_only: bool) {
        self.version += 1;
        let is_meant = |member: &Member| member.client_addr == who || member.nonce.to_string() == who;
        if let Some(member) = self.members.values_mut().find(|member| is_meant(member)) {
            member.learner_only = learner_only;
        } else {
            self.invited.insert(who.into(), learner_only);
        }
    }

    /// What was said of a node by its address is said by its nonce now.
    pub fn uninvite(&mut self, client_addr: &str) {
        self.version += 1;
        self.invited.remove(client_addr);
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

#[cfg(test)]
mod tests {
    use super::*;

    fn created() -> Cluster {
        let mut cluster = Cluster { id: 1, ..Cluster::default() };
        cluster.join(11, "n1:17101", "n1:7101");
        cluster
    }

    /// What is said of a node by its nonce counts more than what was said of its address, which may have been another one's.
    #[test]
    fn an_invited_node_is_known_by_its_nonce_or_by_its_address() {
        for (invitations, learner_only) in [
            (&[("12", true)][..], true),
            (&[("n2:7102", true)], true),
            (&[("n2:7102", false), ("12", true)], true),
            (&[("n2:7102", true), ("12", false)], false),
            (&[("localhost:7102", true), ("13", true)], false),
        ] {
            let mut cluster = created();
            invitations.iter().for_each(|(who, learner)| cluster.invite(who, *learner));
            let node = cluster.join(12, "n2:17102", "n2:7102");
            assert_eq!(cluster.members[&node].learner_only, learner_only, "{invitations:?}");
            assert!(!cluster.invited.contains_key("12") && !cluster.invited.contains_key("n2:7102"));
            // It is a member, and said again by either name.
            for (who, learner) in [("12", true), ("n2:7102", false)] {
                cluster.invite(who, learner);
                assert_eq!(cluster.members[&node].learner_only, learner, "{who}");
            }
        }
    }

    #[test]
    fn an_address_that_is_taken_back_invites_nobody() {
        let mut cluster = created();
        cluster.invite("n2:7102", true);
        cluster.uninvite("n2:7102");
        assert!(cluster.invited.is_empty());
        let node = cluster.join(12, "n2:17102", "n2:7102");
        assert!(!cluster.members[&node].learner_only);
    }
}
