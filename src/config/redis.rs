//! Redis's options that are no options of this server. Each has Redis's names and range, so that a tool which sets it at its start goes on.
//!
//! - *Stored*: there is nothing here that it could change, and nobody relies on a change; it is kept and shown.
//! - *Fixed*: it is always so. Another value would promise what is not done, and is refused with the reason.
//! - *Immutable*, *protected*: Redis too refuses to set them.

use super::define::{PORT, TEXT, bytes, int, opt};
use super::{Change, Compound, Kind, Opt, Place, Section};

/// An option that is kept and changes nothing.
const fn stored(name: &'static str, kind: Kind, default: &'static str) -> Opt {
    Opt { change: Change::Live, ..opt(name, Section::Redis, kind, Place::Stored(default), "") }
}

/// One that is always so, and why.
const fn fixed(name: &'static str, kind: Kind, value: &'static str, why: &'static str) -> Opt {
    opt(name, Section::Redis, kind, Place::Fixed(value), why)
}

/// One that Redis too reads only once.
const fn immutable(name: &'static str, kind: Kind, value: &'static str) -> Opt {
    Opt { change: Change::Immutable, ..fixed(name, kind, value, "") }
}

/// One that Redis keeps from its clients.
const fn protected(name: &'static str, kind: Kind, value: &'static str) -> Opt {
    Opt { change: Change::Protected, ..fixed(name, kind, value, "") }
}

/// The same with another name of Redis's.
const fn or(aliases: &'static [&'static str], opt: Opt) -> Opt {
    Opt { aliases, ..opt }
}

const YES_NO: Kind = Kind::YesNo;
const INT: Kind = int(0, i32::MAX as i64);
const ANY_INT: Kind = int(i32::MIN as i64, i32::MAX as i64);
const INT_FROM_1: Kind = int(1, i32::MAX as i64);
const LONG: Kind = int(0, i64::MAX);
const BYTES: Kind = bytes(0, i64::MAX);
const PROTECTED: Kind = Kind::Word(&["no", "yes", "local"]);

const DURABLE: &str = "every write is in a log on disk before it is acknowledged, and no option makes less of it";
const ONE_SHARD: &str = "one shard has all slots: its nodes are the members of one Raft group, which elects the leader";
const NO_TLS: &str = "TLS is not supported";
const MEMBERS: &str = "the nodes are members of one Raft group, whose leader is elected: RAFT.STATUS shows them";
const ADVERTISE: &str = "the address that others are told is the option `advertise`, at the start";
const ONE_SECRET: &str = "the secret that nodes prove to each other is `requirepass`";

/// See [`is_hidden`].
const HIDDEN: &[&str] = &[
    "aof-disable-auto-gc",
    "key-load-delay",
    "loading-process-events-interval-bytes",
    "rdb-key-save-delay",
    "use-exit-on-panic",
    "watchdog-period",
];

/// True if CONFIG GET shows the option only to who names it, as Redis does.
pub fn is_hidden(opt: &Opt) -> bool {
    HIDDEN.contains(&opt.name)
}

