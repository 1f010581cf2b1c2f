//! Who a node is for its peers, and what they have against it.
//!
//! Invariant: only a peer that has proven the secret can end this process, with one exception: at a process's first contact, a
//! member that does not know the secret is taken to be right, because then this node was most likely started with the wrong
//! one. Once a member has proven the same secret that is out of the question, and who does not know it is a stranger.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};

use super::secret::Secret;

/// Characters of a peer's objection that the log shows.
const SHOWN_CHARS: usize = 300;

/// Who a node is.
#[derive(Debug)]
pub struct Identity {
    /// Random id of the cluster.
    pub cluster: u128,
    /// Node id.
    pub node: u64,
    /// Drawn by this process.
    pub process: u64,
    /// The feature level that this binary knows.
    pub level: u32,
    /// Of `requirepass`.
    pub secret: Secret,
    /// Set when a peer says that this node may not go on: removed, replaced by a newer process, of another cluster.
    pub expelled: parking_lot::Mutex<Option<String>>,
    /// True once [`Self::expelled`] is set.
    pub is_expelled: AtomicBool,
    is_removed: AtomicBool,
    /// Told when it is.
    pub expelled_wake: tokio::sync::Notify,
    objections: parking_lot::Mutex<BTreeMap<u64, Objection>>,
    /// What the newest process of each member has said that its binary knows.
    levels: parking_lot::Mutex<BTreeMap<u64, u32>>,
    /// A member of the same cluster has proven the same secret to this process.
    secret_is_theirs: AtomicBool,
}

/// What stands behind an objection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grounds {
    /// Who objects has proven the secret.
    Proven,
    /// It does not know this node's secret, or says so.
    OtherSecret,
    /// It says that the two cannot talk, and has proven nothing: ends nobody.
    Word,
}

#[derive(Debug)]
struct Objection {
    why: String,
    grounds: Grounds,
}

impl Identity {
    /// An identity that nobody objects to.
    pub fn new(cluster: u128, node: u64, process: u64, level: u32, secret: Secret) -> Self {
        Self {
            cluster,
            node,
            process,
            level,
            secret,
            expelled: parking_lot::Mutex::default(),
            is_expelled: AtomicBool::new(false),
            is_removed: AtomicBool::new(false),
            expelled_wake: tokio::sync::Notify::new(),
            objections: parking_lot::Mutex::default(),
            levels: parking_lot::Mutex::default(),
            secret_is_theirs: AtomicBool::new(false),
        }
    }

    /// Members that would not talk to this node when it last called, and why: as far as that counts.
    pub fn objections(&self) -> BTreeMap<u64, String> {
        let met = self.secret_is_theirs.load(Ordering::Acquire);
        let all = self.objections.lock();
        let counts = |grounds: Grounds| match grounds {
            Grounds::Proven => true,
            Grounds::OtherSecret => !met,
            Grounds::Word => false,
        };
        all.iter().filter(|(_, it)| counts(it.grounds)).map(|(node, it)| (*node, it.why.clone())).collect()
    }

    /// A member, or who answers at its address, objects.
    pub fn object(&self, node: u64, why: &str, grounds: Grounds) {
        let objection = Objection { why: why.to_owned(), grounds };
        let before = self.objections.lock().insert(node, objection);
        if before.is_none_or(|before| before.why != why) {
            // Whoever answers there may be a stranger.
            let shown: String = why.chars().take(SHOWN_CHARS).flat_map(char::escape_debug).collect();
            tracing::warn!(node = self.node, peer = node, error = shown, "a peer does not talk to this node");
        }
    }

    /// A member that was called talks to this node.
    pub(super) fn welcomed_by(&self, node: u64) {
        self.objections.lock().remove(&node);
        self.met();
    }

    /// A member that has proven the secret says which feature level it knows.
    pub(super) fn note_level(&self, node: u64, level: u32) {
        self.levels.lock().insert(node, level);
    }

    /// The feature level that a member knows, as it has said to this process; of this node, its own.
    pub fn level_of(&self, node: u64) -> Option<u32> {
        if node == self.node { Some(self.level) } else { self.levels.lock().get(&node).copied() }
    }

    /// A member has proven the secret.
    pub(super) fn met(&self) {
        self.secret_is_theirs.store(true, Ordering::Release);
    }

    /// Notes that this node was removed, and so has to end: a member has that in its state.
    pub fn removed(&self, why: &str) {
        self.is_removed.store(true, Ordering::Release);
        self.expel(why);
    }

    /// True once it is known that this node was removed.
    pub fn is_removed(&self) -> bool {
        self.is_removed.load(Ordering::Acquire)
    }

    /// Notes why this process has to end.
    pub fn expel(&self, why: &str) {
        let mut expelled = self.expelled.lock();
        if expelled.is_none() {
            *expelled = Some(why.to_owned());
            self.is_expelled.store(true, Ordering::Release);
            self.expelled_wake.notify_one();
        }
    }
}
