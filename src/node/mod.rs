//! A node: put together, run, taken down.
//!
//! Order of a start: identity (from the directory, from a member that is asked, or a new cluster), log, snapshot, Raft, peers,
//! clients. Clients are answered with LOADING until the node has applied its own log.
//!
//! Invariant: Raft starts on a log that goes on from the newest snapshot, wherever the last process ended.

mod chores;
mod differences;
mod files;
pub mod join;
mod ports;
mod rebuild;
mod recreate;

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use openraft::SnapshotPolicy;
use openraft::async_runtime::watch::WatchReceiver;

pub use files::{DiskFiles, Files, MemoryFiles};
pub use join::NodeIdentity;
pub use ports::Ports;

use crate::config::Settings;
use crate::error::Fatal;
use crate::executor::StoreExecutor;
use crate::executor::entry::Content;
use crate::replication::log::{LogIo, LogOptions, LogStore};
use crate::replication::peer::{Identity, Links, Network};
use crate::replication::types::Peer;
use crate::replication::{self, Group, Parts, Raft, StateMachine};
use crate::server::{self, Routed, Router, Server};
use crate::snapshot::{SnapshotDir, SnapshotStore};
use crate::store::FIRST_REVISION_EPOCH_S;
use crate::sys::clock::ClusterClock;
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
    raft: Raft,
    files: Arc<dyn Files>,
    tasks: Vec<AbortOnDrop<()>>,
}

impl Node {
    /// Starts a node; returns when it runs, which is before it has a leader.
    ///
    /// # Errors
    /// What is wrong, and what to do.
    pub async fn start(
        env: Env,
        settings: Settings,
        options: StartOptions,
        storage: impl FnOnce() -> Result<Storage, Fatal>,
        ports: Ports,
    ) -> Result<Self, Fatal> {
        let Ports { clients, peers } = ports;
        let host = ports::advertised_host(&settings)?;
        let client_addr = format!("{host}:{}", clients.port());
        let peer_addr = format!("{host}:{}", peers.port());
        let storage = storage()?;
        rebuild::refuse_a_diverged_state(&*storage.files, options.rebuild)?;
        let log = LogStore::open(storage.log.clone(), 0, options.log.clone()).await?;
        let fatal = |error: crate::snapshot::SnapshotError| Fatal(error.to_string());
        let snapshots = SnapshotDir::open(storage.snapshots.clone(), 0).map_err(fatal)?;
        let holds = join::identity::Holds { log: log.has_begun(), snapshot: snapshots.latest().is_some() };
        let addrs = (peer_addr.as_str(), client_addr.as_str());
        let mut identity = join::identity::establish(&env, &*storage.files, holds, &settings, &*clients, addrs).await?;
        join::identity::begin_log(&*storage.files, &log, &mut identity).await?;
        if let Some(lost) = &settings.force_new_cluster {
            if options.rebuild {
                return Err(Fatal(
                    "--force-new-cluster goes on with what this node has, --rebuild with what another has: give one of them"
                        .into(),
                ));
            }
            let holds = log.last_log_id().is_some() || holds.snapshot;
            recreate::begin(&env, &*storage.files, &mut identity, lost, holds, &peer_addr)?;
        }

        let clock = Arc::new(ClusterClock::new(env.clocks.clone()));
        if let Some(text) = storage.files.read("clock")?
            && !clock.restore(&text)
        {
            tracing::info!(
                node = identity.node,
                "the stored clock is of an earlier boot of this machine and does not count"
            );
        }

        let process = env.random();
        let peer_identity =
            Identity::new(identity.cluster, identity.node, process, crate::FEATURE_LEVEL, settings.requirepass.clone());
        let links = Links::new(env.clone(), peer_identity);
        for (node, addr) in &identity.peers {
            if *node != identity.node {
                links.set_addr(*node, addr);
            }
        }
        let executor = StoreExecutor::new(env.clone(), clock.clone());
        let group = Group::new(Parts {
            id: 0,
            node: identity.node,
            env: env.clone(),
            clock: clock.clone(),
            executor: executor.clone(),
            log: log.clone(),
            snapshots: snapshots.clone(),
            links: links.clone(),
        });
        group.set_timeout_ms(settings.write_timeout_ms);
        group.snapshots.log_keep.store(settings.log_keep, Ordering::Relaxed);

        if options.rebuild {
            rebuild::state_from_a_member(&group, &*storage.files).await?;
        }
        let loaded = {
            let snapshots = snapshots.clone();
            env.heavy(move || snapshots.load_latest()).await.map_err(fatal)?
        };
        let mut applied = None;
        if let Some((meta, state)) = loaded {
            if state.cluster.level > crate::FEATURE_LEVEL {
                return Err(Fatal(format!(
                    "the data is of feature level {}, this binary knows {}: start a newer one",
                    state.cluster.level,
                    crate::FEATURE_LEVEL
                )));
            }
            let raft_meta = replication::snapshot::raft_meta(&meta)?;
            applied = raft_meta.last_log_id;
            replication::snapshot::put_state(&group, raft_meta.last_membership, applied, state).await;
        }
        if let Some(covers) = applied {
            log.clone().follow(covers).await?;
        }

        if log.first_index() > applied.map_or(0, |applied| applied.index + 1) {
            return Err(Fatal(format!(
                "the log begins at entry {}, and no snapshot in the directory `snapshots` covers what was before it: files there were \
                 deleted. Bring back exactly what was there, or start once with --rebuild to take another member's state",
                log.first_index()
            )));
        }
        recreate::carry_out(&env, &*storage.files, &mut identity, &mut log.clone(), addrs).await?;

        let machine = StateMachine::new(group.clone(), applied, options.skip_entry);
        let raft = Raft::new(identity.node, Arc::new(raft_config()?), Network(group.clone()), log, machine)
            .await
            .map_err(|error| Fatal(format!("Raft cannot start: {error}")))?;
        group.set_raft(raft.clone());

        let router = Router::new(identity.node, vec![Routed { group: group.clone(), executor: executor.clone() }]);
        let port = clients.port();
        let hint = settings.join.clone();
        let server = Server::new(env.clone(), settings, router.clone());
        let founder = identity.founder.then(|| Content::Create {
            cluster: identity.cluster,
            nonce: identity.nonce,
            peer_addr: peer_addr.clone(),
            client_addr: client_addr.clone(),
            revision: first_revision(&env),
            level: crate::FEATURE_LEVEL,
            options: options.replicated.clone(),
        });
        let tasks = vec![
            run(replication::drive_origin(group.clone())),
            run(replication::drive_reads(group.clone())),
            run(replication::watch_deadlines(group.clone())),
            run(replication::watch_leader(group.clone())),
            run(replication::drive_ticks(group.clone())),
            run(replication::drive_membership(group.clone(), founder)),
            run(replication::drive_snapshots(group.clone())),
            run(replication::peer::serve(vec![group.clone()], peers)),
            run(join::seeking::seek_cluster(group.clone())),
            run(server::listen(server.clone(), clients)),
            run(server::keep_rates(server.clone())),
            run(chores::keep_clock(group.clone(), storage.files.clone())),
            run(chores::watch_disk(server.clone(), group.clone(), storage.files.clone())),
            run(differences::warn_of_differences(group.clone(), executor.clone(), options.replicated)),
            run(join::announcing::announce(
                router,
                group.clone(),
                join::announcing::Whereabouts {
                    nonce: identity.nonce,
                    peer_addr: peer_addr.clone(),
                    client_addr,
                    hint,
                },
            )),
        ];
        if identity.founder && !raft.is_initialized().await.map_err(|error| Fatal(error.to_string()))? {
            let members = std::collections::BTreeMap::from([(identity.node, Peer { addr: peer_addr })]);
            raft.initialize(members).await.map_err(|error| Fatal(format!("the cluster cannot begin: {error}")))?;
        }
        Ok(Self { server, group, executor, port, raft, files: storage.files, tasks })
    }

