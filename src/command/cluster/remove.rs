//! RAFT.REMOVE

use crate::command::context::{Answer, Call};
use crate::command::{Arg, ArgKind, Doc, Family, Flags, Spec};
use crate::protocol::Args;

pub static SPEC: Spec = Spec::session(
    "raft.remove",
    2,
    Flags::ADMIN.union(Flags::NOSCRIPT).union(Flags::NO_MULTI).union(Flags::CUTS_GROUP),
    DOC,
    run,
);

const DOC: Doc = Doc {
    summary: "Takes a node out of the cluster for good.",
    since: "1.0.0",
    group: Family::Cluster,
    complexity: "O(1)",
    args: &[Arg::new("id", ArgKind::Integer)],
};

fn run(call: &mut Call<'_>, args: &Args) -> Answer {
    super::wish::wish(call, args, "remove", |member, _| member.is_none())
}
