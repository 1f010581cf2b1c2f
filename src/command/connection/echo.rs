//! ECHO

use crate::command::{Arg, ArgKind, Categories, Doc, Flags, Group, Run, Spec};
use crate::protocol::{Args, Reply};
use crate::server::{Answer, Call};

pub static SPEC: Spec = Spec {
    name: "echo",
    arity: 2,
    flags: Flags::LOADING.union(Flags::STALE).union(Flags::FAST),
    categories: Categories::empty(),
    keys: &[],
    doc: Doc {
        summary: "Answers what it was given.",
        since: "1.0.0",
        group: Group::Connection,
        complexity: "O(1)",
        args: &[Arg::new("message", ArgKind::String)],
    },
    run: Run::Session(run),
    subcommands: &[],
};

fn run(_call: &mut Call<'_>, args: &Args) -> Answer {
    Reply::Bulk(args.bytes(1)).into()
}
