//! RAFT.INVITE [client-address]: what RAFT.ADD asks a node. Without an address, who it is: the nonce of its directory, and its cluster's
//! id, empty while it has none. With one, that it join through the member there; only a node that waits for that does.

use crate::command::context::{Answer, Call};
use crate::command::{Arg, ArgKind, Doc, Family, Spec};
use crate::error::{LOADING, ReplyError, SYNTAX};
use crate::protocol::{Args, Reply};

/// RAFT.INVITE
pub static SPEC: Spec =
    Spec::session("raft.invite", -1, super::OF_THIS_NODE, DOC, run).check(|args| request(args).map(drop));

const DOC: Doc = Doc {
    summary: "Tells which node this is, or calls it into a cluster.",
    since: "1.0.0",
    group: Family::Cluster,
    complexity: "O(1)",
    args: &[Arg::new("client-address", ArgKind::String).optional()],
};

const DOES_NOT_WAIT: ReplyError =
    ReplyError::new("ERR this node does not wait to be called: it has a cluster, or joins one by --join");

fn request(args: &Args) -> Result<Option<String>, ReplyError> {
    match args.len() {
        1 => Ok(None),
        2 => super::address(args.arg(1)).map(Some),
        _ => Err(SYNTAX),
    }
}

fn run(call: &mut Call<'_>, args: &Args) -> Answer {
    answer(call, args).into()
}

fn answer(call: &Call<'_>, args: &Args) -> Result<Reply, ReplyError> {
    if let Some(through) = request(args)? {
        return if call.node.called(&through) { Ok(Reply::Ok) } else { Err(DOES_NOT_WAIT) };
    }
    let nonce = call.node.nonce().ok_or(LOADING)?;
    let cluster = call.node.identity().map_or_else(|_| String::new(), |own| format!("{:032x}", own.cluster));
    Ok(Reply::Array(vec![Reply::bulk(nonce.to_string()), Reply::bulk(cluster)]))
}
