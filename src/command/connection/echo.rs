//! ECHO

use crate::command::{Arg, ArgKind, Categories, Doc, Flags, Group, Outcome, Run, Spec};
use crate::protocol::{Args, Reply};

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
    run: Run::Pure(run),
    subcommands: &[],
};

fn run(args: &Args) -> Outcome {
    Ok(Reply::Bulk(args.bytes(1)))
}
