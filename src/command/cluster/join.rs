//! RAFT.JOIN nonce peer-address client-address: what a node with an empty directory asks a member. The same nonce gets the
//! same id, so it can be asked again after a lost reply.

use crate::command::Outcome;
use crate::command::{Arg, ArgKind, Doc, Flags, Group, Spec};
use crate::error::{NOT_AN_INTEGER, ReplyError};
use crate::protocol::{Args, Reply};
use crate::store::Txn;

/// RAFT.JOIN
pub static SPEC: Spec = Spec::write("raft.join", 4, DOC, run)
    .flags(Flags::ADMIN.union(Flags::NOSCRIPT).union(Flags::NO_MULTI).union(Flags::FREES))
    .check(|args| request(args).map(drop));

const DOC: Doc = Doc {
    summary: "Gives a joining node its id.",
    since: "1.0.0",
    group: Group::Cluster,
    complexity: "O(N) with the number of members",
    args: &[
        Arg::new("nonce", ArgKind::Integer),
        Arg::new("peer-address", ArgKind::String),
        Arg::new("client-address", ArgKind::String),
    ],
};

/// Longest address that is taken.
const ADDRESS_LEN_MAX: usize = 300;

/// An argument that is `host:port`.
pub(super) fn address(bytes: &[u8]) -> Result<String, ReplyError> {
    std::str::from_utf8(bytes)
        .ok()
        .filter(|text| {
            let has_port = text.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok());
            has_port && text.len() <= ADDRESS_LEN_MAX
        })
        .map(str::to_owned)
        .ok_or(ReplyError::new("ERR invalid address, host:port is expected"))
}

/// Nonce, peer address and client address.
fn request(args: &Args) -> Result<(u64, String, String), ReplyError> {
    let nonce = super::number(args.arg(1)).filter(|nonce| *nonce != 0).ok_or(NOT_AN_INTEGER)?;
    Ok((nonce, address(args.arg(2))?, address(args.arg(3))?))
}

fn run(txn: &mut Txn<'_>, args: &Args) -> Outcome {
    let (nonce, peer, client) = request(args)?;
    let cluster = &mut txn.state_mut().cluster;
    if !cluster.is_created() {
        return Err(ReplyError::new("ERR the cluster is not created yet"));
    }
    let node = cluster.join(nonce, &peer, &client);
    let members = cluster
        .members
        .iter()
        .flat_map(|(id, member)| [Reply::bulk(id.to_string()), Reply::bulk(&member.peer_addr)])
        .collect();
    Ok(Reply::Array(vec![
        Reply::bulk(format!("{:032x}", cluster.id)),
        Reply::bulk(node.to_string()),
        Reply::bulk(cluster.level.to_string()),
        Reply::Array(members),
    ]))
}
