//! The table of options.

use std::path::PathBuf;

use super::kind::level_name;
use super::{Kind, Settings, Value, parse_level};
use crate::replication::Level;
use crate::store::Options;

/// An option.
pub struct Opt {
    /// Its name: of the flag, in the file, for CONFIG; in capitals with underscores and `LOCKSTEP_` in front for the environment.
    pub name: &'static str,
    /// Redis's other names, for CONFIG alone.
    pub aliases: &'static [&'static str],
    /// Where `--help` shows it.
    pub section: Section,
    /// The values that it takes.
    pub kind: Kind,
    /// Where its value is kept.
    pub place: Place,
    /// When it may change.
    pub change: Change,
    /// What it does.
    pub doc: &'static str,
}

/// The parts of `--help`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Section {
    /// Addresses.
    Network,
    /// Clients and their bounds.
    Clients,
    /// Joining, membership, deadlines.
    Cluster,
    /// Data directory, log, memory.
    Storage,
    /// What is reported.
    Reports,
    /// Values at cluster creation.
    Replicated,
    /// Only after something went wrong.
    Repair,
    /// Options of Redis that tools ask for.
    Fixed,
}

impl Section {
    /// Its heading.
    pub fn title(self) -> &'static str {
        match self {
            Self::Network => "Network",
            Self::Clients => "Clients",
            Self::Cluster => "Cluster",
            Self::Storage => "Storage and memory",
            Self::Reports => "Log lines and reports",
            Self::Replicated => "The same on every node (the value for a new cluster; later CONFIG SET)",
            Self::Repair => "Repair",
            Self::Fixed => "Fixed",
        }
    }
}

impl std::fmt::Debug for Opt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

/// When an option may change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// Read once at the start.
    Start,
    /// By CONFIG SET, at once.
    Live,
}

type At<T> = fn(&mut Settings) -> &mut T;

/// Where an option's value is kept.
#[derive(Clone, Copy)]
pub enum Place {
    /// In the settings.
    U16(At<u16>),
    /// In the settings.
    U64(At<u64>),
    /// In the settings.
    I64(At<i64>),
    /// In the settings.
    Usize(At<usize>),
    /// In the settings.
    Bool(At<bool>),
    /// In the settings.
    Text(At<String>),
    /// In the settings; empty = none.
    TextOption(At<Option<String>>),
    /// In the settings; empty = none.
    NumberOption(At<Option<u64>>),
    /// In the settings.
    Path(At<PathBuf>),
    /// In the settings.
    Level(At<Level>),
    /// In the settings: true for the word `master`.
    Master(At<bool>),
    /// In the state that the log builds: [`Options`].
    Replicated,
    /// Nowhere: it is always so.
    Fixed(&'static str),
}

impl Opt {
    /// The value in `settings`, or in `replicated`, as CONFIG GET shows it.
    pub fn get(&self, settings: &Settings, replicated: &Options) -> String {
        // The places are given by exclusive access; a copy is what reading costs here, and nobody reads often.
        let mut settings = settings.clone();
        let number = |value: i64| self.kind.show(&Value::Number(value));
        match self.place {
            Place::U16(at) => number(i64::from(*at(&mut settings))),
            Place::U64(at) => number(*at(&mut settings) as i64),
            Place::I64(at) => number(*at(&mut settings)),
            Place::Usize(at) => number(*at(&mut settings) as i64),
            Place::Bool(at) => number(i64::from(*at(&mut settings))),
            Place::Text(at) => at(&mut settings).clone(),
            Place::TextOption(at) => at(&mut settings).clone().unwrap_or_default(),
            Place::NumberOption(at) => at(&mut settings).map_or_else(String::new, |number| number.to_string()),
            Place::Path(at) => at(&mut settings).display().to_string(),
            Place::Level(at) => level_name(*at(&mut settings)).into(),
            Place::Master(at) => if *at(&mut settings) { "master" } else { "own" }.into(),
            Place::Replicated => replicated.get(self.name).map_or_else(String::new, |value| number(value as i64)),
            Place::Fixed(text) => text.into(),
        }
    }

