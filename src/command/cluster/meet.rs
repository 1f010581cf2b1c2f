//! RAFT.MEET cluster-id node-id peer-address: where this node and the caller are, while no leader could be told.

use crate::command::context::{Answer, Call};
use crate::command::{Arg, ArgKind, Doc, Family, Spec};
use crate::error::ReplyError;
use crate::protocol::{Args, Reply};

/// RAFT.MEET. Only what two nodes know of addresses; nothing of it goes through the log.
pub static SPEC: Spec =
    Spec::session("raft.meet", 4, super::OF_THIS_NODE, DOC, run).check(|args| super::address(args.arg(3)).map(drop));

const DOC: Doc = Doc {
    summary: "Tells this node where a member is now, and where it is itself.",
    since: "1.0.0",
    group: Family::Cluster,
    complexity: "O(N) with the number of members",
    args: &[
        Arg::new("cluster-id", ArgKind::String),
        Arg::new("node-id", ArgKind::Integer),
        Arg::new("peer-address", ArgKind::String),
    ],
};

fn run(call: &mut Call<'_>, args: &Args) -> Answer {
    let node = super::number(args.arg(2));
    let addr = match super::address(args.arg(3)) {
        Ok(addr) => addr,
        Err(error) => return Reply::Error(error).into(),
    };
    let (this, id) = (call.node.clone(), args.arg(1).to_vec());
    Answer::later(async move {
        let own = match this.identity() {
            Ok(own) => own,
            Err(error) => return Reply::Error(error),
        };
        let same = format!("{:032x}", own.cluster).as_bytes() == id.as_slice();
        let is_member = |node: &u64| *node != own.node && !this.is_removed(*node);
        let Some(node) = node.filter(|node| same && is_member(node)) else {
            return Reply::Error(ReplyError::new("ERR no such member"));
        };
        if this.members().await.contains_key(&node) {
            this.meet(node, &addr);
        }
        let met = this.met();
        Reply::Array(met.iter().flat_map(|(node, addr)| [Reply::bulk(node.to_string()), Reply::bulk(addr)]).collect())
    })
}
