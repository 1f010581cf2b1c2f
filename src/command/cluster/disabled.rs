//! CLUSTER: Redis Cluster's commands, which some clients try on connecting. There is one keyspace behind every node, so the
//! answer is Redis's with cluster mode off.

use crate::command::context::{Answer, Call};
use crate::command::{Arg, ArgKind, Doc, Family, Flags, Spec};
use crate::error::{ReplyError, unknown_subcommand};
use crate::protocol::{Args, Reply};

pub static SPEC: Spec =
    Spec::session("cluster", -2, Flags::NOSCRIPT.union(Flags::LOADING).union(Flags::STALE), DOC, run);

const DOC: Doc = Doc {
    summary: "Says that Redis Cluster's protocol is not spoken here: any node takes any command.",
    since: "3.0.0",
    group: Family::Cluster,
    complexity: "O(1)",
    args: &[Arg::new("subcommand", ArgKind::String)],
};

/// Redis's subcommands; of any other it says so.
const SUBCOMMANDS: [&str; 28] = [
    "addslots",
    "addslotsrange",
    "bumpepoch",
    "count-failure-reports",
    "countkeysinslot",
    "delslots",
    "delslotsrange",
    "failover",
    "flushslots",
    "forget",
    "getkeysinslot",
    "help",
    "info",
    "keyslot",
    "links",
    "meet",
    "myid",
    "myshardid",
    "nodes",
    "replicas",
    "replicate",
    "reset",
    "saveconfig",
    "set-config-epoch",
    "setslot",
    "shards",
    "slaves",
    "slots",
];

fn run(_call: &mut Call<'_>, args: &Args) -> Answer {
    if !SUBCOMMANDS.iter().any(|name| args.is(1, name)) {
        return Reply::Error(unknown_subcommand("CLUSTER", args.arg(1))).into();
    }
    Reply::Error(ReplyError::new("ERR This instance has cluster support disabled")).into()
}
