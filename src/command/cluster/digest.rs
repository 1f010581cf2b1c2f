//! RAFT.DIGEST: [applied index, digest] of this node. Two nodes at the same index have the same digest (design 3), whoever
//! wants to compare them by hand or in a test. While entries are being applied the index may be that of the entry before.

use crate::command::context::{Answer, Call};
use crate::command::{Doc, Family, Flags, Spec};
use crate::protocol::{Args, Reply};

pub static SPEC: Spec = Spec::session(
    "raft.digest",
    1,
    Flags::ADMIN.union(Flags::NOSCRIPT).union(Flags::NO_MULTI).union(Flags::CUTS_GROUP),
    DOC,
    run,
);

const DOC: Doc = Doc {
    summary: "Returns how far this node has applied the log, and the digest of its state there.",
    since: "1.0.0",
    group: Family::Cluster,
    complexity: "O(1)",
    args: &[],
};

fn run(call: &mut Call<'_>, _args: &Args) -> Answer {
    let node = call.node.clone();
    Answer::later(async move {
        match node.digest().await {
            Ok((index, digest)) => Reply::Array(vec![Reply::Int(index as i64), Reply::bulk(format!("{digest:016x}"))]),
            Err(error) => Reply::Error(error),
        }
    })
}