    /// Returns when Raft has stopped by itself, or a peer said that this process has to end: with the reason.
    pub async fn failed(&self) -> Fatal {
        let expelled = &self.group.links.identity().expelled_wake;
        let mut metrics = self.raft.server_metrics();
        loop {
            if let Some(why) = self.group.links.identity().expelled.lock().clone() {
                return Fatal(why);
            }
            tokio::select! {
                () = expelled.notified() => {}
                changed = metrics.changed() => if changed.is_err() {
                    if let Some(why) = self.group.diverged() {
                        return rebuild::diverged(&*self.files, why);
                    }
                    let why = match self.raft.is_initialized().await {
                        Err(fatal) => fatal.to_string(),
                        Ok(_) => "Raft has stopped".into(),
                    };
                    return Fatal(why);
                },
            }
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
            && let Some(next) = replication::best_successor(&self.group, &self.group.standings())
            && let Err(why) = replication::transfer(&self.group, next).await
        {
            tracing::info!(node = self.group.node, peer = next, error = why, "the lead was not handed over");
        }
        if let Some(text) = self.group.clock.to_disk() {
            // Without it the next start takes the time from the leader.
            let _ = self.files.write("clock", &text);
        }
        for client in self.server.clients.list() {
            client.kill();
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
        drop(self.tasks);
        let _ = self.raft.shutdown().await;
    }
}

/// Where the revisions of a cluster start that begins now (design 3).
fn first_revision(env: &Env) -> u64 {
    (env.clocks.wall_ms() / 1000).saturating_sub(FIRST_REVISION_EPOCH_S) << 16
}

fn run(task: impl Future<Output = ()> + Send + 'static) -> AbortOnDrop<()> {
    AbortOnDrop(crate::replication::spawn(task))
}

fn raft_config() -> Result<openraft::Config, Fatal> {
    let config = openraft::Config {
        cluster_name: "lockstep".into(),
        heartbeat_interval: 50,
        election_timeout_min: 200,
        election_timeout_max: 300,
        heartbeat_min_interval: Some(25),
        enable_pre_vote: Some(true),
        enable_leader_restore: Some(false),
        snapshot_policy: SnapshotPolicy::Never,
        max_in_snapshot_log_to_keep: u64::MAX,
        api_batch_linger_ms: 0,
        broadcast_submitted_on_append: Some(true),
        max_payload_entries: 1024,
        replication_lag_threshold: u64::MAX,
        install_snapshot_timeout: 600_000,
        ..openraft::Config::default()
    };
    config.validate().map_err(|error| Fatal(error.to_string()))
}

#[cfg(test)]
mod tests;
