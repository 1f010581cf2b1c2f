//! RAFT.PROMOTE

use crate::command::{Arg, ArgKind, Categories, Doc, Flags, Group, Run, Spec};
use crate::protocol::Args;
use crate::server::{Answer, Call};

pub static SPEC: Spec = Spec {
    name: "raft.promote",
    arity: 2,
    flags: Flags::ADMIN.union(Flags::NOSCRIPT).union(Flags::NO_MULTI).union(Flags::CUTS_GROUP),
    categories: Categories::empty(),
    keys: &[],
    doc: Doc {
        summary: "Makes a learner a voter.",
        since: "1.0.0",
        group: Group::Cluster,
        complexity: "O(1)",
        args: &[Arg::new("id", ArgKind::Integer)],
    },
    run: Run::Session(run),
    subcommands: &[],
};

fn run(call: &mut Call<'_>, args: &Args) -> Answer {
    super::wish::wish(call.server, args, "promote", |member, is_voter| member.is_none() || is_voter)
}
