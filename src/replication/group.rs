//! One Raft group of this node: its state, its origin, its reads, its place in the cluster. The parts know each other through
//! it; none holds another's lock.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::watch;

use super::gate::Gate;
use super::log::LogStore;
use super::machine::Machine;
use super::origin::{Leader, Origin};
use super::peer::Links;
use super::reads::Reads;
use super::types::{LogId, StoredMembership, TypeConfig};
use super::{CommandGroup, Level};
use crate::clock::ClusterClock;
use crate::env::Env;
use crate::store::State;

/// openraft with our types.
pub type Raft = openraft::Raft<TypeConfig, Machine>;

/// The digest is compared at multiples of this index.
const DIGEST_EVERY: u64 = 1024;

/// See the module's header.
pub struct Group {
    /// The group's id; 0 is the only one so far.
    pub id: u64,
    /// This node's id.
    pub node: u64,
    /// Seams.
    pub env: Env,
    /// The state behind its gate.
    pub gate: Gate,
    /// Cluster time.
    pub clock: Arc<ClusterClock>,
    /// The write path's beginning and end.
    pub origin: Origin,
    /// The read path.
    pub reads: Reads,
    /// The log.
    pub log: LogStore,
    /// Connections to the other members.
    pub links: Arc<Links>,
    /// `write-timeout-ms`.
    pub write_timeout_ms: AtomicU64,
    pub(super) raft: OnceLock<Raft>,
    leader: watch::Sender<Option<Leader>>,
    applied: watch::Sender<Applied>,
    /// The highest commit index that this node as leader has told anyone.
    pub(super) told_commit: AtomicU64,
    recovered: AtomicBool,
    bulk_len_max: AtomicU64,
    digests: Mutex<Vec<(u64, u64)>>,
    compared: AtomicU64,
    /// The last membership applied.
    pub(super) membership: Mutex<StoredMembership>,
}

/// How far this node has applied the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Applied {
    /// The last entry's index.
    pub index: u64,
    /// Its leader.
    pub leader: Option<Leader>,
}

impl Group {
    /// A group whose Raft is not running yet.
    pub fn new(id: u64, node: u64, env: Env, clock: Arc<ClusterClock>, log: LogStore, links: Arc<Links>) -> Arc<Self> {
        let random = env.random.clone();
        Arc::new(Self {
            id,
            node,
            env,
            gate: Gate::new(State::default()),
            clock,
            origin: Origin::new(random),
            reads: Reads::default(),
            log,
            links,
            write_timeout_ms: AtomicU64::new(5000),
            raft: OnceLock::new(),
            leader: watch::Sender::new(None),
            applied: watch::Sender::new(Applied::default()),
            told_commit: AtomicU64::new(0),
            recovered: AtomicBool::new(false),
            bulk_len_max: AtomicU64::new(64 << 20),
            digests: Mutex::default(),
            compared: AtomicU64::new(0),
            membership: Mutex::default(),
        })
    }

    /// Takes commands of a connection: reads to the reads, all else to the origin.
    pub fn submit(&self, group: CommandGroup) {
        if group.has_write() {
            self.origin.submit(group);
        } else {
            let forced = group.steps.iter().any(|step| {
                matches!(step, super::Step::Read(command)
                    if command.spec.flags.contains(crate::command::Flags::ALWAYS_LINEARIZABLE))
            });
            let level = if forced { Level::Linearizable } else { group.level };
            self.reads.submit(self, group, level);
        }
    }

    /// `write-timeout-ms`.
    pub fn timeout(&self) -> Duration {
        Duration::from_millis(self.write_timeout_ms.load(Ordering::Relaxed))
    }

    /// openraft, once it runs.
    pub fn raft(&self) -> Option<&Raft> {
        self.raft.get()
    }

    /// The leader that this node knows.
    pub fn leader(&self) -> Option<Leader> {
        *self.leader.borrow()
    }

    /// Changes of [`Self::leader`].
    pub fn watch_leader(&self) -> watch::Receiver<Option<Leader>> {
        self.leader.subscribe()
    }

    /// True if this node believes to lead.
    pub fn leads(&self) -> bool {
        self.leader().is_some_and(|leader| leader.node == self.node)
    }

    pub(super) fn set_leader(&self, leader: Option<Leader>) {
        let changed = self.leader.send_if_modified(|known| {
            let changed = *known != leader;
            *known = leader;
            changed
        });
        if changed {
            self.origin.wake.notify_one();
        }
    }

    /// How far the log is applied here.
    pub fn applied(&self) -> Applied {
        *self.applied.borrow()
    }

    /// Changes of [`Self::applied`].
    pub fn watch_applied(&self) -> watch::Receiver<Applied> {
        self.applied.subscribe()
    }

    pub(super) fn set_applied(&self, log_id: &LogId) {
        let leader = Leader { term: log_id.leader_id.term, node: log_id.leader_id.node_id };
        self.applied.send_replace(Applied { index: log_id.index, leader: Some(leader) });
    }

    /// Waits until `index` is applied.
    pub async fn wait_applied(&self, index: u64) {
        if self.applied().index >= index {
            return;
        }
        let mut applied = self.watch_applied();
        // The sender lives as long as the group.
        let _ = applied.wait_for(|applied| applied.index >= index).await;
    }

    /// True once this node has applied all that its own log held at its start.
    pub fn is_recovered(&self) -> bool {
        self.recovered.load(Ordering::Acquire)
    }

    pub(super) fn set_recovered(&self) {
        self.recovered.store(true, Ordering::Release);
    }

    /// `proto-max-bulk-len` as last applied.
    pub fn bulk_len_max(&self) -> usize {
        self.bulk_len_max.load(Ordering::Relaxed) as usize
    }

    pub(super) fn note_options(&self, options: &crate::store::Options) {
        self.bulk_len_max.store(options.bulk_len_max, Ordering::Relaxed);
    }

    /// Remembers the digest at `index` if that is one to compare.
    pub(super) fn note_digest(&self, index: u64, digest: u64) {
        if index.is_multiple_of(DIGEST_EVERY) {
            let mut digests = self.digests.lock();
            if digests.len() >= 8 {
                digests.remove(0);
            }
            digests.push((index, digest));
        }
    }

    /// The last digest that no entry of ours has carried yet; (0, 0) = none.
    pub(super) fn digest_to_send(&self) -> (u64, u64) {
        let Some((index, digest)) = self.digests.lock().last().copied() else { return (0, 0) };
        if self.compared.swap(index, Ordering::Relaxed) == index { (0, 0) } else { (index, digest) }
    }

    /// Compares a leader's digest with this node's own.
    ///
    /// # Errors
    /// The window of indices in which the two nodes went apart.
    pub(super) fn compare_digest(&self, index: u64, digest: u64) -> Result<(), String> {
        let digests = self.digests.lock();
        match digests.iter().find(|(known, _)| *known == index) {
            Some((_, own)) if *own != digest => Err(format!(
                "this node's state differs from the leader's since an entry in {}..={index} (digest {own:016x}, the \
                 leader's is {digest:016x})",
                index.saturating_sub(DIGEST_EVERY - 1)
            )),
            _ => Ok(()),
        }
    }

    /// The voters of the last applied membership.
    pub fn voters(&self) -> Vec<u64> {
        self.membership.lock().membership().voter_ids().collect()
    }
}
