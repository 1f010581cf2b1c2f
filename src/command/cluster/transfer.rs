//! RAFT.TRANSFER

use crate::command::context::{Answer, Call};
use crate::command::{Arg, ArgKind, Doc, Family, Flags, Spec};
use crate::error::ReplyError;
use crate::protocol::{Args, Reply};

pub static SPEC: Spec = Spec::session(
    "raft.transfer",
    2,
    Flags::ADMIN.union(Flags::NOSCRIPT).union(Flags::NO_MULTI).union(Flags::CUTS_GROUP),
    DOC,
    run,
);

const DOC: Doc = Doc {
    summary: "Hands the lead to a voter.",
    since: "1.0.0",
    group: Family::Cluster,
    complexity: "O(1)",
    args: &[Arg::new("id", ArgKind::Integer)],
};

fn run(call: &mut Call<'_>, args: &Args) -> Answer {
    let Some(node) = super::number(args.arg(1)) else {
        return Reply::Error(ReplyError::new("ERR a node id is expected, RAFT.NODES lists them")).into();
    };
    let this = call.node.clone();
    Answer::later(async move { this.transfer(node).await.map(|()| Reply::Ok).into() })
}
