//! Every option once ([`options`]): name, bounds, doc, whether it is replicated, whether CONFIG SET may change it. Flags, environment,
//! file, `--help`, CONFIG GET, SET and REWRITE all derive from the table.
//!
//! Invariant: a value is checked in one place ([`Kind::parse`]), wherever it comes from; so what a flag takes CONFIG SET takes too,
//! and both refuse with the same words.

mod address;
mod bytes;
mod compound;
mod define;
pub mod events;
mod file;
mod kind;
mod latency;
mod level;
mod load;
mod nearest;
mod option;
mod policy;
mod redis;
mod replicated;
mod subscribers;
mod table;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::PathBuf;

pub use address::Address;
pub use compound::Compound;
pub use file::rewrite;
pub use kind::{Kind, OptionValue, level_name, parse_level};
pub use latency::latency_percentiles;
pub use level::ReadLevel;
pub use load::{Loaded, from_command_line, load};
pub use nearest::nearest;
pub use option::{Change, Opt, Place, ReplicatedValues, Section};
pub use policy::{POLICIES, Policy};
pub use redis::is_hidden;
pub use replicated::{ReplicatedOptions, replicated_since};
pub use subscribers::{acl_log_len_max, subscriber_limits, tracked_keys_max};
pub use table::{find, options};

/// The options of one node, as flags, environment, file and CONFIG SET have made them. Options that apply consults are
/// not here but in the replicated state ([`ReplicatedOptions`]).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// `bind`: address to listen on, for clients and peers.
    pub bind: String,
    /// `port`: for clients; 0 = any free one.
    pub port: u16,
    /// `peer-port`; 0 = `port` + 10000.
    pub peer_port: u16,
    /// `dir`: data directory.
    pub dir: PathBuf,
    /// `join`: client address of a member to join through.
    pub join: Option<String>,
    /// `must-join`: never start a new cluster.
    pub must_join: bool,
    /// `advertise`: host by which others reach this node.
    pub advertise: Option<String>,
    /// `requirepass`: empty = none.
    pub requirepass: String,
    /// The password that CONFIG SET has given the default user in its place: CONFIG GET shows it.
    pub password_set: Option<String>,
    /// `aclfile`: file of users; empty = none.
    pub aclfile: String,
    /// `maxclients`.
    pub maxclients: usize,
    /// `timeout`: seconds of silence after which a client is closed; 0 = never.
    pub timeout_s: u64,
    /// `tcp-keepalive`: seconds; 0 = off.
    pub tcp_keepalive_s: u64,
    /// `cluster-enabled`: Redis Cluster's protocol is spoken.
    pub cluster_enabled: bool,
    /// `maxmemory`: bytes; 0 = no bound.
    pub maxmemory: u64,
    /// `write-timeout-ms`: see design 2, Deadline.
    pub write_timeout_ms: u64,
    /// `node-timeout-ms`: how long the leader hears nothing of a node before that counts as gone.
    pub node_timeout_ms: u64,
    /// `log-keep`: bytes of log kept behind a snapshot.
    pub log_keep: u64,
    /// `log-tail-bytes`: newest bytes of log kept in memory.
    pub log_tail_bytes: usize,
    /// `log-prefill`: bytes of log files made ahead.
    pub log_prefill: u64,
    /// `disk-reserve`: bytes of free disk below which the leader refuses writes.
    pub disk_reserve: u64,
    /// `read-consistency`.
    pub read_consistency: ReadLevel,
    /// `readonly-means-local`.
    pub readonly_means_local: bool,
    /// `enable-debug-command`: no, yes, local.
    pub enable_debug_command: String,
    /// `report-role master`: every node says that it is a master.
    pub report_role_master: bool,
    /// `loglevel`: debug, verbose, notice, warning, nothing.
    pub loglevel: String,
    /// `log-filter`: levels of single modules; empty = none.
    pub log_filter: String,
    /// `log-format`: text, json.
    pub log_format: String,
    /// `slowlog-log-slower-than`: µs; negative = off.
    pub slowlog_slower_than_us: i64,
    /// `slowlog-max-len`.
    pub slowlog_len_max: usize,
    /// `latency-monitor-threshold`: ms; 0 = off.
    pub latency_monitor_threshold_ms: u64,
    /// `latency-tracking`.
    pub latency_tracking: bool,
    /// `skip-entry`: this log entry is applied as empty.
    pub skip_entry: Option<u64>,
    /// `rebuild`: the state is taken from another member at the start.
    pub rebuild: bool,
    /// `force-new-cluster`: the cluster of this id is lost, and what this node has goes on as another one.
    pub force_new_cluster: Option<String>,
    /// Options of Redis that have nothing to do here, as they were set ([`Place::Stored`]); the default is not kept.
    pub stored: BTreeMap<&'static str, String>,
    /// `config`: the file that the options were read from.
    pub file: Option<PathBuf>,
}

impl Settings {
    /// The host by which others reach this node; None if nothing says it: the node is bound to every interface, say.
    pub fn host_for_others(&self) -> Option<&str> {
        let bound_to = || Some(self.bind.as_str()).filter(|bind| !is_every_interface(bind));
        self.advertise.as_deref().or_else(bound_to).filter(|host| Address::at(host, 1).is_some())
    }
}

/// True for what the system takes for all addresses of the machine.
fn is_every_interface(bind: &str) -> bool {
    let is_unspecified = |ip: IpAddr| ip.to_canonical().is_unspecified();
    matches!(bind, "*" | "0") || bind.parse().is_ok_and(is_unspecified)
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            bind: "127.0.0.1".into(),
            port: 6379,
            peer_port: 0,
            dir: "./lockstep-data".into(),
            join: None,
            must_join: false,
            advertise: None,
            requirepass: String::new(),
            password_set: None,
            aclfile: String::new(),
            maxclients: 10_000,
            timeout_s: 0,
            tcp_keepalive_s: 300,
            cluster_enabled: false,
            maxmemory: 0,
            write_timeout_ms: 5000,
            node_timeout_ms: 10_000,
            log_keep: 256 << 20,
            log_tail_bytes: 16 << 20,
            log_prefill: 128 << 20,
            disk_reserve: 512 << 20,
            read_consistency: ReadLevel::Linearizable,
            readonly_means_local: false,
            enable_debug_command: "no".into(),
            report_role_master: false,
            loglevel: "notice".into(),
            log_filter: String::new(),
            log_format: "text".into(),
            slowlog_slower_than_us: 10_000,
            slowlog_len_max: 128,
            latency_monitor_threshold_ms: 0,
            latency_tracking: true,
            skip_entry: None,
            rebuild: false,
            force_new_cluster: None,
            stored: BTreeMap::new(),
            file: None,
        }
    }
}
