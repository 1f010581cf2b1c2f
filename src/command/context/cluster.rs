//! The cluster as this node knows it.

use std::collections::BTreeMap;

use futures::future::BoxFuture;

use super::{RaftFacts, RaftRole};
use crate::error::ReplyError;
use crate::store::Member;

/// See the module's header. Without a group each answers LOADING, or nothing.
pub trait Cluster: Send + Sync {
    /// Which node of which cluster this is.
    ///
    /// # Errors
    /// LOADING
    fn identity(&self) -> Result<Identity, ReplyError>;
    /// True if clients are to be told that this node is a master.
    fn shows_master(&self) -> bool;
    /// See [`ClusterView`].
    fn view(&self) -> BoxFuture<'_, ClusterView>;
    /// See [`RaftFacts`].
    fn raft(&self) -> Option<RaftFacts>;
    /// The members, as the state has them.
    fn members(&self) -> BoxFuture<'_, BTreeMap<u64, Member>>;
    /// True if the node is a voter, as the last membership applied has it.
    fn is_voter(&self, node: u64) -> bool;
    /// True if the log says that this node id was removed.
    fn is_removed(&self, node: u64) -> bool;
    /// How all members are, by id: from the leader, as far as it answers.
    ///
    /// # Errors
    /// LOADING
    fn standings(&self) -> BoxFuture<'_, Result<Vec<MemberFacts>, ReplyError>>;
    /// Other members that are known to hold log entry `index`; of no entry (0), those that are there.
    fn holders(&self, index: u64) -> BoxFuture<'_, usize>;
    /// Hands the lead to a voter.
    ///
    /// # Errors
    /// LOADING, or why not.
    fn transfer(&self, node: u64) -> BoxFuture<'_, Result<(), ReplyError>>;
    /// Asks which node is at a client address.
    ///
    /// # Errors
    /// The network's, or what is there does not say.
    fn who_is_at<'a>(&'a self, addr: &'a str) -> BoxFuture<'a, Result<Found, String>>;
    /// Tells the node that waits at a client address to join through this one.
    ///
    /// # Errors
    /// The network's, or the node's refusal.
    fn invite<'a>(&'a self, addr: &'a str) -> BoxFuture<'a, Result<(), String>>;
    /// The nonce of this node's directory; None while it does not know it.
    fn nonce(&self) -> Option<u64>;
    /// Takes a call to join through the member at a client address; false if this node does not wait for one.
    fn called(&self, through: &str) -> bool;
    /// Remembers at which peer address a member is now.
    fn meet(&self, node: u64, addr: &str);
    /// Peer addresses that were told so, by node.
    fn met(&self) -> BTreeMap<u64, String>;
}

/// Ids of a node.
#[derive(Clone, Copy, Debug, Default)]
pub struct Identity {
    /// The cluster's.
    pub cluster: u128,
    /// The node's.
    pub node: u64,
}

/// A node that was asked who it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Of its directory: of no other node, wherever it is reached.
    pub nonce: u64,
    /// Id of its cluster, in hexadecimal digits; empty while it has none.
    pub cluster: String,
}

/// What a node knows of the cluster, in the terms of ROLE and INFO replication: leader = master.
#[derive(Clone, Debug, Default)]
pub struct ClusterView {
    /// This node is to be shown as a master.
    pub shows_master: bool,
    /// There is a leader, and this node has caught up with it once.
    pub has_leader: bool,
    /// The leader was heard lately.
    pub hears_leader: bool,
    /// Host and port of the leader, for clients: the last one known, maybe no longer heard.
    pub leader: Option<(String, String)>,
    /// The other members; asked for only if this node is shown as a master, because a follower has to ask the leader.
    pub others: Vec<OtherMember>,
    /// Number of members.
    pub members: usize,
    /// Index of the last entry that is applied here.
    pub applied: u64,
    /// The cluster's id.
    pub cluster: u128,
}

/// Another member.
#[derive(Clone, Debug)]
pub struct OtherMember {
    /// Host for clients.
    pub host: String,
    /// Port for clients.
    pub port: String,
    /// The last log index known to be on it.
    pub matched: u64,
    /// Entries behind the leader.
    pub lag: u64,
    /// Heard lately.
    pub alive: bool,
}

/// What RAFT.NODES shows of a member.
#[derive(Clone, Debug)]
pub struct MemberFacts {
    /// Its id.
    pub node: u64,
    /// Its address for clients.
    pub addr: String,
    /// What it is in the group.
    pub role: RaftRole,
    /// It votes.
    pub is_voter: bool,
    /// The last log index known to be on it.
    pub matched: u64,
    /// Entries behind the leader.
    pub lag: u64,
    /// Heard lately.
    pub alive: bool,
    /// The feature level that its binary knows, as the leader was told; 0 = it was not.
    pub level: u32,
    /// Why it has no vote yet.
    pub waits: Option<String>,
}
