//! A node: put together ([`start`]), run, taken down.

mod chores;
mod differences;
mod files;
pub mod join;
mod ports;
mod rebuild;
mod recreate;
mod start;

use std::sync::Arc;
use std::time::Duration;

pub use files::{DiskFiles, Files, MemoryFiles};
pub use join::NodeIdentity;
pub use ports::Ports;

use crate::config::Loaded;
use crate::error::Fatal;
use crate::executor::StoreExecutor;
use crate::replication::log::{LogIo, LogOptions};
use crate::replication::{self, Group};
use crate::server::Server;
use crate::snapshot::SnapshotStore;
use crate::store::FIRST_REVISION_EPOCH_S;
use crate::sys::env::Env;
use crate::sys::task::AbortOnDrop;

/// What a node keeps: seams, so that the simulation can put memory there.
pub struct Storage {
    /// Small files: identity, clock.
    pub files: Arc<dyn Files>,
    /// The log.
    pub log: Arc<dyn LogIo>,
    /// Snapshots.
    pub snapshots: Arc<dyn SnapshotStore>,
}

/// How a node starts, besides its settings.
#[derive(Clone, Debug, Default)]
pub struct StartOptions {
    /// `--skip-entry`: this entry is applied as empty.
    pub skip_entry: Option<u64>,
    /// `--rebuild`: the state is taken from another member first.
    pub rebuild: bool,
    /// Bounds of the log in memory.
    pub log: LogOptions,
    /// Replicated options that flags gave, for a new cluster.
    pub replicated: Vec<(String, u64)>,
}

impl StartOptions {
    /// What flags, environment and file say.
    pub fn of(loaded: &Loaded) -> Self {
        let Loaded { settings, replicated } = loaded;
        Self {
            skip_entry: settings.skip_entry,
            rebuild: settings.rebuild,
            log: LogOptions { log_tail_bytes: settings.log_tail_bytes, ..LogOptions::default() },
            replicated: replicated.clone(),
        }
    }
}

/// How long clients may take to be answered and go, when the node ends.
const DISMISSAL: Duration = Duration::from_secs(1);

/// A running node.
pub struct Node {
    /// Its front end.
    pub server: Arc<Server>,
    /// Its group.
    pub group: Arc<Group>,
    /// The state of its group.
    pub executor: Arc<StoreExecutor>,
    /// Port for clients.
    pub port: u16,
    files: Arc<dyn Files>,
    tasks: Vec<AbortOnDrop<()>>,
}

impl Node {
    /// Returns when Raft has stopped by itself, or a peer said that this process has to end: with the reason. In the latter case clients have
    /// their answers by then, RAFT.REMOVE of this node among them, and are gone.
    pub async fn failed(&self) -> Fatal {
        let identity = self.group.links.identity();
        let expelled = async {
            loop {
                if let Some(why) = identity.expelled.lock().clone() {
                    return why;
                }
                identity.expelled_wake.notified().await;
            }
        };
        tokio::select! {
            biased;
            why = expelled => {
                self.dismiss_clients().await;
                Fatal(why)
            }
            why = self.group.stopped() => match self.group.diverged() {
                Some(why) => rebuild::diverged(&*self.files, why),
                None => Fatal(why),
            },
        }
    }

    /// Graceful stop: answers what is in flight, hands the lead over, ends the own boot, closes.
    pub async fn stop(self) {
        let timeout = self.group.timeout();
        self.group.origin.stop();
        let drained = async {
            while !self.group.origin.is_idle() {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        };
        // What is not answered by then has an unknown outcome, and is told so by its own deadline.
        let _ = tokio::time::timeout(timeout, drained).await;
        if let Some(boot) = self.group.origin.boot() {
            replication::end_boot(&self.group, boot).await;
        }
        if self.group.leads()
            && self.group.voters().len() > 1
            && let Err(why) = replication::hand_over(&self.group).await
        {
            tracing::info!(node = self.group.node, error = why, "the lead was not handed over");
        }
        if let Some(text) = self.group.clock.to_disk() {
            // Without it the next start takes the time from the leader.
            let _ = self.files.write("clock", &text);
        }
        self.dismiss_clients().await;
        drop(self.tasks);
        self.group.shutdown().await;
    }

    /// Tells clients what has become of what they wait for, as far as that is known, and sends them away.
    async fn dismiss_clients(&self) {
        self.group.origin.stop();
        self.group.origin.expire(Duration::ZERO);
        self.server.clients.dismiss(DISMISSAL).await;
    }
}

/// Where the revisions of a cluster start that begins now (design 3).
fn first_revision(env: &Env) -> u64 {
    (env.clocks.wall_ms() / 1000).saturating_sub(FIRST_REVISION_EPOCH_S) << 16
}

#[cfg(test)]
mod tests;
