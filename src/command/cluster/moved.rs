//! RAFT.MOVED cluster-id node-id nonce peer-address client-address: a member says where it is now.

use super::join::address;
use super::number;
use crate::command::{Arg, ArgKind, Doc, Flags, Group, Outcome, Spec};
use crate::error::ReplyError;
use crate::protocol::{Args, Reply};
use crate::store::Txn;

/// RAFT.MOVED. Unlike RAFT.JOIN it takes nobody in: a node that was removed meanwhile, or that asks at an address where another
/// cluster is now, is refused.
pub static SPEC: Spec = Spec::write("raft.moved", 6, DOC, run)
    .flags(Flags::ADMIN.union(Flags::NOSCRIPT).union(Flags::NO_MULTI).union(Flags::FREES));

const DOC: Doc = Doc {
    summary: "Says where a member is now.",
    since: "1.0.0",
    group: Group::Cluster,
    complexity: "O(1)",
    args: &[
        Arg::new("cluster-id", ArgKind::String),
        Arg::new("node-id", ArgKind::Integer),
        Arg::new("nonce", ArgKind::Integer),
        Arg::new("peer-address", ArgKind::String),
        Arg::new("client-address", ArgKind::String),
    ],
};

fn run(txn: &mut Txn<'_>, args: &Args) -> Outcome {
    let (peer, client) = (address(args.arg(4))?, address(args.arg(5))?);
    let cluster = &mut txn.state_mut().cluster;
    let same = format!("{:032x}", cluster.id).as_bytes() == args.arg(1);
    match (number(args.arg(2)), number(args.arg(3))) {
        (Some(node), Some(nonce)) if same && cluster.moved(node, nonce, &peer, &client) => Ok(Reply::Ok),
        _ => Err(ReplyError::new("ERR no such member")),
    }
}
