//! A node's start: who it is, what it has, Raft on it, and the tasks that serve.
//!
//! Order: clients, log, identity (from the directory, from a member that is asked, or a new cluster), snapshot, Raft, peers. From the
//! beginning clients are answered, with LOADING until the node has applied its own log: what checks its health, and the member that calls
//! it, are clients.

use std::sync::Arc;

use super::join::announcing::{Whereabouts, announce};
use super::join::discovery::seek_cluster;
use super::join::identity::{self, Holds};
use super::ports::{Addresses, Ports};
use super::{Files, Node, NodeIdentity, StartOptions, Storage, chores, differences, first_revision, rebuild, recreate};
use crate::config::Settings;
use crate::error::Fatal;
use crate::executor::StoreExecutor;
use crate::executor::entry::Content;
use crate::replication::log::LogStore;
use crate::replication::peer::{Identity, PeerConnections, Secret};
use crate::replication::{self, Group, Parts};
use crate::server::{self, Routed, Server};
use crate::snapshot::SnapshotDir;
use crate::sys::clock::ClusterClock;
use crate::sys::env::{Env, Listener};
use crate::sys::task::AbortOnDrop;

/// What is on disk of a group.
struct OnDisk {
    log: LogStore,
    snapshots: SnapshotDir,
}

impl Node {
    /// Starts a node; returns when it runs, which is before it has a leader. None: a client has asked it to stop before that.
    ///
    /// # Errors
    /// What is wrong, and what to do.
    pub async fn start(
        env: Env,
        settings: Settings,
        options: StartOptions,
        storage: impl FnOnce() -> Result<Storage, Fatal>,
        ports: Ports,
    ) -> Result<Option<Self>, Fatal> {
        let addrs = Addresses::of(&settings, &ports)?;
        let storage = storage()?;
        rebuild::refuse_a_diverged_state(&*storage.files, options.rebuild)?;
        let users = server::users_of(&settings)?;
        let server = Server::new(env, settings, users);
        let asked = server.clone();
        tokio::select! {
            biased;
            node = put_together(server, options, storage, ports, addrs) => node.map(Some),
            () = asked.stop.notified() => Ok(None),
        }
    }
}

async fn put_together(
    server: Arc<Server>,
    options: StartOptions,
    storage: Storage,
    ports: Ports,
    addrs: Addresses,
) -> Result<Node, Fatal> {
    let Ports { clients, peers } = ports;
    let port = clients.port();
    let mut tasks = vec![
        run(server::listen(server.clone(), clients)),
        run(server::keep_rates(server.clone())),
        run(server::tidy_silent_clients(server.clone())),
    ];
    let files = storage.files.clone();
    let on_disk = open(&storage, &options).await?;
    let mut identity = identify(&server, &options, &*files, &on_disk, &addrs).await?;
    let (group, executor) = make_group(&server, &*files, on_disk, &identity)?;
    start_raft(&group, &options, &*files, &mut identity, &addrs).await?;

    server.take_place(identity.node, vec![Routed { group: group.clone(), executor: executor.clone() }]);
    tasks.extend(run_all(&server, (&group, &executor), &files, peers, &identity, addrs.clone(), options));
    if identity.founder {
        group.found(&addrs.peer).await?;
    }
    Ok(Node { server, group, executor, port, files, tasks })
}

async fn open(storage: &Storage, options: &StartOptions) -> Result<OnDisk, Fatal> {
    let log = LogStore::open(storage.log.clone(), 0, options.log.clone()).await?;
    let snapshots = SnapshotDir::open(storage.snapshots.clone(), 0).map_err(|error| Fatal(error.to_string()))?;
    Ok(OnDisk { log, snapshots })
}

/// Who this node is, from its directory or from a member; its log has begun then.
async fn identify(
    server: &Server,
    options: &StartOptions,
    files: &dyn Files,
    on_disk: &OnDisk,
    addrs: &Addresses,
) -> Result<NodeIdentity, Fatal> {
    let (env, settings) = (&server.env, &*server.settings());
    let OnDisk { log, snapshots } = on_disk;
    let holds = Holds { log: log.has_begun(), snapshot: snapshots.latest().is_some() };
    let mut identity = identity::establish(env, files, holds, settings, &server.invitations, addrs).await?;
    identity::begin_log(files, log, &mut identity).await?;
    if let Some(lost) = &settings.force_new_cluster {
        if options.rebuild {
            return Err(Fatal(
                "--force-new-cluster goes on with what this node has, --rebuild with what another has: give one of them".into(),
            ));
        }
        let holds = log.last_log_id().is_some() || holds.snapshot;
        recreate::begin(env, files, &mut identity, lost, holds, &addrs.peer)?;
    }
    Ok(identity)
}