/// See the module's header.
pub(super) static REDIS: &[Opt] = &[
    // What is kept and when it is written: the log does better than any of these ask for.
    stored("save", Kind::Compound(Compound::SavePoints), ""),
    fixed("appendonly", YES_NO, "yes", DURABLE),
    fixed("appendfsync", Kind::Word(&["everysec", "always", "no"]), "always", DURABLE),
    fixed("no-appendfsync-on-rewrite", YES_NO, "no", DURABLE),
    fixed(
        "aof-load-truncated",
        YES_NO,
        "yes",
        "what was never acknowledged is cut off the end of the log at the start",
    ),
    stored("aof-rewrite-incremental-fsync", YES_NO, "yes"),
    stored("aof-timestamp-enabled", YES_NO, "no"),
    stored("aof-use-rdb-preamble", YES_NO, "yes"),
    stored("auto-aof-rewrite-min-size", BYTES, "67108864"),
    stored("auto-aof-rewrite-percentage", INT, "100"),
    stored("rdbcompression", YES_NO, "yes"),
    stored("rdb-del-sync-files", YES_NO, "no"),
    stored("rdb-save-incremental-fsync", YES_NO, "yes"),
    immutable("rdbchecksum", YES_NO, "yes"),
    fixed(
        "stop-writes-on-bgsave-error",
        YES_NO,
        "no",
        "a snapshot that fails stops no writes; a full disk does (disk-reserve)",
    ),
    // There are no files of that kind.
    protected("dbfilename", TEXT, ""),
    immutable("appendfilename", TEXT, ""),
    immutable("appenddirname", TEXT, ""),
    // Memory.
    stored("maxmemory-eviction-tenacity", int(0, 100), "10"),
    fixed(
        "maxmemory-clients",
        Kind::Compound(Compound::BytesOrPercent),
        "0",
        "no client is closed for the memory that it uses",
    ),
    stored("client-query-buffer-limit", bytes(1 << 20, i64::MAX), "1073741824"),
    // A client that does not read stops its own pipeline, so its replies have a bound without being closed. Messages come whether it reads
    // or not: the class pubsub counts ([`super::subscriber_limits`]).
    stored(
        "client-output-buffer-limit",
        Kind::Compound(Compound::BufferLimits),
        "normal 0 0 0 slave 0 0 0 pubsub 33554432 8388608 60",
    ),
    stored("activerehashing", YES_NO, "no"),
    fixed(
        "activedefrag",
        YES_NO,
        "no",
        "Active defragmentation cannot be enabled: it requires a Redis server compiled with a modified Jemalloc like the one shipped by default with the Redis source distribution",
    ),
    stored("active-defrag-cycle-max", int(1, 99), "25"),
    stored("active-defrag-cycle-min", int(1, 99), "1"),
    stored("active-defrag-ignore-bytes", bytes(1, i64::MAX), "104857600"),
    stored("active-defrag-max-scan-fields", int(1, i64::MAX), "1000"),
    stored("active-defrag-threshold-lower", int(0, 1000), "10"),
    stored("active-defrag-threshold-upper", int(0, 1000), "100"),
    stored("active-expire-effort", int(1, 10), "1"),
    stored("jemalloc-bg-thread", YES_NO, "yes"),
    stored("lazyfree-lazy-eviction", YES_NO, "no"),
    stored("lazyfree-lazy-expire", YES_NO, "yes"),
    stored("lazyfree-lazy-server-del", YES_NO, "yes"),
    stored("lazyfree-lazy-user-del", YES_NO, "yes"),
    stored("lazyfree-lazy-user-flush", YES_NO, "yes"),
    // Representations of types.
    stored("list-compress-depth", INT, "0"),
    // Clients, scripts, reports. Scripts end by `script-budget`, and no client is told that one is busy.
    or(&["lua-time-limit"], stored("busy-reply-threshold", LONG, "5000")),
    stored("tracking-table-max-keys", LONG, "1000000"),
    stored("acllog-max-len", LONG, "128"),
    // INFO goes by it: [`super::latency_percentiles`].
    stored("latency-tracking-info-percentiles", Kind::Compound(Compound::Percentiles), "50 99 99.9"),
    fixed("locale-collate", TEXT, "", "the order of texts is the same on every node, whatever their locales are"),
    fixed(
        "protected-mode",
        YES_NO,
        "no",
        "there is no protected mode: `bind` and `requirepass` decide who may connect",
    ),
    stored("sanitize-dump-payload", Kind::Word(&["no", "yes", "clients"]), "no"),
    immutable("enable-protected-configs", PROTECTED, "no"),
    immutable("enable-module-command", PROTECTED, "no"),
    // Those of Redis's own tests: see [`HIDDEN`].
    stored("aof-disable-auto-gc", YES_NO, "no"),
    stored("key-load-delay", ANY_INT, "0"),
    stored("loading-process-events-interval-bytes", int(1024, i32::MAX as i64), "2097152"),
    stored("rdb-key-save-delay", ANY_INT, "0"),
    stored("use-exit-on-panic", YES_NO, "no"),
    stored("watchdog-period", INT, "0"),
    // The process.
    immutable("databases", INT_FROM_1, "16"),
    stored("hz", Kind::Nearest { of: &INT, min: 1, max: 500 }, "10"),
    stored("dynamic-hz", YES_NO, "yes"),
    stored("shutdown-timeout", INT, "10"),
    stored("shutdown-on-sigint", Kind::Compound(Compound::Shutdown), "default"),
    stored("shutdown-on-sigterm", Kind::Compound(Compound::Shutdown), "default"),
    stored("crash-log-enabled", YES_NO, "yes"),
    stored("crash-memcheck-enabled", YES_NO, "yes"),
    stored("ignore-warnings", TEXT, ""),
    fixed(
        "oom-score-adj",
        Kind::Word(&["no", "yes", "relative", "absolute"]),
        "no",
        "the score of the process is left to whoever starts it",
    ),
    stored("oom-score-adj-values", Kind::Compound(Compound::OomScores), "0 200 800"),
    fixed(
        "proc-title-template",
        TEXT,
        "{title} {listen-addr} {server-mode}",
        "the title of the process does not change",
    ),
    immutable("set-proc-title", YES_NO, "no"),
    immutable("always-show-logo", YES_NO, "no"),
    immutable("daemonize", YES_NO, "no"),
    immutable("supervised", Kind::Word(&["upstart", "systemd", "auto", "no"]), "no"),
    immutable("disable-thp", YES_NO, "no"),
    immutable("io-threads", int(1, 128), "1"),
    immutable("io-threads-do-reads", YES_NO, "no"),
    immutable("logfile", TEXT, ""),
    immutable("pidfile", TEXT, ""),
    immutable("syslog-enabled", YES_NO, "no"),
    immutable("syslog-facility", TEXT, "local0"),
    immutable("syslog-ident", TEXT, ""),
    or(&["server_cpulist"], immutable("server-cpulist", TEXT, "")),
    or(&["bio_cpulist"], immutable("bio-cpulist", TEXT, "")),
    or(&["aof_rewrite_cpulist"], immutable("aof-rewrite-cpulist", TEXT, "")),
    or(&["bgsave_cpulist"], immutable("bgsave-cpulist", TEXT, "")),
    immutable("unixsocket", TEXT, ""),
    immutable("unixsocketperm", TEXT, "0"),
    immutable("tcp-backlog", INT, "128"),
    immutable("socket-mark-id", LONG, "0"),
    fixed("bind-source-addr", TEXT, "", "nodes call each other from the address that the system chooses"),
    // Replication.
    or(
        &["min-slaves-to-write"],
        fixed(
            "min-replicas-to-write",
            INT,
            "0",
            "a write waits for a majority of the members, and no other number can be chosen",
        ),
    ),
    or(&["min-slaves-max-lag"], stored("min-replicas-max-lag", INT, "10")),
    or(
        &["slave-read-only"],
        fixed("replica-read-only", YES_NO, "no", "every node takes writes and hands them to the leader"),
    ),
    or(
        &["slave-serve-stale-data"],
        fixed("replica-serve-stale-data", YES_NO, "no", "what a read may miss is decided by read-consistency"),
    ),
    or(&["slave-priority"], fixed("replica-priority", INT, "100", MEMBERS)),
    fixed("replica-announced", YES_NO, "yes", MEMBERS),
    or(&["slave-announce-ip"], fixed("replica-announce-ip", TEXT, "", ADVERTISE)),
    or(&["slave-announce-port"], fixed("replica-announce-port", PORT, "0", ADVERTISE)),
    or(
        &["slave-ignore-maxmemory"],
        fixed("replica-ignore-maxmemory", YES_NO, "yes", "what is in the log is applied on every node alike"),
    ),
    fixed("replica-ignore-disk-write-errors", YES_NO, "no", "a node that cannot write its log must not acknowledge"),
    fixed(
        "propagation-error-behavior",
        Kind::Word(&["ignore", "panic", "panic-on-replicas"]),
        "ignore",
        "an entry of the log has the same outcome on every node, errors included",
    ),
    or(&["slave-lazy-flush"], stored("replica-lazy-flush", YES_NO, "no")),
    stored("repl-backlog-size", Kind::Nearest { of: &bytes(1, i64::MAX), min: 16 << 10, max: i64::MAX }, "1048576"),
    stored("repl-backlog-ttl", LONG, "3600"),
    stored("repl-disable-tcp-nodelay", YES_NO, "no"),
    stored("repl-diskless-load", Kind::Word(&["disabled", "on-empty-db", "swapdb"]), "disabled"),
    stored("repl-diskless-sync", YES_NO, "yes"),
    stored("repl-diskless-sync-delay", INT, "5"),
    stored("repl-diskless-sync-max-replicas", INT, "0"),
    or(&["repl-ping-slave-period"], stored("repl-ping-replica-period", INT_FROM_1, "10")),
    stored("repl-timeout", INT_FROM_1, "60"),
    fixed("masterauth", TEXT, "", ONE_SECRET),
    fixed("masteruser", TEXT, "", ONE_SECRET),
    or(&["slaveof"], immutable("replicaof", TEXT, "")),
    immutable("cluster-config-file", TEXT, ""),
    immutable("cluster-port", PORT, "0"),
    fixed("cluster-allow-pubsubshard-when-down", YES_NO, "yes", ONE_SHARD),
    fixed("cluster-allow-reads-when-down", YES_NO, "no", ONE_SHARD),
    fixed("cluster-allow-replica-migration", YES_NO, "yes", ONE_SHARD),
    fixed("cluster-announce-bus-port", PORT, "0", ADVERTISE),
    fixed("cluster-announce-hostname", TEXT, "", ADVERTISE),
    fixed("cluster-announce-human-nodename", TEXT, "", ONE_SHARD),
    fixed("cluster-announce-ip", TEXT, "", ADVERTISE),
    fixed("cluster-announce-port", PORT, "0", ADVERTISE),
    fixed("cluster-announce-tls-port", PORT, "0", NO_TLS),
    fixed("cluster-link-sendbuf-limit", BYTES, "0", ONE_SHARD),
    fixed("cluster-migration-barrier", INT, "1", ONE_SHARD),
    fixed("cluster-node-timeout", LONG, "15000", ONE_SHARD),
    fixed("cluster-preferred-endpoint-type", Kind::Word(&["ip", "hostname", "unknown-endpoint"]), "ip", ONE_SHARD),
    or(&["cluster-slave-no-failover"], fixed("cluster-replica-no-failover", YES_NO, "no", ONE_SHARD)),
    or(&["cluster-slave-validity-factor"], fixed("cluster-replica-validity-factor", INT, "10", ONE_SHARD)),
    fixed("cluster-require-full-coverage", YES_NO, "yes", ONE_SHARD),
    fixed("tls-port", PORT, "0", NO_TLS),
    fixed("tls-auth-clients", Kind::Word(&["no", "yes", "optional"]), "yes", NO_TLS),
    fixed("tls-ca-cert-dir", TEXT, "", NO_TLS),
    fixed("tls-ca-cert-file", TEXT, "", NO_TLS),
    fixed("tls-cert-file", TEXT, "", NO_TLS),
    fixed("tls-ciphers", TEXT, "", NO_TLS),
    fixed("tls-ciphersuites", TEXT, "", NO_TLS),
    fixed("tls-client-cert-file", TEXT, "", NO_TLS),
    fixed("tls-client-key-file", TEXT, "", NO_TLS),
    fixed("tls-client-key-file-pass", TEXT, "", NO_TLS),
    fixed("tls-dh-params-file", TEXT, "", NO_TLS),
    fixed("tls-key-file", TEXT, "", NO_TLS),
    fixed("tls-key-file-pass", TEXT, "", NO_TLS),
    fixed("tls-protocols", TEXT, "", NO_TLS),
    fixed("tls-cluster", YES_NO, "no", NO_TLS),
    fixed("tls-prefer-server-ciphers", YES_NO, "no", NO_TLS),
    fixed("tls-replication", YES_NO, "no", NO_TLS),
    fixed("tls-session-cache-size", INT, "20480", NO_TLS),
    fixed("tls-session-cache-timeout", INT, "300", NO_TLS),
    fixed("tls-session-caching", YES_NO, "yes", NO_TLS),
];
