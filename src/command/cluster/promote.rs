//! RAFT.PROMOTE

use crate::command::context::{Answer, Call};
use crate::command::{Arg, ArgKind, Doc, Family, Flags, Spec};
use crate::protocol::Args;

pub static SPEC: Spec = Spec::session(
    "raft.promote",
    2,
    Flags::ADMIN.union(Flags::NOSCRIPT).union(Flags::NO_MULTI).union(Flags::CUTS_GROUP),
    DOC,
    run,
);

const DOC: Doc = Doc {
    summary: "Makes a learner a voter.",
    since: "1.0.0",
    group: Family::Cluster,
    complexity: "O(1)",
    args: &[Arg::new("id", ArgKind::Integer)],
};

fn run(call: &mut Call<'_>, args: &Args) -> Answer {
    super::wish::wish(call, args, "promote", |member, is_voter| member.is_none() || is_voter)
}
