//! Options that apply consults, and which are therefore part of the replicated state (design 3): set by a log entry, the same on every node
//! at the same index. One line of the table is all that an option needs; the order of the table is that of snapshots.

use super::define::{GB, MB, bytes, int, live};
use super::option::ReplicatedValues;
use super::{Kind, Opt, POLICIES, Place, Policy, Section};
use crate::sys::version::FIRST_LEVEL;

macro_rules! replicated_options {
    (
        $(#[$of_values:meta])* pub struct $values:ident;
        $(#[$of_table:meta])* pub static $table:ident;
        $($field:ident: $name:literal $aliases:expr, $kind:expr, $default:expr, $doc:literal;)*
    ) => {
        $(#[$of_values])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub struct $values {
            $(#[doc = concat!("`", $name, "`: ", $doc)] pub $field: u64,)*
        }

        impl Default for $values {
            fn default() -> Self {
                Self { $($field: $default,)* }
            }
        }

        impl $values {
            /// Names of all, in order.
            pub const NAMES: &[&str] = &[$($name,)*];

            /// Sets an option; false if there is none of that name. Bounds are checked where the command enters.
            pub fn set(&mut self, name: &str, value: u64) -> bool {
                match name {
                    $($name => self.$field = value,)*
                    _ => return false,
                }
                true
            }
        }

        impl ReplicatedValues for $values {
            fn get(&self, name: &str) -> Option<u64> {
                match name {
                    $($name => Some(self.$field),)*
                    _ => None,
                }
            }
        }

        $(#[$of_table])*
        pub static $table: &[Opt] = &[
            $(Opt { aliases: &$aliases, ..live($name, Section::Replicated, $kind, Place::Replicated, $doc) },)*
        ];
    };
}

replicated_options! {
    /// The values of the replicated options.
    pub struct ReplicatedOptions;

    /// The same as options.
    pub static REPLICATED;

    acl_pubsub_default: "acl-pubsub-default" [], Kind::Word(CHANNELS), 1,
        "Which channels a new user may use: allchannels, or resetchannels for none";
    hash_small_entries_max: "hash-max-listpack-entries" ["hash-max-ziplist-entries"], int(0, i64::MAX), 128,
        "Fields up to which a hash is kept as a list";
    hash_small_value_max: "hash-max-listpack-value" ["hash-max-ziplist-value"], bytes(0, i64::MAX), 64,
        "Length up to which fields and values of a hash are kept in a list";
    hll_sparse_max_bytes: "hll-sparse-max-bytes" [], bytes(0, i64::MAX), 3000,
        "Length up to which a sketch (PFADD) is kept in its sparse form";
    idempotent_set_nx: "idempotent-set-nx" [], Kind::YesNo, 0,
        "SET NX sent again with the same unique value is answered OK again while its key holds it, as every lock library's is unique";
    lfu_decay_min: "lfu-decay-time" [], int(0, i32::MAX as i64), 1,
        "Minutes without an access after which the counter of a key falls by one, under the LFU policies; 0: it does not";
    lfu_log_factor: "lfu-log-factor" [], int(0, i32::MAX as i64), 10,
        "How slowly the counter of a key grows with its accesses, under the LFU policies";
    list_listpack_max: "list-max-listpack-size" ["list-max-ziplist-size"], int(i32::MIN as i64, i32::MAX as i64), -2_i64 as u64,
        "Elements that stand together in a list; -1 to -5: as many as have room in 4, 8, 16, 32 or 64 kb";
    lock_history_bytes: "lock-history-bytes" [], bytes(0, GB), 4 << 20,
        "Memory for the events of locks that LOCK.HISTORY shows; 0: none are kept";
    lock_holders_max: "lock-holders-max" [], int(1, 10_000), 1000,
        "Owners that may hold one lock at a time, shared or with a LIMIT";
    maxmemory_policy: "maxmemory-policy" [], Kind::Word(POLICIES), Policy::NoEviction as u64,
        "Which keys go when the leader uses more than its maxmemory";
    maxmemory_samples: "maxmemory-samples" [], int(1, i32::MAX as i64), 5,
        "How many keys are looked at for each one that goes, in Redis; here some times as many";
    events: "notify-keyspace-events" [], Kind::Events, 0,
        "Which events of keys are published on every node: K and E for the channels __keyspace@db__:key and __keyevent@db__:event, a letter for each class, A for most";
    once_bytes: "once-bytes" [], bytes(MB, 64 * GB), 64 << 20,
        "Memory for the replies that ONCE keeps; beyond, ONCE executes nothing new";
    once_keep_ms: "once-keep-ms" [], int(1, 315_360_000_000), 600_000,
        "How long ONCE knows an id and its reply, ms";
    protect_locks: "protect-locks" [], Kind::YesNo, 1,
        "Strings that SET NX or SETNX made are never evicted while they have a time to live";
    bulk_len_max: "proto-max-bulk-len" [], bytes(MB, 512 * MB), 64 << 20,
        "Longest argument of a client, and longest string that commands may build; scripts may set longer values, as in Redis";
    script_budget: "script-budget" [], int(1000, 1_000_000_000_000), 500_000_000,
        "Units of work after which a script is stopped, about 2 ns each: a simple instruction is one, a call or a new object 10 to 30, redis.call 100 and more; other clients wait until then";
    script_cache_bytes: "script-cache-bytes" [], bytes(MB, 4 * GB), 64 << 20,
        "Memory for scripts that EVAL alone has loaded: those that were not used for longest go first; SCRIPT LOAD keeps others beside them";
    script_memory: "script-memory" [], bytes(MB, 4 * GB), 256 << 20,
        "Memory that one run of a script may use";
    session_items_max: "session-items-max" [], int(1, 10_000), 1000,
        "Locks that a session may hold, and keys that may be bound to it, together";
    sessions_max: "sessions-max" [], int(1, 1_000_000), 100_000,
        "Sessions at a time";
    set_intset_entries_max: "set-max-intset-entries" [], int(0, i64::MAX), 512,
        "Members up to which a set of integers is kept sorted in one piece";
    set_small_entries_max: "set-max-listpack-entries" [], int(0, i64::MAX), 128,
        "Members up to which a set is kept as a list";
    set_small_value_max: "set-max-listpack-value" [], int(0, i64::MAX), 64,
        "Length up to which members of a set are kept in a list";
    stream_chunk_bytes_max: "stream-node-max-bytes" [], bytes(0, i64::MAX), 4096,
        "Bytes of entries that stand together in a stream; 0: as many as there is room for, and never more than 1 mb";
    stream_chunk_entries_max: "stream-node-max-entries" [], int(0, i64::MAX), 100,
        "Entries that stand together in a stream; 0: as many as have room";
    waiters_max: "waiters-max" [], int(1, 10_000_000), 1_000_000,
        "Clients that may wait in blocking commands at a time, on all nodes together";
    waiters_per_key_max: "waiters-per-key-max" [], int(1, 10_000_000), 100_000,
        "Clients that may wait for one key at a time";
    zset_small_entries_max: "zset-max-listpack-entries" ["zset-max-ziplist-entries"], int(0, i64::MAX), 128,
        "Members up to which a sorted set is kept as a list";
    zset_small_value_max: "zset-max-listpack-value" ["zset-max-ziplist-value"], bytes(0, i64::MAX), 64,
        "Length up to which members of a sorted set are kept in a list";
}

/// The values of `acl-pubsub-default`.
const CHANNELS: &[&str] = &["allchannels", "resetchannels"];

impl ReplicatedOptions {
    /// `acl-pubsub-default allchannels`.
    pub fn opens_channels(&self) -> bool {
        self.acl_pubsub_default == 0
    }

    /// `maxmemory-policy`.
    pub fn policy(&self) -> Policy {
        Policy::numbered(self.maxmemory_policy)
    }
}

/// The feature level since which this option is replicated. Before it each node kept it for itself, and nothing followed from it.
pub fn replicated_since(name: &str) -> u32 {
    let of_level_3 = [
        "acl-",
        "hll-sparse-",
        "idempotent-set-nx",
        "lfu-",
        "list-max-",
        "lock-",
        "maxmemory-",
        "notify-keyspace-events",
        "once-",
        "protect-",
        "requirepass",
        "script-cache-",
        "session",
        "set-max-",
        "stream-",
        "waiters-",
        "zset-max-",
    ];
    if of_level_3.iter().any(|start| name.starts_with(start)) { 3 } else { FIRST_LEVEL }
}
