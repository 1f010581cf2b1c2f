//! The peer protocol, version [`handshake::VERSION`]: length-prefixed frames over TCP, each with its Raft group, on one connection
//! for each pair of nodes and purpose.
//!
//! - [`frame`]: frames. [`message`]: what is in them. [`handshake`], [`secret`], [`identity`]: who is there, and may they talk. [`door`]: who
//!   has not proven it yet.
//! - [`link`]: a connection for questions and answers (votes, heartbeats, ReadIndex; another one for what front ends ask each other), opened
//!   again when it breaks.
//! - [`snapshots`], [`state`]: snapshots, sent by a leader and asked for by a node that takes its state anew.
//! - [`append`], [`network`]: openraft's network. [`mod@forward`]: batches on their way to the leader. [`mod@serve`]: the other
//!   side of all of them.

pub mod append;
mod door;
pub mod forward;
pub mod frame;
pub mod handshake;
pub mod identity;
mod link;
pub mod message;
pub mod network;
pub mod secret;
pub mod serve;
pub mod snapshots;
pub mod state;

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use parking_lot::Mutex;
use tokio::sync::mpsc;

pub use forward::forward;
pub use handshake::Purpose;
pub use identity::Identity;
pub use network::Network;
pub use secret::Secret;
pub use serve::serve;
pub use state::fetch as fetch_state;

use super::origin::Leader;
use crate::sys::env::Env;
use link::Link;
use message::{PeerAnswer, Question};

/// What a member has confirmed to this node as leader.
#[derive(Clone, Copy, Default)]
struct Confirmed {
    term: u64,
    /// The highest index.
    index: u64,
    /// It said later that it lacks some of it.
    went_back: bool,
}

/// A batch on its way to a leader on another node.
struct ForwardedBatch {
    leader: Leader,
    stream: u64,
    seq: u64,
    unsealed: Bytes,
}

/// Connections of this node to the other members, and where they are.
pub struct PeerConnections {
    env: Env,
    identity: Identity,
    addrs: Mutex<BTreeMap<u64, String>>,
    /// Where the state says that they are.
    stated: Mutex<BTreeMap<u64, String>>,
    /// Where members, and this node, said that they are, besides what the state says.
    met: Mutex<BTreeMap<u64, String>>,
    links: Mutex<BTreeMap<(u64, Purpose), Arc<Link>>>,
    forwards: Mutex<BTreeMap<u64, mpsc::Sender<ForwardedBatch>>>,
    heard: Mutex<BTreeMap<u64, tokio::time::Instant>>,
    confirmed: Mutex<BTreeMap<u64, Confirmed>>,
    waiting: Mutex<BTreeMap<u64, tokio::time::Instant>>,
}

impl PeerConnections {
    /// No connections yet.
    pub fn new(env: Env, identity: Identity) -> Arc<Self> {
        Arc::new(Self {
            env,
            identity,
            addrs: Mutex::default(),
            stated: Mutex::default(),
            met: Mutex::default(),
            links: Mutex::default(),
            forwards: Mutex::default(),
            heard: Mutex::default(),
            confirmed: Mutex::default(),
            waiting: Mutex::default(),
        })
    }

    /// Who this node is.
    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    /// Learns where a member is; connections to an earlier address are given up.
    pub fn set_addr(&self, node: u64, addr: &str) {
        let changed = {
            let mut addrs = self.addrs.lock();
            addrs.insert(node, addr.to_owned()).is_some_and(|before| before != addr)
        };
        if changed {
            self.links.lock().retain(|(to, _), _| *to != node);
            self.forwards.lock().remove(&node);
        }
    }

    /// The state says where a member is. Only news of it count: what was learned from the member itself meanwhile is newer.
    pub fn state_says(&self, node: u64, addr: &str) {
        let before = self.stated.lock().insert(node, addr.to_owned());
        if before.is_none_or(|before| before != addr) {
            self.set_addr(node, addr);
        }
    }

    /// A node says where it is (RAFT.MEET).
    pub fn meet(&self, node: u64, addr: &str) {
        self.met.lock().insert(node, addr.to_owned());
        self.set_addr(node, addr);
    }

