//! The node as session commands see it: the roles of [`crate::command::context`], on top of the Raft group, the clients and the
//! counters of this node.

mod cluster;
mod data;
mod front;
mod snapshots;
mod statistics;

use std::collections::BTreeSet;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use futures::future::BoxFuture;

use super::Server;
use super::front::ask_others;
use crate::command::context::{Client, Clients, ClientsAnswer, Configuration, Process, ProcessFacts};
use crate::config::{Settings, acl_log_len_max, subscriber_limits, tracked_keys_max};
use crate::error::{LOADING, ReplyError};
use crate::executor::{BufferLimits, StoreExecutor};
use crate::protocol::Args;
use crate::replication::Group;
use crate::store::Options;
use crate::sys::env::BoxStream;

impl Server {
    /// The group that session commands are about.
    fn group(&self) -> Result<&Arc<Group>, ReplyError> {
        self.router.group().ok_or(LOADING)
    }

    /// Tells the groups those options that are theirs.
    pub(super) fn configure_groups(&self, settings: &Settings) {
        for group in self.router.groups() {
            group.set_timeout_ms(settings.write_timeout_ms);
            group.set_node_timeout_ms(settings.node_timeout_ms);
            group.snapshots.log_keep.store(settings.log_keep, Ordering::Relaxed);
        }
        if let Some(executor) = self.router.executor() {
            let [hard, soft, soft_s] = subscriber_limits(settings);
            executor.eviction.set_maxmemory(settings.maxmemory);
            let limits = BufferLimits { hard, soft, soft_for: Duration::from_secs(soft_s) };
            executor.hub.set_limits(limits);
            executor.monitors.set_limits(limits);
            executor.hub.set_tracked_keys_max(tracked_keys_max(settings));
        }
    }

    /// Its state.
    fn executor(&self) -> Result<&Arc<StoreExecutor>, ReplyError> {
        self.router.executor().ok_or(LOADING)
    }
}

impl Configuration for Server {
    fn settings(&self) -> Arc<Settings> {
        self.settings.read().clone()
    }

    fn change_settings(&self, settings: Settings) {
        if let Ok(filter) = crate::sys::log::Filter::new(&settings.loglevel, &settings.log_filter) {
            crate::sys::log::set_filter(filter);
        }
        self.configure_groups(&settings);
        self.slowlog.configure(settings.slowlog_slower_than_us, settings.slowlog_len_max);
        self.env.spikes.set_threshold_ms(settings.latency_monitor_threshold_ms);
        self.stats.set_tracking(settings.latency_tracking);
        self.acl_log.set_len_max(acl_log_len_max(&settings));
        *self.settings.write() = Arc::new(settings);
    }

    fn make_room(&self, clients: usize) -> usize {
        self.env.net.make_room(clients)
    }

    fn options(&self) -> BoxFuture<'_, Options> {
        Box::pin(async {
            match self.executor() {
                Ok(executor) => executor.gate.read().await.options.clone(),
                Err(_) => Options::default(),
            }
        })
    }

    fn rewrite(&self, path: PathBuf, settings: Arc<Settings>) -> BoxFuture<'_, Result<(), String>> {
        Box::pin(self.env.heavy(move || crate::config::rewrite(&path, &settings)))
    }
}

impl Clients for Server {
    fn clients(&self) -> Vec<Arc<Client>> {
        self.clients.list()
    }

    fn client(&self, id: u64) -> Option<Arc<Client>> {
        self.clients.get(id)
    }

    fn ask_others(&self, nodes: Option<BTreeSet<u64>>, args: &Args) -> BoxFuture<'static, Vec<ClientsAnswer>> {
        match self.router.group() {
            Some(group) => ask_others(group, &self.silent, nodes, args),
            None => Box::pin(async { Vec::new() }),
        }
    }

    fn pause(&self, length: Duration, all: bool) {
        self.pause.begin(length, all);
    }

    fn unpause(&self) {
        self.pause.end();
    }
}

impl Process for Server {
    fn process(&self) -> ProcessFacts {
        ProcessFacts {
            now_ms: self.env.clocks.wall_ms(),
            started_ms: self.stats.started_ms,
            port: self.port.load(Ordering::Relaxed),
            process: self.process,
        }
    }

    fn connect<'a>(&'a self, addr: &'a str) -> BoxFuture<'a, io::Result<BoxStream>> {
        self.env.net.connect(addr)
    }

    fn stop(&self) {
        self.stop.notify_one();
    }
}
