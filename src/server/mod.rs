//! The front end: sockets, sessions, and the gate between them and the rest.
//!
//! A connection reads what its socket has, parses it ([`crate::protocol::parse`]), passes each command through the gate
//! ([`mod@dispatch`]), and hands what is left to do as one group to the Raft group that it belongs to. It answers a group before it
//! starts the next, so a pipeline behaves as if it were run command by command.
//!
//! Clients are served from before the node knows who it is: while it joins, and while it takes up what it has, each command is
//! answered by the gate as [`router`] says. Connections of that time go on when the node has its place.

mod acl_log;
mod connection;
mod context;
mod dispatch;
mod front;
mod histogram;
mod invitations;
mod listener;
mod monitor;
mod output;
mod pause;
mod registry;
mod router;
mod slowlog;
mod stats;
mod users;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU16, AtomicU64, Ordering};

use parking_lot::RwLock;

pub use dispatch::{Dispatched, dispatch};
pub use invitations::Invitations;
pub use listener::listen;
pub use output::Output;
pub use pause::Pause;
pub use registry::ClientRegistry;
pub use router::{Routed, Router};
pub use slowlog::SlowLog;
pub use stats::{CommandStats, Stats};
pub use users::{begin_users, users_of, watch_users};

use crate::config::{Settings, acl_log_len_max};
use crate::store::Users;
use crate::sys::env::Env;

/// Keeps INFO's rates, until the future is dropped.
pub async fn keep_rates(server: Arc<Server>) {
    loop {
        tokio::time::sleep(std::time::Duration::from_secs(1)).await;
        server.stats.sample_rates();
    }
}

/// Has silent clients give back what they hold for reading, until the future is dropped.
pub async fn tidy_silent_clients(server: Arc<Server>) {
    loop {
        tokio::time::sleep(std::time::Duration::from_secs(1)).await;
        server.clients.tidy(server.env.clocks.wall_ms());
    }
}

/// One node, as its connections see it.
pub struct Server {
    /// Seams to the outside: clocks, network, random numbers, threads.
    pub env: Env,
    /// Options of this node.
    pub settings: RwLock<Arc<Settings>>,
    /// Which Raft group a command belongs to.
    pub router: Router,
    /// Calls of RAFT.ADD.
    pub invitations: Invitations,
    /// Drawn at each start.
    pub process: u64,
    /// `cluster-enabled`, which does not change.
    pub cluster_enabled: bool,
    /// Connected clients.
    pub clients: ClientRegistry,
    /// Counters for INFO.
    pub stats: Stats,
    /// The port for clients, once it is listened on.
    pub port: AtomicU16,
    /// CLIENT PAUSE.
    pub pause: Pause,
    /// SLOWLOG.
    pub slowlog: SlowLog,
    /// Asks the main task to stop the node: SHUTDOWN.
    pub stop: tokio::sync::Notify,
    /// The users while the cluster has none.
    node_users: Arc<Users>,
    /// ACL LOG.
    acl_log: acl_log::AclLog,
    next_client: AtomicU64,
    /// Where client ids begin while the node has no id: below those of every node, and elsewhere than another node's.
    first_client: u64,
    /// It was said that no node can join through this one.
    told_of_address: AtomicBool,
    silent: Arc<front::Silent>,
}

impl Server {
    /// A node without connections and without a place. `users`: see [`users_of`].
    pub fn new(env: Env, settings: Settings, users: Users) -> Arc<Self> {
        let started_ms = env.clocks.wall_ms();
        env.spikes.set_threshold_ms(settings.latency_monitor_threshold_ms);
        let (process, first_client) = (env.random(), env.random() >> 33);
        Arc::new(Self {
            env,
            cluster_enabled: settings.cluster_enabled,
            slowlog: SlowLog::new(settings.slowlog_slower_than_us, settings.slowlog_len_max),
            stats: Stats::new(started_ms, settings.latency_tracking),
            acl_log: acl_log::AclLog::new(acl_log_len_max(&settings)),
            node_users: Arc::new(users),
            settings: RwLock::new(Arc::new(settings)),
            router: Router::default(),
            invitations: Invitations::default(),
            process,
            clients: ClientRegistry::default(),
            port: AtomicU16::new(0),
            pause: Pause::default(),
            stop: tokio::sync::Notify::new(),
            next_client: AtomicU64::new(1),
            first_client,
            told_of_address: AtomicBool::new(false),
            silent: Arc::default(),
        })
    }

    /// Gives the node its id and its groups: from now on it executes commands, of the clients that are here too.
    pub fn take_place(self: &Arc<Self>, node: u64, groups: Vec<Routed>) {
        for routed in &groups {
            self.answer_others(&routed.group);
        }
        self.router.set(node, groups);
        // CONFIG SET may have changed them meanwhile.
        self.configure_groups(&self.settings());
    }

    /// The options as they are now.
    pub fn settings(&self) -> Arc<Settings> {
        self.settings.read().clone()
    }

    /// A client id, unique in the cluster.
    fn next_client_id(&self) -> u64 {
        let n = self.next_client.fetch_add(1, Ordering::Relaxed);
        self.router.node_id().map_or(self.first_client, |node| node << 32) + n
    }
}