    /// Puts a checked value into the settings; nothing happens to options that are not kept there.
    pub fn set(&self, settings: &mut Settings, value: Value) {
        match (self.place, value) {
            (Place::U16(at), Value::Number(value)) => *at(settings) = value as u16,
            (Place::U64(at), Value::Number(value)) => *at(settings) = value as u64,
            (Place::I64(at), Value::Number(value)) => *at(settings) = value,
            (Place::Usize(at), Value::Number(value)) => *at(settings) = value as usize,
            (Place::Bool(at), Value::Number(value)) => *at(settings) = value != 0,
            (Place::Text(at), Value::Text(value)) => *at(settings) = value,
            (Place::TextOption(at), Value::Text(value)) => *at(settings) = Some(value).filter(|text| !text.is_empty()),
            (Place::NumberOption(at), Value::Number(value)) => *at(settings) = Some(value as u64),
            (Place::Path(at), Value::Text(value)) => *at(settings) = value.into(),
            (Place::Level(at), Value::Text(value)) => *at(settings) = parse_level(&value).unwrap_or_default(),
            (Place::Master(at), Value::Text(value)) => *at(settings) = value == "master",
            _ => {}
        }
    }

    /// True if its value is part of the replicated state.
    pub fn is_replicated(&self) -> bool {
        matches!(self.place, Place::Replicated)
    }

    /// True if CONFIG SET takes it.
    pub fn is_settable(&self) -> bool {
        self.change == Change::Live
    }

    /// True if it is a flag, a variable and a line of the file.
    pub fn is_given(&self) -> bool {
        !matches!(self.place, Place::Fixed(_))
    }
}

/// The option of that name or alias, whatever the case.
pub fn find(name: &str) -> Option<&'static Opt> {
    OPTIONS.iter().find(|opt| {
        opt.name.eq_ignore_ascii_case(name) || opt.aliases.iter().any(|alias| alias.eq_ignore_ascii_case(name))
    })
}

const fn opt(name: &'static str, section: Section, kind: Kind, place: Place, doc: &'static str) -> Opt {
    Opt { name, aliases: &[], section, kind, place, change: Change::Start, doc }
}

/// An option that CONFIG SET may change.
const fn live(name: &'static str, section: Section, kind: Kind, place: Place, doc: &'static str) -> Opt {
    Opt { name, aliases: &[], section, kind, place, change: Change::Live, doc }
}

/// One of Redis's that is always so here.
const fn fixed(name: &'static str, value: &'static str) -> Opt {
    opt(name, Section::Fixed, TEXT, Place::Fixed(value), "")
}

const TEXT: Kind = Kind::Text { len_min: 0 };
const NAME: Kind = Kind::Text { len_min: 1 };
const PORT: Kind = Kind::Int { min: 0, max: 65_535 };
const SECONDS: Kind = Kind::Int { min: 0, max: i32::MAX as i64 };
const LEVELS: Kind = Kind::Word(&["debug", "verbose", "notice", "warning", "nothing"]);
const KB: i64 = 1 << 10;
const MB: i64 = 1 << 20;
const GB: i64 = 1 << 30;
const TB: i64 = 1 << 40;

const fn bytes(min: i64, max: i64) -> Kind {
    Kind::Bytes { min, max }
}

const fn int(min: i64, max: i64) -> Kind {
    Kind::Int { min, max }
}

