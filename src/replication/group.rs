//! One Raft group of this node: its log, its origin, its reads, its place in the cluster, and the state machine that it feeds. The parts
//! know each other through it; none holds another's lock.

mod contact;
mod digests;
mod disk_space;
mod ended;
mod front;
mod members;
mod progress;
mod raft_standing;
mod reads;
mod snapshot;
mod state_machine;
mod timekeeping;
mod waits;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use tokio::sync::{oneshot, watch};

pub use front::Front;
pub use progress::LastApplied;
pub use raft_standing::RaftStanding;
pub use reads::drive_reads;
pub use snapshot::{Snapshot, SnapshotData, SnapshotStats, Snapshots, drive_snapshots, put_state, raft_meta, take};
pub use state_machine::StateMachine;

use self::contact::Contact;
use self::digests::Digests;
use self::disk_space::Disks;
use self::ended::Ended;
use self::front::FrontSlot;
use self::members::MemberView;
use self::progress::Progress;
use self::reads::Reads;
use self::waits::Waits;
use super::log::LogStore;
use super::origin::{Leader, Origin};
use super::peer::PeerConnections;
use super::types::{LogId, StoredMembership, TypeConfig};
use crate::config::ReadLevel;
use crate::executor::{CommandGroup, Consensus, DiskSpace, Executor, Moved};
use crate::snapshot::SnapshotDir;
use crate::sys::clock::ClusterClock;
use crate::sys::env::Env;

/// openraft with our types.
pub type Raft = openraft::Raft<TypeConfig, StateMachine>;

/// See the module's header.
pub struct Group {
    /// The group's id; 0 is the only one so far.
    pub id: u64,
    /// This node's id.
    pub node: u64,
    /// Seams.
    pub env: Env,
    /// Cluster time.
    pub clock: Arc<ClusterClock>,
    /// The log.
    pub log: LogStore,
    /// Connections to the other members.
    pub links: Arc<PeerConnections>,
    /// Snapshots, and how much log stays behind them.
    pub snapshots: Snapshots,
    /// The write path's beginning and end.
    pub origin: Origin,
    /// The state machine.
    pub(super) executor: Arc<dyn Executor>,
    pub(super) reads: Reads,
    pub(super) raft: OnceLock<Raft>,
    pub(super) progress: Progress,
    pub(super) digests: Digests,
    pub(super) members: MemberView,
    pub(super) contact: Contact,
    pub(super) disks: Disks,
    pub(super) waits: Waits,
    pub(super) front: FrontSlot,
    ended: Ended,
    write_timeout_ms: AtomicU64,
    node_timeout_ms: AtomicU64,
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
    /// The state machine.
    pub executor: Arc<dyn Executor>,
    /// The log.
    pub log: LogStore,
    /// Snapshot files.
    pub snapshots: SnapshotDir,
    /// Connections to the other members.
    pub links: Arc<PeerConnections>,
}

impl Group {
    /// A group whose Raft is not running yet.
    pub fn new(parts: Parts) -> Arc<Self> {
        let Parts { id, node, env, clock, executor, log, snapshots, links } = parts;
        let random = env.random.clone();
        Arc::new(Self {
            id,
            node,
            env,
            clock,
            log,
            links,
            snapshots: Snapshots::new(snapshots),
            origin: Origin::new(random),
            executor,
            reads: Reads::default(),
            raft: OnceLock::new(),
            progress: Progress::default(),
            digests: Digests::default(),
            members: MemberView::default(),
            contact: Contact::default(),
            disks: Disks::default(),
            waits: Waits::default(),
            front: FrontSlot::default(),
            ended: Ended::default(),
            write_timeout_ms: AtomicU64::new(5000),
            node_timeout_ms: AtomicU64::new(10_000),
        })
    }

