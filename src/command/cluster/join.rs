//! RAFT.JOIN nonce peer-address client-address [level]: what a node with an empty directory asks a member. The same nonce gets the
//! same id, so it can be asked again after a lost reply. A node whose binary does not know the cluster's feature level gets none (0) and
//! becomes no member: it would only hold back the next one.

use super::{address, number};
use crate::command::Outcome;
use crate::command::{Arg, ArgKind, Doc, Family, Flags, Spec};
use crate::error::{NOT_AN_INTEGER, ReplyError, wrong_arity};
use crate::protocol::{Args, Reply};
use crate::store::Txn;
use crate::sys::version::FIRST_LEVEL;

/// RAFT.JOIN
pub static SPEC: Spec = Spec::write("raft.join", -4, DOC, run)
    .flags(Flags::ADMIN.union(Flags::NOSCRIPT).union(Flags::NO_MULTI).union(Flags::FREES).union(Flags::TAKES_IN))
    .check(|args| request(args).map(drop));

const DOC: Doc = Doc {
    summary: "Gives a joining node its id.",
    since: "1.0.0",
    group: Family::Cluster,
    complexity: "O(N) with the number of members",
    args: &[
        Arg::new("nonce", ArgKind::Integer),
        Arg::new("peer-address", ArgKind::String),
        Arg::new("client-address", ArgKind::String),
        Arg::new("level", ArgKind::Integer).optional(),
    ],
};

/// Nonce, peer address, client address and feature level.
fn request(args: &Args) -> Result<(u64, String, String, u32), ReplyError> {
    if args.len() > 5 {
        return Err(wrong_arity(SPEC.name));
    }
    let nonce = number(args.arg(1)).filter(|nonce| *nonce != 0).ok_or(NOT_AN_INTEGER)?;
    let level = match args.opt(4) {
        Some(level) => number(level).and_then(|level| u32::try_from(level).ok()).ok_or(NOT_AN_INTEGER)?,
        None => FIRST_LEVEL,
    };
    Ok((nonce, address(args.arg(2))?, address(args.arg(3))?, level))
}

fn run(txn: &mut Txn<'_>, args: &Args) -> Outcome {
    let (nonce, peer, client, level) = request(args)?;
    let cluster = &mut txn.state_mut().cluster;
    if !cluster.is_created() {
        return Err(ReplyError::new("ERR the cluster is not created yet"));
    }
    let node = if level < cluster.level { 0 } else { cluster.join(nonce, &peer, &client) };
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

#[cfg(test)]
mod tests {
    use crate::command::testing::Bench;

    #[test]
    fn a_node_that_does_not_know_the_feature_level_becomes_no_member() {
        let mut bench = Bench::new();
        bench.state.cluster.id = 10;
        bench.state.cluster.level = 2;
        let mut join =
            |nonce: u64, level: &str| bench.text(&format!("RAFT.JOIN {nonce} n{nonce}:1 n{nonce}:2 {level}"));
        for level in ["1", "0", ""] {
            let told = join(5, level);
            assert!(told.ends_with("$1 0 $1 2 *0"), "{told}");
        }
        assert!(join(5, "2").ends_with("$1 1 $1 2 *2 $1 1 $4 n5:1"));
        assert!(join(6, "3").contains(" $1 2 $1 2 *4 "));
        // Nor is it told its id again that it got with another binary.
        assert!(join(5, "1").contains(" $1 0 $1 2 *4 "));
        assert!(join(7, "x").starts_with("-ERR value is not an integer"));
        assert!(join(7, "3 4").starts_with("-ERR wrong number of arguments for 'raft.join'"));
        assert_eq!(bench.state.cluster.members.keys().copied().collect::<Vec<_>>(), [1, 2]);
    }
}