/// All options.
pub static OPTIONS: &[Opt] = &[
    opt("bind", Section::Network, NAME, Place::Text(|s| &mut s.bind), "Address to listen on, for clients and peers"),
    opt("port", Section::Network, PORT, Place::U16(|s| &mut s.port), "Port for clients; 0 takes any free one"),
    opt("peer-port", Section::Network, PORT, Place::U16(|s| &mut s.peer_port), "Port for peers; 0 is port + 10000"),
    opt(
        "advertise",
        Section::Network,
        TEXT,
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
    opt(
        "requirepass",
        Section::Clients,
        TEXT,
        Place::Text(|s| &mut s.requirepass),
        "Password of clients, and the secret that nodes prove to each other; the same on every node",
    ),
    live(
        "maxclients",
        Section::Clients,
        int(1, 1_000_000),
        Place::Usize(|s| &mut s.maxclients),
        "Most clients at a time",
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
    opt(
        "join",
        Section::Cluster,
        TEXT,
        Place::TextOption(|s| &mut s.join),
        "Client address (host:port) of a member, to join its cluster; a directory that has an identity ignores it",
    ),
    opt(
        "must-join",
        Section::Cluster,
        Kind::YesNo,
        Place::Bool(|s| &mut s.must_join),
        "Never begin a new cluster: without --join, wait to be called by RAFT.ADD",
    ),
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
        int(500, 3_600_000),
        Place::U64(|s| &mut s.node_timeout_ms),
        "Silence after which the leader counts a node as absent",
    ),
    live(
        "report-role",
        Section::Cluster,
        Kind::Word(&["own", "master"]),
        Place::Master(|s| &mut s.report_role_master),
        "`master`: every node says that it is a master, for clients that refuse to write to a replica",
    ),
    opt("dir", Section::Storage, NAME, Place::Path(|s| &mut s.dir), "Data directory; each node needs its own"),
    live(
        "maxmemory",
        Section::Storage,
        bytes(0, 1024 * TB),
        Place::U64(|s| &mut s.maxmemory),
        "Memory of the process above which commands that need more are refused; 0 is no bound",
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
        "slowlog-log-slower-than",
        Section::Reports,
        int(-1, i64::MAX),
        Place::I64(|s| &mut s.slowlog_slower_than_us),
        "Microseconds from which SLOWLOG keeps a command, the wait for the quorum included; -1 is off",
    ),
    live(
        "slowlog-max-len",
        Section::Reports,
        int(0, 100_000),
        Place::Usize(|s| &mut s.slowlog_len_max),
        "Entries that SLOWLOG keeps",
    ),
    Opt {
        aliases: &["hash-max-ziplist-entries"],
        ..live(
            "hash-max-listpack-entries",
            Section::Replicated,
            int(0, 1 << 20),
            Place::Replicated,
            "Fields up to which a hash is kept as a list",
        )
    },
    Opt {
        aliases: &["hash-max-ziplist-value"],
        ..live(
            "hash-max-listpack-value",
            Section::Replicated,
            int(0, MB),
            Place::Replicated,
            "Length up to which fields and values of a hash are kept in a list",
        )
    },
    live(
        "proto-max-bulk-len",
        Section::Replicated,
        bytes(MB, 512 * MB),
        Place::Replicated,
        "Longest argument, and longest string that commands may build",
    ),
    live(
        "script-budget",
        Section::Replicated,
        int(1000, 1_000_000_000_000),
        Place::Replicated,
        "Units of work (about VM instructions) after which a script is stopped",
    ),
    live(
        "script-memory",
        Section::Replicated,
        bytes(MB, 4 * GB),
        Place::Replicated,
        "Memory that one run of a script may use",
    ),
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
    fixed("databases", "16"),
    fixed("save", ""),
    fixed("appendonly", "yes"),
    fixed("appendfsync", "always"),
    fixed("maxmemory-policy", "noeviction"),
    Opt { aliases: &["slave-read-only"], ..fixed("replica-read-only", "no") },
    fixed("lazyfree-lazy-eviction", "no"),
    fixed("lazyfree-lazy-expire", "yes"),
    fixed("lazyfree-lazy-server-del", "yes"),
    fixed("lazyfree-lazy-user-del", "yes"),
    fixed("lazyfree-lazy-user-flush", "yes"),
    fixed("cluster-enabled", "no"),
    fixed("daemonize", "no"),
    fixed("supervised", "no"),
    fixed("protected-mode", "no"),
    fixed("enable-debug-command", "yes"),
    fixed("logfile", ""),
    fixed("unixsocket", ""),
    fixed("tls-port", "0"),
    fixed("notify-keyspace-events", ""),
    fixed("latency-tracking", "no"),
    fixed("latency-monitor-threshold", "0"),
];
