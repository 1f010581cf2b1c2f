//! Flags and categories of a command.

use bitflags::bitflags;

bitflags! {
    /// Flags of a command: Redis's, in its order and meaning, then our own.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct Flags: u64 {
        /// May change data.
        const WRITE = 1;
        /// Only reads.
        const READONLY = 1 << 1;
        /// Refused when `maxmemory` is reached.
        const DENYOOM = 1 << 2;
        /// For operators.
        const ADMIN = 1 << 3;
        /// Publish/subscribe.
        const PUBSUB = 1 << 4;
        /// Not from scripts.
        const NOSCRIPT = 1 << 5;
        /// May wait.
        const BLOCKING = 1 << 6;
        /// Answered while the node has no leader or has not applied its log yet.
        const LOADING = 1 << 7;
        /// As Redis shows it; without a meaning here.
        const STALE = 1 << 8;
        /// Not in SLOWLOG and MONITOR.
        const SKIP_MONITOR = 1 << 9;
        /// As Redis shows it.
        const SKIP_SLOWLOG = 1 << 10;
        /// As Redis shows it; without a meaning here.
        const ASKING = 1 << 11;
        /// O(1) or O(log n).
        const FAST = 1 << 12;
        /// Allowed before AUTH.
        const NO_AUTH = 1 << 13;
        /// As in Redis, which does not show it: may replicate there although it is no write, and so waits while CLIENT PAUSE holds writes.
        const MAY_REPLICATE = 1 << 14;
        /// As Redis shows it.
        const NO_ASYNC_LOADING = 1 << 15;
        /// Not inside MULTI.
        const NO_MULTI = 1 << 16;
        /// Keys cannot be told from the key specs alone.
        const MOVABLEKEYS = 1 << 17;
        /// As Redis shows it.
        const ALLOW_BUSY = 1 << 18;
        /// May be called without a key.
        const NO_MANDATORY_KEYS = 1 << 19;

        /// Ours: a read that loads the script in its first argument: while that is not loaded, it goes through the log.
        const LOADS_SCRIPT = 1 << 20;
        /// Ours: the reply depends on the node that gives it; not from scripts, which run on all of them.
        const NODE_DEPENDENT = 1 << 23;
        /// Ours: runs although CLIENT PAUSE holds the others.
        const PAUSE_EXEMPT = 1 << 21;
        /// Ours: ends a transaction by running it (EXEC): refused, it discards the transaction.
        const EXECUTES = 1 << 22;
        /// Ours: executed at once inside MULTI instead of being queued (EXEC, DISCARD, MULTI, WATCH, RESET, QUIT).
        const IMMEDIATE = 1 << 24;
        /// Ours: takes longer than its arguments and reply say (KEYS, LCS); never runs where Raft's timers run.
        const UNBOUNDED = 1 << 25;
        /// Ours: only in log entries, unknown to clients.
        const INTERNAL = 1 << 26;
        /// Ours: runs a script: heavy work in apply.
        const SCRIPT = 1 << 27;
        /// Ours: what follows on the connection waits until this one is answered, because it depends on it.
        const CUTS_GROUP = 1 << 28;
        /// Ours: changes the database of the commands behind it in the same transaction (SELECT).
        const SELECTS = 1 << 29;
        /// Ours: frees memory or is needed to: passes `disk-reserve` until half of it.
        const FREES = 1 << 30;
        /// Ours: linearizable whatever level the connection has chosen.
        const ALWAYS_LINEARIZABLE = 1 << 31;
        /// As in Redis, which does not show it: refused unless an option allows it: `enable-debug-command`, unless it is about modules.
        const PROTECTED = 1 << 32;
        /// Ours: takes a node into the cluster; refused while nothing says by which host others reach this one.
        const TAKES_IN = 1 << 33;
        /// Ours: changes what its connection is subscribed to.
        const SUBSCRIBES = 1 << 34;
        /// As in Redis, which does not show it: allowed on a connection that is subscribed under RESP2.
        const WHILE_SUBSCRIBED = 1 << 35;
        /// Ours: leaves something of its connection's in the state (holds of locks, sessions): goes with its name and address.
        const NAMED = 1 << 36;
        /// Ours: makes a value longer than its arguments are (SETRANGE, SETBIT).
        const GROWS = 1 << 37;
        /// Ours: its wait counts as its work (DEBUG SLEEP).
        const TIMED = 1 << 38;
        /// Ours: protected by `enable-module-command`, which is always no.
        const LOADS_MODULES = 1 << 39;
        /// Ours: of Redis Cluster's protocol: refused unless `cluster-enabled` says that it is spoken.
        const OF_CLUSTER = 1 << 40;
    }
}

bitflags! {
    /// ACL categories, those that do not follow from flags and group included.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct Categories: u32 {
        /// @keyspace
        const KEYSPACE = 1;
        /// @read
        const READ = 1 << 1;
        /// @write
        const WRITE = 1 << 2;
        /// @set
        const SET = 1 << 3;
        /// @sortedset
        const SORTEDSET = 1 << 4;
        /// @list
        const LIST = 1 << 5;
        /// @hash
        const HASH = 1 << 6;
        /// @string
        const STRING = 1 << 7;
        /// @bitmap
        const BITMAP = 1 << 8;
        /// @hyperloglog
        const HYPERLOGLOG = 1 << 9;
        /// @geo
        const GEO = 1 << 10;
        /// @stream
        const STREAM = 1 << 11;
        /// @pubsub
        const PUBSUB = 1 << 12;
        /// @admin
        const ADMIN = 1 << 13;
        /// @fast
        const FAST = 1 << 14;
        /// @slow
        const SLOW = 1 << 15;
        /// @blocking
        const BLOCKING = 1 << 16;
        /// @dangerous
        const DANGEROUS = 1 << 17;
        /// @connection
        const CONNECTION = 1 << 18;
        /// @transaction
        const TRANSACTION = 1 << 19;
        /// @scripting
        const SCRIPTING = 1 << 20;
        /// @lock (ours)
        const LOCK = 1 << 21;
    }
}

#[cfg(test)]
mod tests {
    use super::Flags;

    #[test]
    fn no_two_flags_share_a_bit() {
        let mut seen = Flags::empty();
        for flag in <Flags as bitflags::Flags>::FLAGS {
            assert!(!seen.intersects(*flag.value()), "{}", flag.name());
            seen |= *flag.value();
        }
    }
}