    /// All that said so, to pass it on.
    pub fn met(&self) -> BTreeMap<u64, String> {
        self.met.lock().clone()
    }

    /// A member is gone for good.
    pub fn forget(&self, node: u64) {
        self.addrs.lock().remove(&node);
        self.stated.lock().remove(&node);
        self.met.lock().remove(&node);
        self.links.lock().retain(|(to, _), _| *to != node);
        self.forwards.lock().remove(&node);
    }

    /// Where a member is.
    pub fn addr(&self, node: u64) -> Option<String> {
        self.addrs.lock().get(&node).cloned()
    }

    /// The other members whose address is known.
    pub fn known(&self) -> Vec<u64> {
        self.addrs.lock().keys().copied().filter(|node| *node != self.identity.node).collect()
    }

    /// Notes that a member was heard just now.
    pub fn heard(&self, node: u64) {
        self.heard.lock().insert(node, tokio::time::Instant::now());
    }

    /// A member has confirmed, to this node as leader of `term`, that its log holds everything up to `index`.
    fn confirmed(&self, node: u64, term: u64, index: u64) {
        let mut all = self.confirmed.lock();
        let known = all.entry(node).or_default();
        if known.term != term {
            (known.term, known.index) = (term, 0);
        }
        known.index = known.index.max(index);
    }

    /// False if a member says that it lacks `index`, and has confirmed it before to the same leader: its log went back, and it may not
    /// take part from then on.
    fn may_lack(&self, node: u64, term: u64, index: u64) -> bool {
        let mut all = self.confirmed.lock();
        let known = all.entry(node).or_default();
        if known.term == term && index <= known.index && !known.went_back {
            known.went_back = true;
            tracing::warn!(
                node = self.identity.node,
                peer = node,
                term,
                index,
                "a peer lacks a log entry that it had confirmed: its disk has lost it, or its data directory is an old copy. It is \
                 kept out; remove it (RAFT.REMOVE {node}) and let it join with an empty directory"
            );
        }
        !known.went_back
    }

    /// True if a member's log has gone back.
    pub fn went_back(&self, node: u64) -> bool {
        self.confirmed.lock().get(&node).is_some_and(|known| known.went_back)
    }

    /// How long ago a member was heard.
    pub fn silence(&self, node: u64) -> Option<std::time::Duration> {
        self.heard.lock().get(&node).map(tokio::time::Instant::elapsed)
    }

    /// Gives up the connection for batches to a member: the next batch opens another.
    pub fn forget_forward(&self, node: u64) {
        self.forwards.lock().remove(&node);
    }

    /// Notes that a member waits for a commit: it has forwarded a batch or asked for a read index.
    pub fn waits(&self, node: u64) {
        self.waiting.lock().insert(node, tokio::time::Instant::now());
    }

    /// True if a member has noted so lately.
    pub fn is_waiting(&self, node: u64) -> bool {
        self.waiting.lock().get(&node).is_some_and(|since| since.elapsed() < WAITING_FOR)
    }

    fn link(self: &Arc<Self>, node: u64, purpose: Purpose) -> Arc<Link> {
        self.links.lock().entry((node, purpose)).or_insert_with(|| Link::new(self.clone(), node, purpose)).clone()
    }

    /// Asks a member and waits for its answer; None if there is none within `timeout`.
    pub async fn ask(
        self: &Arc<Self>,
        node: u64,
        group: u64,
        question: &Question,
        timeout: std::time::Duration,
    ) -> Option<PeerAnswer> {
        if self.went_back(node) {
            return None;
        }
        let purpose = match question {
            Question::Front(_) => Purpose::Front,
            _ => Purpose::Control,
        };
        let answer = tokio::time::timeout(timeout, self.link(node, purpose).ask(group, question)).await.ok()??;
        self.heard(node);
        Some(answer)
    }
}

/// A member that has asked something within this time is told of commits at once.
const WAITING_FOR: std::time::Duration = std::time::Duration::from_millis(50);
