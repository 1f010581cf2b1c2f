//! RAFT.TRANSFER

use crate::command::{Arg, ArgKind, Categories, Doc, Flags, Group, Run, Spec};
use crate::error::{LOADING, ReplyError};
use crate::protocol::{Args, Reply};
use crate::server::{Answer, Call};

pub static SPEC: Spec = Spec {
    name: "raft.transfer",
    arity: 2,
    flags: Flags::ADMIN.union(Flags::NOSCRIPT).union(Flags::NO_MULTI).union(Flags::CUTS_GROUP),
    categories: Categories::empty(),
    keys: &[],
    doc: Doc {
        summary: "Hands the lead to a voter.",
        since: "1.0.0",
        group: Group::Cluster,
        complexity: "O(1)",
        args: &[Arg::new("id", ArgKind::Integer)],
    },
    run: Run::Session(run),
    subcommands: &[],
};

fn run(call: &mut Call<'_>, args: &Args) -> Answer {
    let Some(node) = super::number(args.arg(1)) else {
        return Reply::Error(ReplyError::new("ERR a node id is expected, RAFT.NODES lists them")).into();
    };
    let server = call.server.clone();
    Answer::later(async move {
        let Some(group) = server.router.group() else { return Reply::Error(LOADING) };
        match crate::replication::transfer(group, node).await {
            Ok(()) => Reply::Ok,
            Err(why) => Reply::Error(ReplyError::text(format!("ERR {why}"))),
        }
    })
}
