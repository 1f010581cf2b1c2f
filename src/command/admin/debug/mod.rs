//! DEBUG: what tests of clients and tools ask a server for. What there is nothing to tell of, or nothing to change, is refused with the reason;
//! what changes nothing here but may be asked for says so in its help. SLEEP lets this connection wait, and nobody else: unlike Redis's it
//! does not stop the node.
//!
//! Invariants
//! - The gate lets none of them pass, known or unknown, unless `enable-debug-command` allows it.
//! - What changes the state (POPULATE) does so by entries of the log; all else changes nothing.

mod content;
mod digest;
mod error;
mod help;
mod object;
mod populate;
mod protocol;
mod refused;
mod reload;
mod sdslen;
mod sizes;
mod sleep;
mod tables;
mod unchanged;

use super::{ADMIN, OPEN, doc};
use crate::command::{Flags, Spec};

pub use populate::PUT;

/// Flags of DEBUG and each of its subcommands.
const PROTECTED: Flags = ADMIN.union(Flags::PROTECTED);

pub static SPEC: Spec = Spec {
    flags: PROTECTED,
    ..Spec::container(
        "debug",
        doc("1.0.0", "Depends on the subcommand", "For tests."),
        &[
            &refused::AOF_FLUSH_SLEEP,
            &refused::ASSERT,
            &refused::CHANGE_REPL_ID,
            &refused::CLIENT_EVICTION,
            &refused::CONFIG_REWRITE_FORCE_ALL,
            &refused::CRASH_AND_RECOVER,
            &unchanged::DICT_RESIZING,
            &digest::DIGEST,
            &digest::DIGEST_VALUE,
            &refused::DROP_CLUSTER_PACKET_FILTER,
            &error::ERROR,
            &help::SPEC,
            &tables::HTSTATS,
            &tables::HTSTATS_KEY,
            &refused::LEAK,
            &refused::LISTPACK,
            &reload::LOADAOF,
            &error::LOG,
            &object::SPEC,
            &refused::OOM,
            &refused::PANIC,
            &unchanged::PAUSE_CRON,
            &populate::POPULATE,
            &protocol::SPEC,
            &refused::QUICKLIST,
            &unchanged::QUICKLIST_PACKED_THRESHOLD,
            &reload::RELOAD,
            &refused::REPLICATE,
            &unchanged::REPLYBUFFER,
            &refused::RESTART,
            &sdslen::SPEC,
            &refused::SEGFAULT,
            &unchanged::SET_ACTIVE_EXPIRE,
            &refused::SET_DISABLE_DENY_SCRIPTS,
            &refused::SET_SKIP_CHECKSUM_VALIDATION,
            &sleep::SPEC,
            &refused::STRINGMATCH_TEST,
            &sizes::SPEC,
        ],
    )
};
