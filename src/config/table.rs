//! The table of options.

use super::define::{GB, KB, PORT, TB, TEXT, bytes, int, live, opt};
use super::redis::REDIS;
use super::replicated::REPLICATED;
use super::{Change, Kind, Opt, Place, Section};

/// All options, in the order in which `--help` shows them.
pub fn options() -> impl Iterator<Item = &'static Opt> {
    OWN.iter().chain(REPLICATED).chain(REPAIR).chain(REDIS)
}

/// The option of that name or alias, whatever the case.
pub fn find(name: &str) -> Option<&'static Opt> {
    options().find(|opt| {
        opt.name.eq_ignore_ascii_case(name) || opt.aliases.iter().any(|alias| alias.eq_ignore_ascii_case(name))
    })
}

const NAME: Kind = Kind::Text { len_min: 1 };
const SECONDS: Kind = Kind::Int { min: 0, max: i32::MAX as i64 };
const LEVELS: Kind = Kind::Word(&crate::sys::log::LEVELS);
const FORMATS: Kind = Kind::Word(&["text", "json"]);
/// The node's own.
static OWN: &[Opt] = &[
    opt("bind", Section::Network, NAME, Place::Text(|s| &mut s.bind), "Address to listen on, for clients and peers"),
    opt("port", Section::Network, PORT, Place::U16(|s| &mut s.port), "Port for clients; 0 takes any free one"),
    opt("peer-port", Section::Network, PORT, Place::U16(|s| &mut s.peer_port), "Port for peers; 0 is port + 10000"),
    opt(
        "advertise",
        Section::Network,
        Kind::Host,
        Place::TextOption(|s| &mut s.advertise),
        "Host by which other nodes and clients reach this one, if it is not `bind`",
    ),
    live(
        "tcp-keepalive",
        Section::Network,
        SECONDS,
        Place::U64(|s| &mut s.tcp_keepalive_s),
        "Seconds of silence before a client's machine is asked whether it is there; 0 is off",
    ),
    live(
        "requirepass",
        Section::Clients,
        TEXT,
        Place::Password,
        "Password of the default user of a new cluster, and the secret that nodes prove to each other; the same on every node",
    ),
    Opt {
        change: Change::Immutable,
        ..opt(
            "aclfile",
            Section::Clients,
            TEXT,
            Place::Text(|s| &mut s.aclfile),
            "File of users: those of a new cluster, and what ACL LOAD and SAVE use",
        )
    },
    live(
        "maxclients",
        Section::Clients,
        int(1, u32::MAX as i64),
        Place::Usize(|s| &mut s.maxclients),
        "Most clients at a time; lowered if the limit of open files has no room for them",
    ),
    live(
        "timeout",
        Section::Clients,
        SECONDS,
        Place::U64(|s| &mut s.timeout_s),
        "Seconds of silence after which a client is closed; 0 is never",
    ),
    live(
        "read-consistency",
        Section::Clients,
        Kind::Level,
        Place::Level(|s| &mut s.read_consistency),
        "How fresh reads are, unless a connection says otherwise (CLIENT CONSISTENCY)",
    ),
    live(
        "readonly-means-local",
        Section::Clients,
        Kind::YesNo,
        Place::Bool(|s| &mut s.readonly_means_local),
        "READONLY makes a connection's reads local, READWRITE makes them linearizable again",
    ),
    Opt {
        change: Change::Immutable,
        ..opt(
            "enable-debug-command",
            Section::Clients,
            Kind::Word(&["no", "yes", "local"]),
            Place::Text(|s| &mut s.enable_debug_command),
            "Whether DEBUG may be used; `local`: by clients of this machine",
        )
    },
    opt(
        "join",
        Section::Cluster,
        Kind::Address,
        Place::TextOption(|s| &mut s.join),
        "Client address (host:port) of a member, to join its cluster, or to find its own one again where all have moved",
    ),
    opt(
        "must-join",
        Section::Cluster,
        Kind::YesNo,
        Place::Bool(|s| &mut s.must_join),
        "Never begin a new cluster: without --join, wait to be called by RAFT.ADD",
    ),
    Opt {
        change: Change::Immutable,
        ..opt(
            "cluster-enabled",
            Section::Cluster,
            Kind::YesNo,
            Place::Bool(|s| &mut s.cluster_enabled),
            "Whether Redis Cluster's protocol is spoken: CLUSTER shows the members, there is only database 0, and the keys of a request are in one slot",
        )
    },
    live(
        "write-timeout-ms",
        Section::Cluster,
        int(10, 600_000),
        Place::U64(|s| &mut s.write_timeout_ms),
        "How long a command waits for a leader and a quorum",
    ),
    live(
        "node-timeout-ms",
        Section::Cluster,
        int(1000, 3_600_000),
        Place::U64(|s| &mut s.node_timeout_ms),
        "How long the leader hears nothing of a node before its clients' blocking commands end",
    ),
    live(
        "report-role",
        Section::Cluster,
        Kind::Word(&["own", "master"]),
        Place::Master(|s| &mut s.report_role_master),
        "`master`: every node says that it is a master, for clients that refuse to write to a replica",
    ),
    Opt {
        change: Change::Protected,
        ..opt("dir", Section::Storage, NAME, Place::Path(|s| &mut s.dir), "Data directory; each node needs its own")
    },
    live(
        "maxmemory",
        Section::Storage,
        bytes(0, i64::MAX),
        Place::U64(|s| &mut s.maxmemory),
        "Memory in use (keys, log, buffers) above which keys give way (maxmemory-policy) or commands that need more are refused; 0 is no bound",
    ),
    live(
        "log-keep",
        Section::Storage,
        bytes(4 * KB, 1024 * TB),
        Place::U64(|s| &mut s.log_keep),
        "Log that stays behind a snapshot, so that a node that was away for a moment needs none",
    ),
    opt(
        "log-tail-bytes",
        Section::Storage,
        bytes(64 * KB, 64 * GB),
        Place::Usize(|s| &mut s.log_tail_bytes),
        "Newest part of the log that is also kept in memory",
    ),
    opt(
        "log-prefill",
        Section::Storage,
        bytes(0, TB),
        Place::U64(|s| &mut s.log_prefill),
        "Log files of zeros made ahead, in which an fsync costs less; 0 is none",
    ),
    live(
        "disk-reserve",
        Section::Storage,
        bytes(0, 1024 * TB),
        Place::U64(|s| &mut s.disk_reserve),
        "Free disk below which the leader refuses writes",
    ),
    live(
        "loglevel",
        Section::Reports,
        LEVELS,
        Place::Text(|s| &mut s.loglevel),
        "Least important log lines that are shown",
    ),
    live(
        "log-filter",
        Section::Reports,
        Kind::LogFilter,
        Place::Text(|s| &mut s.log_filter),
        "Levels of single modules, which count more than `loglevel`: `replication=debug,peer=verbose`",
    ),
    opt(
        "log-format",
        Section::Reports,
        FORMATS,
        Place::Text(|s| &mut s.log_format),
        "Form of log lines; in `json` each is an object",
    ),
    live(
        "slowlog-log-slower-than",
        Section::Reports,
        int(-1, i64::MAX),
        Place::I64(|s| &mut s.slowlog_slower_than_us),
        "Microseconds from which SLOWLOG keeps a command, the wait for the quorum included; 0 keeps all, -1 none",
    ),
    live(
        "slowlog-max-len",
        Section::Reports,
        int(0, i64::MAX),
        Place::Usize(|s| &mut s.slowlog_len_max),
        "Entries that SLOWLOG keeps",
    ),
    live(
        "latency-monitor-threshold",
        Section::Reports,
        int(0, i64::MAX),
        Place::U64(|s| &mut s.latency_monitor_threshold_ms),
        "Milliseconds from which LATENCY keeps what took so long; 0 is nothing",
    ),
    live(
        "latency-tracking",
        Section::Reports,
        Kind::YesNo,
        Place::Bool(|s| &mut s.latency_tracking),
        "Counts how long the calls of each command took, for INFO latencystats and LATENCY HISTOGRAM",
    ),
];

/// Those that repair something.
static REPAIR: &[Opt] = &[
    opt(
        "skip-entry",
        Section::Repair,
        int(1, i64::MAX),
        Place::NumberOption(|s| &mut s.skip_entry),
        "Apply the log entry of this index as empty, because it stops nodes; give it to every node",
    ),
    opt(
        "rebuild",
        Section::Repair,
        Kind::YesNo,
        Place::Bool(|s| &mut s.rebuild),
        "Take the state of another member before anything else, because this node's was found to be wrong; log and vote stay",
    ),
    opt(
        "force-new-cluster",
        Section::Repair,
        TEXT,
        Place::TextOption(|s| &mut s.force_new_cluster),
        "The cluster of this id has lost its majority for good: go on alone, as a new cluster, with what this node has",
    ),
];
