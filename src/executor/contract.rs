//! What consensus and the executor know of each other.
//!
//! [`Executor`] is all that `replication/` sees of the state machine: bytes go in, notifications come out. [`Consensus`] is the
//! way back, passed with each call, so that neither owns the other.

use std::collections::BTreeMap;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::oneshot;
use tokio::time::Instant;

use super::apply::EntryOutcome;
use super::entry::Content;
use super::eviction::Eviction;
use super::read::Read;
use super::{CommandGroup, DiskSpace, Hub};
use crate::store::{Accesses, Cluster, State};

/// A future of a trait's method.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// The state machine that consensus feeds with committed entries, and that reads look at.
pub trait Executor: Send + Sync {
    /// Applies the committed entry at `index`; entries come in the log's order, each once.
    ///
    /// # Errors
    /// The entry cannot be decoded, or leads to a feature level that this binary does not know: nothing was changed, and the node has to
    /// stop.
    fn apply(&self, index: u64, entry: Bytes, consensus: Arc<dyn Consensus>) -> BoxFuture<'_, io::Result<Applied>>;

    /// The state as it is now, to be written while later entries are applied.
    fn image(&self) -> BoxFuture<'_, State>;

    /// Installs a state in place of the present one. `boot` is the present boot of this node's origin.
    fn install(&self, state: State, boot: Option<u64>) -> BoxFuture<'_, Installed>;

    /// Answers reads whose read index, `index`, is applied.
    fn read(self: Arc<Self>, reads: Vec<Read>, index: u64, consensus: Arc<dyn Consensus>) -> BoxFuture<'static, ()>;

    /// Answers a group of reads from the state as it is, whatever index that is of.
    fn read_local(self: Arc<Self>, group: CommandGroup, deadline: Instant, consensus: Arc<dyn Consensus>);

    /// What the state has of the cluster: its members, its feature level; None before its Create is applied.
    fn cluster(&self) -> BoxFuture<'_, Option<Cluster>>;

    /// True while the state has this boot.
    fn has_boot(&self, boot: u64) -> BoxFuture<'_, bool>;

    /// All boots with their nodes.
    fn boots(&self) -> BoxFuture<'_, Vec<(u64, u64)>>;

    /// Answers clients of this node whose wait should have ended before this cluster time, ms, if no entry has come that says how.
    fn expire_waits(&self, before_ms: u64);

    /// The log has ended the boot under which this node's clients hold what the state has of them: they hold it again under the next one.
    fn boot_lost(&self);

    /// This process has got a boot.
    fn booted(&self, boot: u64);

    /// What is due next; None while an entry is being applied.
    fn due(&self) -> Option<Due>;

    /// Memory, and keys that give way.
    fn eviction(&self) -> &Eviction;

    /// What this node as leader proposes next at this cluster time, ms, so that memory stays within its bound; None: nothing for now.
    fn next_eviction(&self, now_ms: u64) -> BoxFuture<'_, Option<Content>>;

    /// What this node counts of accesses to keys.
    fn accesses(&self) -> Accesses;

    /// Notes what another node's clients have read.
    fn note_reads(&self, weight: u32, keys: Vec<u64>) -> BoxFuture<'_, ()>;

    /// True if a sealed entry may be appended to a log whose disk has so much space left.
    fn admits(&self, space: DiskSpace, entry: &Bytes) -> bool;
}

/// What the executor asks of consensus.
pub trait Consensus: Send + Sync {
    /// Shows the groups of this process's batch `seq` of `boot`, which is about to be applied, if it is the next one.
    fn show_pending(&self, boot: u64, seq: u64, look: &mut dyn FnMut(&[CommandGroup]));

    /// Gives them to be answered: the batch counts as resolved.
    fn take_pending(&self, boot: u64, seq: u64) -> Option<Vec<CommandGroup>>;

    /// Resolves when a batch of this node, maybe an empty one, has been applied: its stamp has moved cluster time.
    fn tick(&self) -> oneshot::Receiver<()>;

    /// Takes a group with a write to the log.
    fn submit(&self, group: CommandGroup);

    /// How much space the leader's disk has, as far as this node knows.
    fn disk_space(&self) -> DiskSpace;
}

/// The result of applying an entry.
pub struct Applied {
    /// What consensus is notified of.
    pub moved: Moved,
    /// (log index, digest) of the leader's state that came with the entry: to be compared with this node's own.
    pub leader_digest: Option<(u64, u64)>,
    /// A boot that this entry made: (node, nonce, boot).
    pub booted: Option<(u64, u64, u64)>,
    /// A boot that this entry ended.
    pub ended: Option<u64>,
    /// Who of this node's connections is subscribed to what.
    pub(super) hub: Arc<Hub>,
    /// What is being freed counts there.
    pub(super) eviction: Arc<Eviction>,
    /// Replies and effects, for [`Applied::deliver`].
    pub(super) outcome: EntryOutcome,
}

/// The result of installing a state.
pub struct Installed {
    /// What consensus is notified of.
    pub moved: Moved,
    /// The last batch of the origin's boot that it covers; None if it has no such boot.
    pub last_seq: Option<u64>,
}

/// What consensus is notified of after each change of the state. (Options and cluster time stay in the executor.)
#[derive(Debug, Default)]
pub struct Moved {
    /// The state's digest.
    pub digest: u64,
    /// The members, if they have changed since the last notification.
    pub members: Option<Members>,
    /// The earliest deadline of a wait, cluster time in ms.
    pub first_wait_ms: Option<u64>,
}

/// Who belongs to the cluster.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Members {
    /// Peer addresses by node id.
    pub addrs: BTreeMap<u64, String>,
    /// The last id that was given: those below that have no address were removed.
    pub last_node: u64,
    /// The feature level of what they share.
    pub level: u32,
}

/// What is due next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Due {
    /// The earliest deadline of any key, ms.
    pub first_ms: Option<u64>,
    /// Cluster time of the last entry, ms.
    pub now_ms: u64,
}
