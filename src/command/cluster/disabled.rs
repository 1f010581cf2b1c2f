//! CLUSTER: Redis Cluster's commands, which some clients try on connecting. There is one keyspace behind every node, so the
//! answer is Redis's with cluster mode off.

use crate::command::{Arg, ArgKind, Categories, Doc, Flags, Group, Run, Spec};
use crate::error::ReplyError;
use crate::protocol::{Args, Reply};
use crate::server::{Answer, Call};

pub static SPEC: Spec = Spec {
    name: "cluster",
    arity: -2,
    flags: Flags::NOSCRIPT.union(Flags::LOADING).union(Flags::STALE),
    categories: Categories::empty(),
    keys: &[],
    doc: Doc {
        summary: "Says that Redis Cluster's protocol is not spoken here: any node takes any command.",
        since: "3.0.0",
        group: Group::Cluster,
        complexity: "O(1)",
        args: &[Arg::new("subcommand", ArgKind::String)],
    },
    run: Run::Session(run),
    subcommands: &[],
};

fn run(_call: &mut Call<'_>, _args: &Args) -> Answer {
    Reply::Error(ReplyError::new("ERR This instance has cluster support disabled")).into()
}