/// The group, without a state and without Raft.
fn make_group(
    server: &Server,
    files: &dyn Files,
    on_disk: OnDisk,
    identity: &NodeIdentity,
) -> Result<(Arc<Group>, Arc<StoreExecutor>), Fatal> {
    let env = &server.env;
    let clock = Arc::new(ClusterClock::new(env.clocks.clone()));
    if let Some(text) = files.read("clock")?
        && !clock.restore(&text)
    {
        tracing::info!(
            node = identity.node,
            "the stored clock is of an earlier boot of this machine and does not count"
        );
    }
    let secret = Secret::of(&server.settings().requirepass)?;
    let node = identity.node;
    let own = Identity::new(identity.cluster, node, server.process, env.level, secret);
    let links = PeerConnections::new(env.clone(), own);
    for (member, addr) in identity.peers.iter().filter(|(member, _)| *member != node) {
        links.set_addr(*member, addr);
    }
    let OnDisk { log, snapshots } = on_disk;
    let executor = StoreExecutor::new(env.clone(), clock.clone());
    let group =
        Group::new(Parts { id: 0, node, env: env.clone(), clock, executor: executor.clone(), log, snapshots, links });
    Ok((group, executor))
}

/// The state that this node has or takes from a member, its log behind it, and Raft on both.
async fn start_raft(
    group: &Arc<Group>,
    options: &StartOptions,
    files: &dyn Files,
    identity: &mut NodeIdentity,
    addrs: &Addresses,
) -> Result<(), Fatal> {
    if options.rebuild {
        rebuild::state_from_a_member(group, files).await?;
    }
    crate::sys::memory::note_startup();
    let restored = replication::start::restore(group).await?;
    recreate::carry_out(&group.env, files, identity, &group.log, addrs).await?;
    replication::start::start(group, restored, options.skip_entry).await
}

/// Everything that runs as long as the node does.
fn run_all(
    server: &Arc<Server>,
    (group, executor): (&Arc<Group>, &Arc<StoreExecutor>),
    files: &Arc<dyn Files>,
    peers: Box<dyn Listener>,
    identity: &NodeIdentity,
    addrs: Addresses,
    options: StartOptions,
) -> Vec<AbortOnDrop<()>> {
    let founder = identity.founder.then(|| Content::Create {
        cluster: identity.cluster,
        nonce: identity.nonce,
        peer_addr: addrs.peer.clone(),
        client_addr: addrs.client.clone(),
        revision: first_revision(&group.env),
        level: group.env.level,
        options: options.replicated.clone(),
    });
    let own = Whereabouts { nonce: identity.nonce, addrs, hint: server.settings().join.clone() };
    let router = server.router.clone();
    vec![
        run(replication::drive_origin(group.clone())),
        run(replication::drive_reads(group.clone())),
        run(replication::watch_deadlines(group.clone())),
        run(replication::watch_leader(group.clone())),
        run(replication::watch_evidence(group.clone())),
        run(replication::drive_ticks(group.clone())),
        run(replication::watch_absence(group.clone())),
        run(replication::drive_eviction(group.clone())),
        run(replication::tell_reads(group.clone())),
        run(replication::drive_membership(group.clone(), founder)),
        run(replication::drive_snapshots(group.clone())),
        run(replication::peer::serve(vec![group.clone()], peers)),
        run(seek_cluster(group.clone())),
        run(chores::keep_clock(group.clone(), files.clone())),
        run(chores::watch_disk(server.clone(), group.clone(), files.clone())),
        run(differences::warn_of_differences(group.clone(), executor.clone(), options.replicated)),
        run(announce(router, group.clone(), own)),
        run(server::begin_users(server.clone())),
        run(server::watch_users(server.clone())),
    ]
}

fn run(task: impl Future<Output = ()> + Send + 'static) -> AbortOnDrop<()> {
    AbortOnDrop(crate::replication::spawn(task))
}
