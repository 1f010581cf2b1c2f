//! RAFT.MOVED cluster-id node-id nonce peer-address client-address: a member says where it is now.

use super::{address, number};
use crate::command::{Arg, ArgKind, Doc, Family, Flags, Outcome, Spec};
use crate::error::ReplyError;
use crate::protocol::{Args, Reply};
use crate::store::Txn;

/// RAFT.MOVED. Unlike RAFT.JOIN it takes nobody in: a node that was removed meanwhile, or that asks at an address where another
/// cluster is now, is refused.
pub static SPEC: Spec = Spec::write("raft.moved", 6, DOC, run)
    .flags(Flags::ADMIN.union(Flags::NOSCRIPT).union(Flags::NO_MULTI).union(Flags::FREES))
    .check(|args| request(args).map(drop));

const DOC: Doc = Doc {
    summary: "Says where a member is now.",
    since: "1.0.0",
    group: Family::Cluster,
    complexity: "O(1)",
    args: &[
        Arg::new("cluster-id", ArgKind::String),
        Arg::new("node-id", ArgKind::Integer),
        Arg::new("nonce", ArgKind::Integer),
        Arg::new("peer-address", ArgKind::String),
        Arg::new("client-address", ArgKind::String),
    ],
};

const NO_SUCH_MEMBER: ReplyError = ReplyError::new("ERR no such member");

struct Request {
    node: u64,
    nonce: u64,
    peer_addr: String,
    client_addr: String,
}

fn request(args: &Args) -> Result<Request, ReplyError> {
    let (peer_addr, client_addr) = (address(args.arg(4))?, address(args.arg(5))?);
    let node = number(args.arg(2)).ok_or(NO_SUCH_MEMBER)?;
    let nonce = number(args.arg(3)).ok_or(NO_SUCH_MEMBER)?;
    Ok(Request { node, nonce, peer_addr, client_addr })
}

fn run(txn: &mut Txn<'_>, args: &Args) -> Outcome {
    let Request { node, nonce, peer_addr, client_addr } = request(args)?;
    let cluster = &mut txn.state_mut().cluster;
    let same = format!("{:032x}", cluster.id).as_bytes() == args.arg(1);
    if same && cluster.moved(node, nonce, &peer_addr, &client_addr) { Ok(Reply::Ok) } else { Err(NO_SUCH_MEMBER) }
}
