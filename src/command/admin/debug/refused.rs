//! Subcommands of DEBUG that are refused, with the reason.

use super::{PROTECTED, doc};
use crate::command::context::{Answer, Call};
use crate::command::{Arg, ArgKind, Spec};
use crate::error::ReplyError;
use crate::protocol::{Args, Reply};

pub static AOF_FLUSH_SLEEP: Spec = off_only("debug|aof-flush-sleep", |_, args| {
    unless_off(
        args,
        "DEBUG AOF-FLUSH-SLEEP is not supported: what is acknowledged waits for the log, and nothing else does",
    )
});
pub static ASSERT: Spec = any("debug|assert", -2, |_, _| refuse(NO_CRASH));
pub static CHANGE_REPL_ID: Spec = any("debug|change-repl-id", 2, |_, _| {
    refuse("DEBUG CHANGE-REPL-ID is not supported: the replication id is the cluster's, as its members know it")
});
pub static CLIENT_EVICTION: Spec = any("debug|client-eviction", 2, |_, _| refuse("maxmemory-clients is disabled."));
pub static CONFIG_REWRITE_FORCE_ALL: Spec = any("debug|config-rewrite-force-all", 2, |_, _| {
    refuse("DEBUG CONFIG-REWRITE-FORCE-ALL is not supported: CONFIG REWRITE writes what differs from the defaults")
});
pub static CRASH_AND_RECOVER: Spec = any("debug|crash-and-recover", -2, |_, _| refuse(NO_CRASH));
pub static DROP_CLUSTER_PACKET_FILTER: Spec = any("debug|drop-cluster-packet-filter", 3, |_, _| {
    refuse("DEBUG DROP-CLUSTER-PACKET-FILTER is not supported: there is no cluster bus")
});
pub static LEAK: Spec = any("debug|leak", 3, |_, _| refuse("DEBUG LEAK is not supported: no memory is given up"));
pub static LISTPACK: Spec = any("debug|listpack", 3, |_, _| refuse(NO_LISTPACK));
pub static OOM: Spec = any("debug|oom", -2, |_, _| refuse(NO_CRASH));
pub static PANIC: Spec = any("debug|panic", -2, |_, _| refuse(NO_CRASH));
pub static QUICKLIST: Spec = any("debug|quicklist", -3, |_, _| refuse(NO_LISTPACK));
pub static REPLICATE: Spec = any("debug|replicate", -3, |_, _| {
    refuse("DEBUG REPLICATE is not supported: what is not the same on every node is in no log")
});
pub static RESTART: Spec = any("debug|restart", -2, |_, _| refuse(NO_CRASH));
pub static SEGFAULT: Spec = any("debug|segfault", -2, |_, _| refuse(NO_CRASH));
pub static SET_DISABLE_DENY_SCRIPTS: Spec = off_only("debug|set-disable-deny-scripts", |_, args| {
    unless_off(
        args,
        "DEBUG SET-DISABLE-DENY-SCRIPTS is not supported: scripts run on every node, and may call only what is the same there",
    )
});
pub static SET_SKIP_CHECKSUM_VALIDATION: Spec = off_only("debug|set-skip-checksum-validation", |_, args| {
    unless_off(
        args,
        "DEBUG SET-SKIP-CHECKSUM-VALIDATION is not supported: every node validates what the log has it restore",
    )
});
pub static STRINGMATCH_TEST: Spec = any("debug|stringmatch-test", 2, |_, _| {
    refuse("DEBUG STRINGMATCH-TEST is not supported: the test of patterns is one of the source's")
});

const NO_CRASH: &str =
    "DEBUG ASSERT, CRASH-AND-RECOVER, OOM, PANIC, RESTART and SEGFAULT are not supported: send the process a signal";
const NO_LISTPACK: &str =
    "DEBUG LISTPACK and QUICKLIST are not supported: DEBUG OBJECT tells of nodes, OBJECT ENCODING of forms";

const fn any(name: &'static str, arity: i32, run: fn(&mut Call<'_>, &Args) -> Answer) -> Spec {
    Spec::session(name, arity, PROTECTED, doc("1.0.0", "O(1)", "Refused, with the reason."), run).since(3)
}

const SWITCH: &[Arg] = &[Arg::new("value", ArgKind::Integer)];

/// One of which 0 is what is so anyway.
const fn off_only(name: &'static str, run: fn(&mut Call<'_>, &Args) -> Answer) -> Spec {
    let doc = doc("1.0.0", "O(1)", "Takes 0; all else is refused.").args(SWITCH);
    Spec::session(name, 3, PROTECTED, doc, run).since(3)
}

fn unless_off(args: &Args, why: &str) -> Answer {
    if args.is(2, "0") { Reply::Ok.into() } else { refuse(why) }
}

fn refuse(why: &str) -> Answer {
    Reply::Error(ReplyError::text(format!("ERR {why}"))).into()
}