    /// Takes commands of a connection: reads to the reads, all else to the origin.
    pub fn submit(self: &Arc<Self>, mut group: CommandGroup) {
        if group.has_write() {
            self.origin.submit(group);
        } else {
            group.level = group.read_level();
            match group.level {
                ReadLevel::Linearizable => self.reads.submit(group, self.timeout()),
                ReadLevel::Local => {
                    let deadline = group.arrived + self.timeout();
                    self.executor.clone().read_local(group, deadline, self.clone());
                }
            }
        }
    }

    /// `write-timeout-ms`.
    pub fn timeout(&self) -> Duration {
        Duration::from_millis(self.write_timeout_ms.load(Ordering::Relaxed))
    }

    /// Sets it.
    pub fn set_timeout_ms(&self, ms: u64) {
        self.write_timeout_ms.store(ms, Ordering::Relaxed);
    }

    /// `node-timeout-ms`.
    pub fn node_timeout(&self) -> Duration {
        Duration::from_millis(self.node_timeout_ms.load(Ordering::Relaxed))
    }

    /// Sets it.
    pub fn set_node_timeout_ms(&self, ms: u64) {
        self.node_timeout_ms.store(ms, Ordering::Relaxed);
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

    /// Whom Raft takes for the leader, here: what is to be written and read goes there. Whether it is to be called one is
    /// [`Self::heard_leader`]'s to say.
    pub fn leader(&self) -> Option<Leader> {
        self.progress.leader()
    }

    /// Changes of [`Self::leader`].
    pub fn watch_leader(&self) -> watch::Receiver<Option<Leader>> {
        self.progress.watch_leader()
    }

    pub(super) fn set_leader(&self, leader: Option<Leader>) {
        if self.progress.set_leader(leader) {
            self.origin.wake.notify_one();
        }
    }

    /// Returns when [`Self::is_recovered`].
    pub async fn recovery(&self) {
        self.progress.recovery().await;
        self.creation().await;
    }

    /// True once this node has applied all that its own log held at its start, and there is a cluster.
    pub fn is_recovered(&self) -> bool {
        self.is_created() && self.progress.is_recovered()
    }

    /// How far the log is applied here.
    pub fn applied(&self) -> LastApplied {
        self.progress.applied()
    }

    /// Changes of [`Self::applied`].
    pub fn watch_applied(&self) -> watch::Receiver<LastApplied> {
        self.progress.watch_applied()
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

    /// The state is that behind `log_id` (None: behind no entry): everybody who follows it is told, whether an entry or a snapshot moved
    /// it. `moved` is what the executor says of it, None for an entry that is none of its own.
    pub(super) fn state_moved(
        &self,
        log_id: Option<&LogId>,
        moved: Option<Moved>,
        membership: Option<StoredMembership>,
    ) {
        if let Some(membership) = membership {
            *self.members.membership.lock() = membership;
        }
        if let Some(Moved { digest, members, first_wait_ms }) = moved {
            self.waits.note(first_wait_ms);
            if let Some(members) = members {
                self.note_members(members);
            }
            if let Some(log_id) = log_id {
                self.digests.note(log_id.index, digest);
            }
        }
        if let Some(log_id) = log_id {
            self.progress.set_applied(log_id);
        }
    }

    /// How this node's state was found to differ from the leader's.
    pub fn diverged(&self) -> Option<&str> {
        self.digests.diverged()
    }
}

impl Consensus for Group {
    fn show_pending(&self, boot: u64, seq: u64, look: &mut dyn FnMut(&[CommandGroup])) {
        self.origin.show(boot, seq, look);
    }

    fn take_pending(&self, boot: u64, seq: u64) -> Option<Vec<CommandGroup>> {
        self.origin.take(boot, seq)
    }

    fn tick(&self) -> oneshot::Receiver<()> {
        self.origin.tick()
    }

    fn submit(&self, group: CommandGroup) {
        self.origin.submit(group);
    }

    fn disk_space(&self) -> DiskSpace {
        Self::disk_space(self)
    }
}
