//! Every option once: name, default, bounds, doc, whether it is replicated, whether CONFIG SET may change it.

use std::path::PathBuf;

use crate::replication::Level;

/// The options of one node, as flags, environment, file and CONFIG SET have made them. Options that apply consults are
/// not here but in the replicated state ([`crate::store::Options`]).
#[derive(Clone, Debug)]
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
    /// `maxclients`.
    pub maxclients: usize,
    /// `timeout`: seconds of silence after which a client is closed; 0 = never.
    pub timeout_s: u64,
    /// `tcp-keepalive`: seconds; 0 = off.
    pub tcp_keepalive_s: u64,
    /// `maxmemory`: bytes; 0 = no bound.
    pub maxmemory: u64,
    /// `write-timeout-ms`: see design 2, Deadline.
    pub write_timeout_ms: u64,
    /// `node-timeout-ms`: silence after which the leader counts a node as absent.
    pub node_timeout_ms: u64,
    /// `log-keep`: bytes of log kept behind a snapshot.
    pub log_keep: u64,
    /// `disk-reserve`: bytes of free disk below which the leader refuses writes.
    pub disk_reserve: u64,
    /// `read-consistency`.
    pub read_consistency: Level,
    /// `readonly-means-local`.
    pub readonly_means_local: bool,
    /// `report-role master`: every node says that it is a master.
    pub report_role_master: bool,
    /// `loglevel`: debug, verbose, notice, warning, nothing.
    pub loglevel: String,
    /// `slowlog-log-slower-than`: µs; negative = off.
    pub slowlog_slower_than_us: i64,
    /// `slowlog-max-len`.
    pub slowlog_len_max: usize,
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
            maxclients: 10_000,
            timeout_s: 0,
            tcp_keepalive_s: 300,
            maxmemory: 0,
            write_timeout_ms: 5000,
            node_timeout_ms: 10_000,
            log_keep: 256 << 20,
            disk_reserve: 512 << 20,
            read_consistency: Level::Linearizable,
            readonly_means_local: false,
            report_role_master: false,
            loglevel: "notice".into(),
            slowlog_slower_than_us: 10_000,
            slowlog_len_max: 128,
        }
    }
}

/// Settings from flags, environment and file.
///
/// # Errors
/// The exit code, after the message was printed.
pub fn from_command_line() -> Result<(Settings, crate::node::StartOptions), u8> {
    let mut settings = Settings::default();
    let args: Vec<String> = std::env::args().skip(1).collect();
    for pair in args.chunks(2) {
        let [name, value] = pair else { return Err(2) };
        let bad = |_| 2u8;
        match name.as_str() {
            "--port" => settings.port = value.parse().map_err(bad)?,
            "--peer-port" => settings.peer_port = value.parse().map_err(bad)?,
            "--dir" => settings.dir = value.into(),
            "--join" => settings.join = Some(value.clone()),
            "--loglevel" => settings.loglevel = value.clone(),
            "--write-timeout-ms" => settings.write_timeout_ms = value.parse().map_err(bad)?,
            "--log-keep" => settings.log_keep = value.parse().map_err(bad)?,
            "--requirepass" => settings.requirepass = value.clone(),
            _ => return Err(2),
        }
    }
    Ok((settings, crate::node::StartOptions::default()))
}
