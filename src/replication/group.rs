//! One Raft group of this node: its state, its origin, its reads, its place in the cluster. The parts know each other through
//! it; none holds another's lock.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::{Notify, watch};

use super::log::LogStore;
use super::machine::Machine;
use super::origin::{Leader, Origin};
use super::peer::Links;
use super::reads::Reads;
use super::snapshot::SnapshotStats;
use super::stats::KeyStats;
use super::types::{LogId, StoredMembership, TypeConfig};
use crate::config::ReadLevel;
use crate::executor::{CommandGroup, Gate};
use crate::snapshot::SnapshotDir;
use crate::store::State;
use crate::sys::clock::ClusterClock;
use crate::sys::env::Env;

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
    recovered_wake: Notify,
    bulk_len_max: AtomicU64,
    digests: Mutex<Vec<(u64, u64)>>,
    diverged: OnceLock<String>,
    compared: AtomicU64,
    /// The last membership applied.
    pub(super) membership: Mutex<StoredMembership>,
    /// Snapshot files.
    pub snapshots: SnapshotDir,
    /// What INFO shows of them.
    pub snapshot_stats: SnapshotStats,
    /// What INFO shows of keys.
    pub key_stats: KeyStats,
    /// `log-keep`, bytes.
    pub log_keep: AtomicU64,
    /// Room on disk.
    pub(super) disk: super::room::Disk,
    cluster_version: AtomicU64,
    removed: Mutex<BTreeSet<u64>>,
}

/// What a group is made of.
pub struct Parts {
    /// The group's id.
    pub id: u64,
    /// This node's id.
    pub node: u64,
    /// Seams.
    pub env: Env,
    /// Cluster time.
    pub clock: Arc<ClusterClock>,
    /// The log.
    pub log: LogStore,
    /// Snapshot files.
    pub snapshots: SnapshotDir,
    /// Connections to the other members.
    pub links: Arc<Links>,
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
    pub fn new(parts: Parts) -> Arc<Self> {
        let Parts { id, node, env, clock, log, snapshots, links } = parts;
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
            recovered_wake: Notify::new(),
            bulk_len_max: AtomicU64::new(64 << 20),
            digests: Mutex::default(),
            diverged: OnceLock::new(),
            compared: AtomicU64::new(0),
            membership: Mutex::default(),
            snapshots,
            snapshot_stats: SnapshotStats::default(),
            key_stats: KeyStats::default(),
            log_keep: AtomicU64::new(256 << 20),
            disk: super::room::Disk::default(),
            cluster_version: AtomicU64::new(0),
            removed: Mutex::default(),
        })
    }

    /// Takes commands of a connection: reads to the reads, all else to the origin.
    pub fn submit(self: &Arc<Self>, group: CommandGroup) {
        if group.has_write() {
            self.origin.submit(group);
        } else {
            let forced = group.steps.iter().any(|step| {
                matches!(step, crate::executor::Step::Read(command)
                    if command.spec.flags.contains(crate::command::Flags::ALWAYS_LINEARIZABLE))
            });
            let level = if forced { ReadLevel::Linearizable } else { group.level };
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

    /// Sets openraft, once.
    pub fn set_raft(&self, raft: Raft) {
        // A second one is a mistake of the caller's; the first stays.
        let _ = self.raft.set(raft);
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
            self.check_recovered();
            self.origin.wake.notify_one();
        }
    }

    /// An entry of the present leader is applied: so is all that was committed before, and all of this node's own log.
    fn check_recovered(&self) {
        if !self.is_recovered() && self.leader().is_some() && self.leader() == self.applied().leader {
            self.recovered.store(true, Ordering::Release);
            self.recovered_wake.notify_waiters();
        }
    }

    /// Returns when [`Self::is_recovered`].
    pub async fn recovery(&self) {
        loop {
            let wake = self.recovered_wake.notified();
            if self.is_recovered() {
                return;
            }
            wake.await;
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
        self.check_recovered();
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

    /// `proto-max-bulk-len` as last applied.
    pub fn bulk_len_max(&self) -> usize {
        self.bulk_len_max.load(Ordering::Relaxed) as usize
    }

    pub(super) fn note_options(&self, options: &crate::store::Options) {
        self.bulk_len_max.store(options.bulk_len_max, Ordering::Relaxed);
    }

    /// Takes over what the state says of members: addresses, and who was removed.
    pub(super) fn note_cluster(&self, cluster: &crate::store::Cluster) {
        if self.cluster_version.swap(cluster.version, Ordering::Relaxed) == cluster.version {
            return;
        }
        for (node, member) in &cluster.members {
            self.links.state_says(*node, &member.peer_addr);
        }
        let mut removed = self.removed.lock();
        *removed = (1..=cluster.last_node).filter(|node| !cluster.members.contains_key(node)).collect();
        for node in removed.iter() {
            self.links.forget(*node);
        }
        if removed.contains(&self.node) {
            self.links.identity().expel(
                "this node was removed from the cluster: start it with an empty data directory and --join to join again",
            );
        }
    }

    /// True if the log says that this node id was removed.
    pub fn is_removed(&self, node: u64) -> bool {
        self.removed.lock().contains(&node)
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
            Some((_, own)) if *own != digest => {
                let why = format!(
                    "this node's state differs from the leader's since an entry in {}..={index} (digest {own:016x}, the \
                     leader's is {digest:016x})",
                    index.saturating_sub(DIGEST_EVERY - 1)
                );
                Err(self.diverged.get_or_init(|| why).clone())
            }
            _ => Ok(()),
        }
    }

    /// How this node's state was found to differ from the leader's.
    pub fn diverged(&self) -> Option<&str> {
        self.diverged.get().map(String::as_str)
    }

    /// The voters of the last applied membership. While a joint change is under way these are the voters before it: the loss
    /// of one of them can still stop the group, and those that come do not make up for it yet.
    pub fn voters(&self) -> BTreeSet<u64> {
        self.membership.lock().membership().get_joint_config().first().cloned().unwrap_or_default()
    }

    /// The sets of voters of the last applied membership: two while a joint change is under way.
    pub fn voter_sets(&self) -> Vec<Vec<u64>> {
        let membership = self.membership.lock();
        membership.membership().get_joint_config().iter().map(|set| set.iter().copied().collect()).collect()
    }
}
